//! Sources of several calls, or of other services, and what their errors mean.

use serde_json::json;

use super::fake::*;
use super::*;

fn gaps_of(bundle: &Bundle, source: Source) -> Vec<(&str, &str, Option<&str>)> {
    let gaps = bundle.gaps.iter().filter(|gap| gap.source == source);
    gaps.map(|gap| (&*gap.action, &*gap.code, gap.resource.as_deref()))
        .collect()
}

#[tokio::test]
async fn what_is_collected_has_the_shapes_of_the_cli() {
    let bundle = FakeAws::start().await.collect().await;
    let contact =
        |kind: &str| json!({"AlternateContactType": kind, "EmailAddress": "security@example.com"});
    let contacts = json!({"AlternateContacts": {
        "BILLING": contact("BILLING"), "OPERATIONS": contact("OPERATIONS"),
        "SECURITY": contact("SECURITY"),
    }});
    assert_eq!(document(&bundle, Source::AlternateContacts), contacts);
    let saml = document(&bundle, Source::SamlProviders);
    assert_eq!(saml["SAMLProviderList"][0]["Arn"], SAML);
    assert_eq!(saml["SAMLProviders"][0]["Arn"], SAML);
    assert_eq!(saml["SAMLProviders"][0]["SAMLMetadataDocument"], "<EntityDescriptor/>");
    let oidc = document(&bundle, Source::OpenIdConnectProviders);
    assert_eq!(oidc["OpenIDConnectProviders"][0]["ClientIDList"], json!(["sts.amazonaws.com"]));
    let organization = document(&bundle, Source::Organization);
    assert_eq!(organization["Organization"]["MasterAccountId"], "111122223333");
    let features = document(&bundle, Source::OrganizationsFeatures);
    let expected = json!(["RootCredentialsManagement", "RootSessions"]);
    assert_eq!(features["EnabledFeatures"], expected);
    let credentials = document(&bundle, Source::ServiceSpecificCredentials);
    let credential = &credentials["ServiceSpecificCredentials"][0];
    assert_eq!(credential["ServiceSpecificCredentialId"], "ACCA1");
    assert_eq!(credential.get("ExpirationDate"), None);
}

/// eu-test-1 is the region of the session, and a role was used in eu-west-1.
#[tokio::test]
async fn analyzers_are_asked_for_in_each_region_in_use() {
    let aws = FakeAws::start().await;
    let asked = document(&aws.collect().await, Source::AccessAnalyzers);
    assert_eq!(asked["Regions"], json!(["eu-test-1", "eu-west-1"]));
    assert_eq!(asked["analyzers"].as_array().unwrap().len(), 2);

    let denied = error("ListAnalyzers", "AccessDeniedException");
    aws.says("ListAnalyzers", "eu-west-1", 403, &denied).await;
    let bundle = aws.collect().await;
    assert_eq!(document(&bundle, Source::AccessAnalyzers)["Regions"], json!(["eu-test-1"]));
    let gap = ("access-analyzer:ListAnalyzers", "AccessDeniedException", Some("eu-west-1"));
    assert_eq!(gaps_of(&bundle, Source::AccessAnalyzers), [gap]);
}

