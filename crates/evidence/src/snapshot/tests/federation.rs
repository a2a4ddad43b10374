//! Providers, certificates and service-specific credentials.

use portcullis_model::{Fact, Snapshot, Source};
use serde_json::{Value as Json, json};

use super::bundles::{Fixture, arn, detail, gaps, time};

const SAML: &str = "arn:aws:iam::123456789012:saml-provider/corp";
const OIDC: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

fn saml(document: &Json) -> Snapshot {
    Fixture::new()
        .with(Source::SamlProviders, document)
        .snapshot()
}

#[test]
fn the_metadata_of_a_saml_provider_has_a_clock_of_its_own() {
    let snapshot = saml(&json!({
        "SAMLProviderList": [{"Arn": SAML, "ValidUntil": "2026-01-31T00:00:00Z"}],
        "SAMLProviders": [{"Arn": SAML, "SAMLMetadataDocument":
            "<EntityDescriptor><IDPSSODescriptor></IDPSSODescriptor></EntityDescriptor>"}],
    }));
    assert_eq!(snapshot.account.saml_provider_count, Fact::Known(1));
    assert_eq!(snapshot.account.saml_federation, Fact::Known(true));
    let providers = snapshot.saml_providers.known().unwrap();
    let provider = &providers[0];
    assert_eq!((provider.arn.as_str(), provider.name.as_str()), (SAML, "corp"));
    assert_eq!(provider.valid_until, Fact::Known(Some(time("2026-01-31T00:00:00Z"))));
    assert_eq!(provider.valid_days_left, Fact::Known(Some(30.0)));
    assert_eq!(provider.certificate_expires, Fact::Known(None));
    assert_eq!(provider.certificate_days_left, Fact::Known(None));
}

/// ListSAMLProviders and GetSAMLProvider show the same date.
#[test]
fn a_saml_provider_ends_at_one_moment() {
    let of = |listed: &str, own: Option<&str>| {
        let metadata = "<EntityDescriptor><IDPSSODescriptor></IDPSSODescriptor></EntityDescriptor>";
        let snapshot = saml(&json!({
            "SAMLProviderList": [{"Arn": SAML, "ValidUntil": listed}],
            "SAMLProviders": [{"Arn": SAML, "SAMLMetadataDocument": metadata, "ValidUntil": own}],
        }));
        let gaps = gaps(&snapshot, Source::SamlProviders, Some(SAML));
        let provider = snapshot.saml_providers.known().unwrap().remove(0);
        (provider.valid_until, provider.valid_days_left, gaps)
    };
    let end = "2026-01-31T00:00:00Z";
    let known = (Fact::Known(Some(time(end))), Fact::Known(Some(30.0)), vec![]);
    assert_eq!(of(end, Some(end)), known);
    assert_eq!(of(end, None), known);
    let message = format!(
        "is valid until {end} according to the list, but until 2036-01-31T00:00:00Z according to its own answer"
    );
    let gap = ("Contradictory".to_owned(), message);
    let missing = Fact::missing(Source::SamlProviders);
    assert_eq!(
        of(end, Some("2036-01-31T00:00:00Z")),
        (missing, Fact::missing(Source::SamlProviders), vec![gap])
    );
}

/// Whether AWS's date says the same, or nothing, or something later.
#[test]
fn metadata_may_end_before_the_date_that_aws_gives() {
    let of = |metadata: Option<&str>, by_aws: Option<&str>| {
        let answer = metadata.map(|xml| json!({"Arn": SAML, "SAMLMetadataDocument": xml}));
        let list = json!([{"Arn": SAML, "ValidUntil": by_aws}]);
        let answers: Vec<Json> = answer.into_iter().collect();
        let snapshot = saml(&json!({"SAMLProviderList": list, "SAMLProviders": answers}));
        let provider = snapshot.saml_providers.known().unwrap().remove(0);
        provider
            .valid_until
            .map(|end| end.map(|end| end.to_string()))
    };
    let (past, soon, late) =
        ("2025-12-31T00:00:00Z", "2026-01-31T00:00:00Z", "2036-01-31T00:00:00Z");
    let xml = format!(
        "<EntityDescriptor validUntil='{soon}'><IDPSSODescriptor></IDPSSODescriptor></EntityDescriptor>"
    );
    let known = |date: &str| Fact::Known(Some(date.to_owned()));
    for (by_aws, expected) in
        [(None, soon), (Some(late), soon), (Some(soon), soon), (Some(past), past)]
    {
        assert_eq!(of(Some(&xml), by_aws), known(expected), "{by_aws:?}");
    }
    assert_eq!(of(None, Some(late)), known(late));
    assert_eq!(of(None, None), Fact::missing(Source::SamlProviders));
}

