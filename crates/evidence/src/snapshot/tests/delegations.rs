//! Partners' delegation requests, and the account as an issuer of tokens.

use portcullis_model::{Account, DelegationState, Fact, Source};
use serde_json::{Value as Json, json};

use super::bundles::{Fixture, gaps, time};

const ISSUER: &str = "https://abc123.tokens.sts.global.api.aws";

fn request(id: &str, state: &str, expires: &Json) -> Json {
    json!({"DelegationRequestId": id, "State": state, "ExpirationTime": expires})
}

fn account(source: Source, document: &Json) -> Account {
    Fixture::new().with(source, document).snapshot().account
}

fn open(requests: &Json) -> Fact<Vec<String>> {
    let document = json!({ "DelegationRequests": requests });
    let open = account(Source::DelegationRequests, &document).open_partner_delegations;
    open.map(|open| open.into_iter().map(|request| request.id).collect())
}

/// The states are those of the lifecycle in the IAM user guide; ages count to 2026-01-01.
#[test]
fn approved_requests_are_open_until_they_expire() {
    let all = json!([
        request("h", "FINALIZED", &json!(null)),
        request("a", "ACCEPTED", &json!("2026-01-03T00:00:00Z")),
        request("b", "ACCEPTED", &json!("2026-01-01T00:00:00Z")),
        request("c", "PENDING_APPROVAL", &json!("2026-01-03T00:00:00Z")),
        request("d", "ASSIGNED", &json!("2026-01-03T00:00:00Z")),
        request("e", "REJECTED", &json!("2026-01-03T00:00:00Z")),
        request("f", "EXPIRED", &json!("2026-01-03T00:00:00Z")),
        request("g", "UNASSIGNED", &json!("2026-01-03T00:00:00Z")),
    ]);
    assert_eq!(open(&all), Fact::Known(vec!["a".to_owned(), "h".to_owned()]));
    assert_eq!(open(&json!([])), Fact::Known(vec![]));
}

#[test]
fn a_request_says_whose_it_is_and_who_approved_it() {
    let approver = "arn:aws:iam::123456789012:user/alice";
    let mut request = request("dr-1", "ACCEPTED", &json!("2026-01-03T00:00:00Z"));
    request["ApproverId"] = json!(approver);
    request["RequestorId"] = json!("444455556666");
    for (name, requestor) in [(json!(null), "444455556666"), (json!("Partner"), "Partner")] {
        request["RequestorName"] = name;
        let document = json!({"DelegationRequests": [request]});
        let account = account(Source::DelegationRequests, &document);
        let open = account.open_partner_delegations.known().unwrap();
        assert_eq!(open[0].requestor, requestor);
        assert_eq!(open[0].approver.as_deref(), Some(approver));
        assert_eq!(open[0].state, DelegationState::Accepted);
        assert_eq!(open[0].expires, Some(time("2026-01-03T00:00:00Z")));
    }
}

#[test]
fn requests_that_are_not_understood_are_not_known() {
    let source = Source::DelegationRequests;
    let document = json!({"DelegationRequests": [request("dr-1", "PAUSED", &json!(null))]});
    let snapshot = Fixture::new().with(source, &document).snapshot();
    assert_eq!(snapshot.account.open_partner_delegations, Fact::missing(source));
    assert_eq!(gaps(&snapshot, source, Some("dr-1"))[0].0, "Malformed");
    let mut foreign = request("dr-1", "ACCEPTED", &json!(null));
    foreign["ApproverId"] = json!("arn:aws:iam::999999999999:user/alice");
    let document = json!({"DelegationRequests": [foreign]});
    let snapshot = Fixture::new().with(source, &document).snapshot();
    assert_eq!(snapshot.account.open_partner_delegations, Fact::missing(source));
    assert_eq!(gaps(&snapshot, source, Some("dr-1"))[0].0, "WrongAccount");
    for (document, code) in [
        (json!({}), "Malformed"),
        (json!({"DelegationRequests": [{"State": "ACCEPTED"}]}), "Malformed"),
        (json!({"DelegationRequests": [], "IsTruncated": true}), "Incomplete"),
        (json!({"DelegationRequests": [], "isTruncated": true}), "Incomplete"),
    ] {
        let snapshot = Fixture::new().with(source, &document).snapshot();
        assert_eq!(snapshot.account.open_partner_delegations, Fact::missing(source));
        assert_eq!(gaps(&snapshot, source, None)[0].0, code, "{document}");
    }
    let denied = Fixture::new().without(source).snapshot();
    assert_eq!(denied.account.open_partner_delegations, Fact::missing(source));
}

#[test]
fn an_issuer_is_known_off_or_not_known() {
    let source = Source::OutboundWebIdentityFederationInfo;
    let issuer = || Fact::Known(Some(ISSUER.to_owned()));
    for (document, expected) in [
        (json!({"IssuerIdentifier": ISSUER, "JwtVendingEnabled": true}), issuer()),
        (json!({"IssuerIdentifier": ISSUER}), issuer()),
        (json!({"IssuerIdentifier": ISSUER, "JwtVendingEnabled": false}), Fact::Known(None)),
        (json!({"IssuerIdentifier": null}), Fact::Known(None)),
        (json!({"IssuerIdentifier": null, "JwtVendingEnabled": false}), Fact::Known(None)),
        (json!({"IssuerIdentifier": null, "JwtVendingEnabled": true}), Fact::missing(source)),
        (json!({}), Fact::missing(source)),
        (json!({"IssuerIdentifier": 1}), Fact::missing(source)),
    ] {
        assert_eq!(account(source, &document).web_identity_issuer, expected, "{document}");
    }
    let denied = Fixture::new().without(source).snapshot();
    assert_eq!(denied.account.web_identity_issuer, Fact::missing(source));
}