#[tokio::test]
async fn a_listing_of_analyzers_without_the_list_is_no_answer() {
    for body in ["{}", "", r#"{"analyzers": null}"#] {
        let aws = FakeAws::start().await;
        aws.says("ListAnalyzers", "", 200, body).await;
        assert_eq!(code(&aws.collect().await, Source::AccessAnalyzers), "MalformedResponse");
    }
    let aws = FakeAws::start().await;
    aws.says("ListAnalyzers", "", 200, r#"{"analyzers": [], "nextToken": "x"}"#)
        .await;
    assert_eq!(code(&aws.collect().await, Source::AccessAnalyzers), "MalformedResponse");
}

/// What is there is a server's word, which may be a secret.
#[tokio::test]
async fn an_answer_of_another_form_is_not_repeated() {
    for (body, words) in [
        (r#"{"Organization": {"Arn": "SECRET"}}"#, "the answer lacks `Id`"),
        (r#"{"Organization": "SECRET"}"#, "the answer does not have the form that AWS documents"),
        (r#"{"Organization": null}"#, "the answer lacks Organization"),
    ] {
        let aws = FakeAws::start().await;
        aws.says("DescribeOrganization", "", 200, body).await;
        let bundle = aws.collect().await;
        assert_eq!(code(&bundle, Source::Organization), "MalformedResponse");
        let gap = bundle
            .gaps
            .iter()
            .find(|gap| gap.source == Source::Organization)
            .unwrap();
        assert_eq!(gap.message, words);
    }
}

#[tokio::test]
async fn a_contact_that_is_not_set_differs_from_one_that_is_denied() {
    let aws = FakeAws::start().await;
    let none = error("GetAlternateContact", "ResourceNotFoundException");
    let denied = error("GetAlternateContact", "AccessDeniedException");
    aws.says("GetAlternateContact", "SECURITY", 404, &none)
        .await;
    aws.says("GetAlternateContact", "BILLING", 403, &denied)
        .await;
    let bundle = aws.collect().await;
    let contacts = &document(&bundle, Source::AlternateContacts)["AlternateContacts"];
    assert_eq!(contacts["SECURITY"], json!(null));
    assert_eq!(contacts.get("BILLING"), None);
    assert!(contacts["OPERATIONS"].is_object());
    let gap = ("account:GetAlternateContact", "AccessDeniedException", Some("BILLING"));
    assert_eq!(gaps_of(&bundle, Source::AlternateContacts), [gap]);
}

/// An emulator's 404 is not an answer about the contact.
#[tokio::test]
async fn a_page_that_is_not_found_is_no_contact_that_is_not_set() {
    let aws = FakeAws::start().await;
    aws.says("GetAlternateContact", "", 404, HTML).await;
    assert_eq!(code(&aws.collect().await, Source::AlternateContacts), "HttpError 404");
}

#[tokio::test]
async fn an_account_may_be_in_no_organization() {
    let aws = FakeAws::start().await;
    let none = error("DescribeOrganization", "AWSOrganizationsNotInUseException");
    aws.says("DescribeOrganization", "", 400, &none).await;
    let organization = document(&aws.collect().await, Source::Organization);
    assert_eq!(organization, json!({"Organization": null}));
}

#[tokio::test]
async fn errors_tell_whether_root_access_is_centralized() {
    for (code, features) in [
        ("AccountNotManagementOrDelegatedAdministratorException", json!(null)),
        ("ServiceAccessNotEnabledException", json!([])),
        ("OrganizationNotFoundException", json!([])),
        ("OrganizationNotInAllFeaturesModeException", json!([])),
    ] {
        let aws = FakeAws::start().await;
        let body = error("ListOrganizationsFeatures", code);
        aws.says("ListOrganizationsFeatures", "", 400, &body).await;
        let answer = document(&aws.collect().await, Source::OrganizationsFeatures);
        assert_eq!(answer, json!({"EnabledFeatures": features}), "{code}");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_read_is_a_gap_of_it() {
    for (operation, source, arn) in [
        ("GetSAMLProvider", Source::SamlProviders, SAML),
        ("GetOpenIDConnectProvider", Source::OpenIdConnectProviders, OIDC),
    ] {
        let faults = [
            (403, DENIED, "AccessDenied"),
            (500, HTML, "HttpError 500"),
            (200, "", "MalformedResponse"),
        ];
        for (status, body, code) in faults {
            let aws = FakeAws::start().await;
            aws.says(operation, "", status, body).await;
            let bundle = aws.collect().await;
            let action = format!("iam:{operation}");
            assert_eq!(gaps_of(&bundle, source), [(&*action, code, Some(arn))], "{status} {body}");
            assert_eq!(bundle.documents.len(), Source::ALL.len());
        }
    }
}

#[tokio::test]
async fn only_what_is_asked_for_is_called_for() {
    let aws = FakeAws::start().await;
    let sources = Sources::from(Source::AccessAnalyzers);
    let options = Options { sources, ..options(false) };
    let calls = Heard::default();
    let denied = Err(Failure::new("AccessDenied", "no"));
    let bundle = gather(&aws.0.uri(), denied, &options, &calls).await;
    let mut heard = calls.0.lock().unwrap().clone();
    heard.sort();
    let expected = [
        "GetAccountAuthorizationDetails",
        "GetCredentialReport",
        "ListAccountAliases",
        "ListAnalyzers",
        "ListAnalyzers",
    ];
    assert_eq!(heard, expected);
    assert_eq!(code(&bundle, Source::AccountSummary), Gap::NOT_REQUESTED);
    let gaps: Vec<_> = bundle
        .gaps
        .iter()
        .filter(|gap| gap.is_by_choice())
        .collect();
    assert_eq!(gaps.len(), Source::ALL.len() - sources.needed(false).iter().count());
}

#[tokio::test]
async fn delegation_requests_are_kept_without_their_messages() {
    let aws = FakeAws::start().await;
    let expected = json!({"DelegationRequests": [{
        "DelegationRequestId": "dr-1", "RequestorId": "444455556666",
        "RequestorName": "Example Partner", "ApproverId": "arn:aws:iam::111122223333:user/ann",
        "State": "FINALIZED", "ExpirationTime": "2026-01-09T00:00:00Z",
    }]});
    assert_eq!(document(&aws.collect().await, Source::DelegationRequests), expected);
    for lacking in
        ["", "<DelegationRequests><member><State>ACCEPTED</State></member></DelegationRequests>"]
    {
        let aws = FakeAws::start().await;
        let body = answer("ListDelegationRequests", lacking);
        aws.says("ListDelegationRequests", "", 200, &body).await;
        assert_eq!(code(&aws.collect().await, Source::DelegationRequests), "MalformedResponse");
    }
}

#[tokio::test]
async fn an_account_may_issue_no_tokens() {
    let operation = "GetOutboundWebIdentityFederationInfo";
    let source = Source::OutboundWebIdentityFederationInfo;
    let aws = FakeAws::start().await;
    let issuer = "https://abc123.tokens.sts.global.api.aws";
    let on = json!({"IssuerIdentifier": issuer, "JwtVendingEnabled": true});
    assert_eq!(document(&aws.collect().await, source), on);
    for code in ["FeatureDisabled", "FeatureDisabledException"] {
        let aws = FakeAws::start().await;
        aws.says(operation, "", 404, &error(operation, code)).await;
        assert_eq!(document(&aws.collect().await, source), json!({"IssuerIdentifier": null}));
    }
    let aws = FakeAws::start().await;
    let off = error(operation, "FeatureDisabled");
    aws.says(operation, "", 404, off.trim_end_matches("</ErrorResponse>"))
        .await;
    assert_eq!(code(&aws.collect().await, source), "FeatureDisabled", "cut short");
    let aws = FakeAws::start().await;
    aws.says(operation, "", 200, &answer(operation, "")).await;
    assert_eq!(code(&aws.collect().await, source), "MalformedResponse");
}

/// Each of these errors is an answer where it comes whole.
#[tokio::test]
async fn an_error_cut_short_is_no_answer() {
    for (source, code) in [
        (Source::AccountPasswordPolicy, "NoSuchEntity"),
        (Source::AlternateContacts, "ResourceNotFoundException"),
        (Source::Organization, "AWSOrganizationsNotInUseException"),
        (Source::OrganizationsFeatures, "AccountNotManagementOrDelegatedAdministratorException"),
        (Source::OrganizationsFeatures, "ServiceAccessNotEnabledException"),
        (Source::OrganizationsFeatures, "OrganizationNotFoundException"),
        (Source::OrganizationsFeatures, "OrganizationNotInAllFeaturesModeException"),
    ] {
        let whole = error(source.operation(), code);
        let cut = whole
            .trim_end_matches("</ErrorResponse>")
            .trim_end_matches('}');
        for (body, is_answer) in [(&*whole, true), (cut, false), ("", false)] {
            let aws = FakeAws::start().await;
            // Services that speak JSON name the code in a header, so that it comes without a body.
            let response = ResponseTemplate::new(400)
                .insert_header("x-amzn-errortype", code)
                .set_body_string(body);
            aws.mount(1, source.operation(), "", response).await;
            let bundle = aws.collect().await;
            assert_eq!(bundle.documents.contains_key(&source), is_answer, "{code}: {body}");
            assert_eq!(bundle.gaps.is_empty(), is_answer, "{code}: {body}");
        }
    }
}

/// What emulators and partitions without the operations answer.
#[tokio::test]
async fn operations_that_do_not_exist_are_gaps() {
    for source in [Source::DelegationRequests, Source::OutboundWebIdentityFederationInfo] {
        for (status, body, expected) in [
            (400, &error(source.operation(), "InvalidAction")[..], "InvalidAction"),
            (501, HTML, "HttpError 501"),
        ] {
            let aws = FakeAws::start().await;
            aws.says(source.operation(), "", status, body).await;
            assert_eq!(code(&aws.collect().await, source), expected);
        }
    }
}