#[test]
fn metadata_that_is_absent_or_broken_is_a_gap_of_the_provider() {
    let list = json!([{"Arn": SAML}]);
    let broken = json!([{"Arn": SAML, "SAMLMetadataDocument": "<html>"}]);
    for (answers, code) in [(json!([]), "NotReported"), (broken, "Malformed")] {
        let snapshot = saml(&json!({"SAMLProviderList": list, "SAMLProviders": answers}));
        let provider = &snapshot.saml_providers.as_ref().known().unwrap()[0];
        assert_eq!(provider.certificate_expires, Fact::missing(Source::SamlProviders));
        assert_eq!(provider.certificate_days_left, Fact::missing(Source::SamlProviders));
        assert_eq!(provider.valid_until, Fact::missing(Source::SamlProviders));
        assert_eq!(gaps(&snapshot, Source::SamlProviders, Some(SAML))[0].0, code);
    }
}

/// `aws iam list-saml-providers`, then what `get-saml-provider` prints with the ARN put before it.
#[test]
fn outputs_of_the_aws_cli_may_follow_each_other() {
    let file = format!(
        r#"{{"SAMLProviderList": [{{"Arn": "{SAML}"}}]}}
        {{"SAMLProviders": [{{"Arn": "{SAML}", "SAMLMetadataDocument":
            "<E><IDPSSODescriptor></IDPSSODescriptor></E>", "Tags": []}}]}}"#
    );
    let fixture = Fixture::new().bytes(Source::SamlProviders, "saml-providers.json", file);
    let providers = fixture.snapshot().saml_providers.known().unwrap();
    assert_eq!(providers[0].certificate_expires, Fact::Known(None));
}

#[test]
fn answers_without_their_list_are_none() {
    for (source, list, answers) in [
        (Source::SamlProviders, "SAMLProviderList", "SAMLProviders"),
        (Source::OpenIdConnectProviders, "OpenIDConnectProviderList", "OpenIDConnectProviders"),
    ] {
        let snapshot = Fixture::new()
            .with(source, &json!({ answers: [] }))
            .snapshot();
        assert_eq!(gaps(&snapshot, source, None)[0].0, "Malformed");
        let cut = json!({ list: [], "IsTruncated": true });
        let snapshot = Fixture::new().with(source, &cut).snapshot();
        assert_eq!(gaps(&snapshot, source, None)[0].0, "Incomplete");
    }
}

#[test]
fn the_url_of_an_oidc_provider_is_in_its_arn() {
    let answer = json!({
        "Arn": OIDC, "Url": "token.actions.githubusercontent.com", "ClientIDList": ["z", "a"],
    });
    for (answers, ids) in [
        (json!([answer]), Fact::Known(vec!["a".to_owned(), "z".to_owned()])),
        (json!([]), Fact::missing(Source::OpenIdConnectProviders)),
    ] {
        let document = json!({
            "OpenIDConnectProviderList": [{"Arn": OIDC}], "OpenIDConnectProviders": answers,
        });
        let snapshot = Fixture::new()
            .with(Source::OpenIdConnectProviders, &document)
            .snapshot();
        assert_eq!(snapshot.account.oidc_provider_count, Fact::Known(1));
        let provider = &snapshot.oidc_providers.as_ref().known().unwrap()[0];
        assert_eq!(provider.url, "token.actions.githubusercontent.com");
        assert_eq!(provider.client_ids, ids);
    }
}

#[test]
fn providers_of_another_account_are_not_used() {
    let foreign = SAML.replace("123456789012", "999999999999");
    let snapshot = saml(&json!({"SAMLProviderList": [{"Arn": foreign}]}));
    assert_eq!(snapshot.saml_providers, Fact::missing(Source::SamlProviders));
    assert_eq!(snapshot.account.saml_provider_count, Fact::missing(Source::SamlProviders));
    assert_eq!(snapshot.account.saml_federation, Fact::missing(Source::SamlProviders));
    assert_eq!(gaps(&snapshot, Source::SamlProviders, None)[0].0, "WrongAccount");
}

#[test]
fn no_list_lacks_what_an_answer_is_about() {
    let metadata = "<EntityDescriptor><IDPSSODescriptor></IDPSSODescriptor></EntityDescriptor>";
    let snapshot = saml(&json!({
        "SAMLProviderList": [],
        "SAMLProviders": [{"Arn": SAML, "SAMLMetadataDocument": metadata}],
    }));
    assert_eq!(snapshot.saml_providers, Fact::missing(Source::SamlProviders));
    let message =
        format!("saml-providers.json: holds an answer about {SAML}, which it does not list");
    let gap = ("Contradictory".to_owned(), message);
    assert_eq!(gaps(&snapshot, Source::SamlProviders, None), [gap]);
}

#[test]
fn an_answer_about_another_oidc_provider_says_nothing() {
    let source = Source::OpenIdConnectProviders;
    let host = "token.actions.githubusercontent.com";
    let ids = |url: &str| {
        let answer = json!({"Arn": OIDC, "Url": url, "ClientIDList": ["a"]});
        let list = json!([{"Arn": OIDC}]);
        let document =
            json!({"OpenIDConnectProviderList": list, "OpenIDConnectProviders": [answer]});
        let snapshot = Fixture::new().with(source, &document).snapshot();
        let gaps = gaps(&snapshot, source, Some(OIDC))
            .into_iter()
            .map(|(code, _)| code)
            .collect();
        (
            snapshot
                .oidc_providers
                .known()
                .unwrap()
                .remove(0)
                .client_ids,
            gaps,
        )
    };
    let known = (Fact::Known(vec!["a".to_owned()]), vec![]);
    assert_eq!(ids(host), known);
    assert_eq!(ids(&format!("https://{host}")), known, "as emulators say");
    let other = (Fact::missing(source), vec!["Contradictory".to_owned()]);
    assert_eq!(ids("accounts.google.com"), other);
}

#[test]
fn a_server_certificate_has_the_arn_of_its_name() {
    let source = Source::ServerCertificates;
    let code = |arn: &str| {
        let certificate = json!({"ServerCertificateName": "site", "Arn": arn, "Expiration": null});
        let list = json!({"ServerCertificateMetadataList": [certificate]});
        let snapshot = Fixture::new().with(source, &list).snapshot();
        gaps(&snapshot, source, None)
            .into_iter()
            .map(|(code, _)| code)
            .next()
    };
    let own = "arn:aws:iam::123456789012";
    assert_eq!(code(&format!("{own}:server-certificate/cloudfront/site")), None);
    for rest in ["server-certificate/other", "user/site"] {
        assert_eq!(code(&format!("{own}:{rest}")), Some("Malformed".to_owned()), "{rest}");
    }
}

#[test]
fn server_certificates_have_days_left() {
    let certificate = |name: &str, expiration: Json| {
        let arn = format!("arn:aws:iam::123456789012:server-certificate/{name}");
        json!({"ServerCertificateName": name, "Arn": arn, "Expiration": expiration})
    };
    let list = json!({"ServerCertificateMetadataList": [
        certificate("old", json!("2025-12-31T12:00:00Z")), certificate("lost", json!(null)),
    ]});
    let snapshot = Fixture::new()
        .with(Source::ServerCertificates, &list)
        .snapshot();
    let certificates = snapshot.server_certificates.as_ref().known().unwrap();
    assert_eq!((certificates[0].name.as_str(), certificates[1].name.as_str()), ("lost", "old"));
    assert_eq!(certificates[0].days_left, Fact::missing(Source::ServerCertificates));
    assert_eq!(certificates[1].days_left, Fact::Known(-0.5));
    let arn = "arn:aws:iam::123456789012:server-certificate/lost";
    assert_eq!(gaps(&snapshot, Source::ServerCertificates, Some(arn))[0].0, "NotReported");
}

/// Certificates without end: RFC 5280, 4.1.2.5.
#[test]
fn an_end_later_than_timestamps_go_is_the_last_moment() {
    use crate::shapes::{DelegationRequest, ServerCertificate, ServiceCredentials};
    let end = "9999-12-31T23:59:59Z";
    let certificate = |end: &str| {
        let json = json!({"ServerCertificateName": "w", "Arn": "w", "Expiration": end});
        serde_json::from_value::<ServerCertificate>(json)
    };
    let last = Some(jiff::Timestamp::MAX);
    assert_eq!(certificate(end).unwrap().expiration, last);
    assert_eq!(certificate("9999-12-31T23:59:59+00:00").unwrap().expiration, last);
    let earlier = certificate("9999-12-30T21:59:59Z").unwrap().expiration;
    assert_eq!(earlier, Some("9999-12-30T21:59:59Z".parse().unwrap()));
    for wrong in ["9999-12-31", "9999-12-31T25:00:00Z", "never", ""] {
        assert!(certificate(wrong).is_err(), "{wrong}");
    }
    let request = json!({"DelegationRequestId": "d", "State": "ACCEPTED", "ExpirationTime": end});
    let request: DelegationRequest = serde_json::from_value(request).unwrap();
    assert_eq!(request.expiration_time, last);
    let credentials = credential("alice", "Active", Some(end));
    let credentials: ServiceCredentials = serde_json::from_value(credentials).unwrap();
    assert_eq!(credentials.service_specific_credentials[0].expiration_date, last);
}

fn credential(user: &str, status: &str, expires: Option<&str>) -> Json {
    json!({"ServiceSpecificCredentials": [{
        "UserName": user, "Status": status, "ServiceUserName": "x",
        "ServiceName": "bedrock.amazonaws.com",
        "CreateDate": "2025-12-22T00:00:00Z", "ServiceSpecificCredentialId": "ACCAEXAMPLE",
        "ExpirationDate": expires,
    }]})
}

#[test]
fn a_service_credential_without_a_date_never_expires() {
    let source = Source::ServiceSpecificCredentials;
    let fixture = Fixture::new().with(source, &credential("alice", "Active", None));
    let credentials = fixture.snapshot().service_credentials.known().unwrap();
    let found = &credentials[0];
    assert_eq!(found.resource_id, arn("alice") + "/service-credential/ACCAEXAMPLE");
    assert_eq!((found.active, found.expires), (Fact::Known(true), None));
    assert_eq!(found.age_days, Fact::Known(10.0));
    let (over, date) = ("2025-12-31T00:00:00Z", "2026-06-01T00:00:00Z");
    for (status, date, active) in [
        ("Inactive", date, Fact::Known(false)),
        ("Expired", over, Fact::Known(false)),
        ("Expired", date, Fact::missing(source)),
        ("Frozen", date, Fact::missing(source)),
    ] {
        let fixture = Fixture::new().with(source, &credential("alice", status, Some(date)));
        let credentials = fixture.snapshot().service_credentials.known().unwrap();
        assert_eq!((credentials[0].active, credentials[0].expires), (active, Some(time(date))));
    }
}

#[test]
fn the_path_of_a_credentials_user_is_found_elsewhere() {
    let moved = arn("people/Alice");
    let mut user = detail("Alice");
    (user["Path"], user["Arn"]) = (json!("/people/"), json!(moved));
    let credentials = credential("alice", "Active", None);
    let fixture = Fixture::new()
        .users(&[user])
        .with(Source::ServiceSpecificCredentials, &credentials);
    let found = fixture.snapshot().service_credentials.known().unwrap();
    assert_eq!(found[0].resource_id, moved + "/service-credential/ACCAEXAMPLE");
}
