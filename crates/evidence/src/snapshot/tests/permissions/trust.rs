//! Who may assume a role.

use portcullis_model::{ExternalAccount, Fact, Role, Source};
use serde_json::{Value as Json, json};

use super::{DETAILS, OWN, account, role, the_role, trusts, with};
use crate::snapshot::tests::bundles::{Fixture, gaps, time};

const ORG: &str = "o-a1b2c3d4e5";

fn of(trust: Json) -> Role {
    the_role(&account(json!({"RoleDetailList": [role("r", trust, json!([]))]})), "r")
}

/// The facts where the account is a member of [`ORG`].
fn in_organization(trust: Json) -> Role {
    let lists = json!({"RoleDetailList": [role("r", trust, json!([]))]});
    let own = json!({"Organization": {"Id": ORG, "MasterAccountId": "999988887777"}});
    the_role(
        &Fixture::new()
            .details(&lists)
            .with(Source::Organization, &own)
            .snapshot(),
        "r",
    )
}

/// The facts where the statement has a condition.
fn under(statement: Json, condition: Json) -> Role {
    of(with(statement, "Condition", condition))
}

fn list(texts: &[&str]) -> Fact<Vec<String>> {
    Fact::Known(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Other accounts, of no organization in particular.
fn external(ids: &[&str]) -> Fact<Vec<ExternalAccount>> {
    members(ids, None)
}

/// Other accounts that must be of an organization.
fn members(ids: &[&str], organization: Option<&str>) -> Fact<Vec<ExternalAccount>> {
    let mut all = Vec::new();
    for id in ids {
        let is_account = id.chars().all(|c| c.is_ascii_digit());
        let organization = organization.map(str::to_owned);
        all.push(ExternalAccount { id: (*id).to_owned(), is_account, organization });
    }
    Fact::Known(all)
}

#[test]
fn anyone_in_every_form() {
    for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["111122223333", "*"]})] {
        let role = of(trusts(principal.clone()));
        assert_eq!(role.open_statements, list(&["1"]), "{principal}");
    }
    let all_but = json!({
        "Effect": "Allow", "NotPrincipal": {"AWS": format!("{OWN}:user/bob")}, "Action": "sts:*",
    });
    let own = trusts(json!({"AWS": "123456789012"}));
    assert_eq!(of(json!([own, all_but])).open_statements, list(&["2"]));
    let web = json!({
        "Sid": "Web", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWith*",
    });
    assert_eq!(of(web).open_statements, list(&["1 (Web)"]));
    for closed in [
        own,
        trusts(json!({"Service": "ec2.amazonaws.com"})),
        json!({"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"}),
    ] {
        assert_eq!(of(closed.clone()).open_statements, list(&[]), "{closed}");
    }
}

#[test]
fn a_condition_must_really_narrow() {
    let anyone = || trusts(json!("*"));
    let org = json!({"StringEquals": {"aws:PrincipalOrgID": ORG}});
    let of_org = with(anyone(), "Condition", org);
    assert_eq!(of(of_org.clone()).open_statements, list(&[]));
    assert_eq!(
        of(of_org.clone()).external_accounts_without_external_id,
        external(&[ORG]),
        "of strangers"
    );
    assert_eq!(in_organization(of_org.clone()).external_accounts, external(&[]));
    assert_eq!(in_organization(of_org).organization_accounts, list(&[ORG]));
    for idle in [
        json!({"StringNotEquals": {"aws:PrincipalOrgID": ORG}}),
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": ORG}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "*"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
    ] {
        assert_eq!(under(anyone(), idle.clone()).open_statements, list(&["1"]), "{idle}");
    }
}

#[test]
fn a_deny_for_all_others_narrows_too() {
    let open = |principal: Json, condition: Json| {
        let deny = with(trusts(principal), "Effect", json!("Deny"));
        let deny = with(deny, "Condition", condition);
        of(json!([trusts(json!("*")), deny])).open_statements
    };
    let outside = json!({"StringNotEquals": {"aws:PrincipalOrgID": ORG}});
    let inside = json!({"StringEquals": {"aws:PrincipalOrgID": ORG}});
    assert_eq!(open(json!("*"), outside.clone()), list(&[]));
    assert_eq!(open(json!({"AWS": "111122223333"}), outside), list(&["1"]));
    assert_eq!(open(json!("*"), inside), list(&["1"]));
    assert_eq!(open(json!("*"), json!({})), list(&[]), "nobody at all");
}

#[test]
fn a_deny_for_all_but_some_leaves_those() {
    let deny = json!({
        "Effect": "Deny", "Action": "sts:AssumeRole",
        "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:root", format!("{OWN}:root")]},
    });
    let role = of(json!([trusts(json!("*")), deny]));
    assert_eq!(role.open_statements, list(&[]));
    assert_eq!(role.external_accounts, external(&["111122223333"]));
}

#[test]
fn external_accounts_are_told_by_their_exact_id() {
    let role = of(trusts(json!({"AWS": [
        "111122223333", "arn:aws:iam::444455556666:role/x", format!("{OWN}:root"), "123456789012",
        "arn:aws:iam::123456789012:role/777788889999", "AIDACKCEVSQ6C2EXAMPLE",
    ]})));
    let both = external(&["111122223333", "444455556666"]);
    assert_eq!(role.external_accounts, both);
    assert_eq!(role.external_accounts_without_external_id, both);
}

#[test]
fn what_guards_against_strangers() {
    let vendor = || trusts(json!({"AWS": "111122223333"}));
    for guard in [
        json!({"StringEquals": {"sts:ExternalId": "8f3a"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ] {
        let role = in_organization(with(vendor(), "Condition", guard.clone()));
        assert_eq!(role.external_accounts, external(&["111122223333"]));
        assert_eq!(role.external_accounts_without_external_id, external(&[]), "{guard}");
    }
    let of_organization = json!({"StringEquals": {"aws:PrincipalOrgID": ORG}});
    let role = in_organization(with(vendor(), "Condition", of_organization));
    assert_eq!(role.external_accounts, external(&[]), "only members get in");
    for idle in [
        json!({"StringLike": {"sts:ExternalId": "*"}}),
        json!({"StringNotEquals": {"sts:ExternalId": "x"}}),
        json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    ] {
        let role = under(vendor(), idle.clone());
        assert_eq!(
            role.external_accounts_without_external_id,
            external(&["111122223333"]),
            "{idle}"
        );
    }
    let strangers = |ids: Json| {
        let role = in_organization(with(
            vendor(),
            "Condition",
            json!({"StringEquals": {"aws:PrincipalOrgID": ids}}),
        ));
        assert_eq!(role.external_accounts_without_external_id, role.external_accounts);
        role.external_accounts
    };
    let of_stranger = members(&["111122223333"], Some("o-e5d4c3b2a1"));
    let condition = json!({"StringEquals": {"aws:PrincipalOrgID": "o-e5d4c3b2a1"}});
    assert_eq!(under(vendor(), condition).external_accounts_without_external_id, of_stranger);
    assert_eq!(strangers(json!("o-e5d4c3b2a1")), of_stranger);
    assert_eq!(strangers(json!([ORG, "o-e5d4c3b2a1"])), of_stranger);
    let accounts =
        json!({"StringEquals": {"aws:PrincipalAccount": ["111122223333", "123456789012"]}});
    let role = under(trusts(json!("*")), accounts);
    assert_eq!(role.open_statements, list(&[]));
    assert_eq!(role.external_accounts, external(&["111122223333"]), "whom the condition names");
}

/// Only who may use all of it is the whole management account.
#[test]
fn the_whole_management_account() {
    let management = || trusts(json!({"AWS": "999988887777"}));
    let ops = "arn:aws:iam::999988887777:role/ops";
    let of = |operator: &str, arn: &str| json!({operator: {"aws:PrincipalArn": arn}});
    for (condition, expected) in [
        (json!({}), &["1"][..]),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), &["1"]),
        (of("ArnLike", "arn:aws:iam::999988887777:role/*"), &["1"]),
        (of("ArnNotEquals", ops), &["1"]),
        (of("ArnEquals", ops), &[]),
    ] {
        let role = in_organization(with(management(), "Condition", condition.clone()));
        assert_eq!(role.management_account_statements, list(expected), "{condition}");
        assert_eq!(role.organization_accounts, list(&["999988887777"]));
    }
    let but = |arn: &str| {
        json!({
            "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
            "Condition": of("ArnNotEquals", arn),
        })
    };
    let role = in_organization(json!([management(), but(ops)]));
    assert_eq!(role.management_account_statements, list(&[]));
    let all = "arn:aws:iam::999988887777:*";
    let role = in_organization(json!([management(), but(all)]));
    assert_eq!(role.management_account_statements, list(&["1"]));
    let anyone = with(trusts(json!("*")), "Condition", of("ArnLike", all));
    assert_eq!(in_organization(anyone).management_account_statements, list(&["1"]));
}

#[test]
fn services_that_could_say_for_whom_they_act() {
    let trail = "cloudtrail.amazonaws.com";
    let services =
        || trusts(json!({"Service": [trail, "ec2.amazonaws.com", "lambda.amazonaws.com"]}));
    assert_eq!(of(services()).services_not_asked_for_source, list(&[trail]));
    for guard in [
        json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}),
        json!({"ArnLike": {"AWS:SourceArn": "arn:aws:cloudtrail:*:123456789012:trail/*"}}),
        json!({"StringEquals": {"aws:SourceOrgID": ORG}}),
    ] {
        assert_eq!(
            under(services(), guard.clone()).services_not_asked_for_source,
            list(&[]),
            "{guard}"
        );
    }
    let any_account = json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}});
    assert_eq!(under(services(), any_account).services_not_asked_for_source, list(&[trail]));
}

#[test]
fn shared_oidc_issuers_must_name_a_tenant() {
    const GITHUB: &str = "token.actions.githubusercontent.com";
    let web = |provider: &str| {
        let federated = json!({"Federated": provider});
        with(trusts(federated), "Action", json!("sts:AssumeRoleWithWebIdentity"))
    };
    let provider = |issuer: &str| format!("{OWN}:oidc-provider/{issuer}");
    let github = || web(&provider(GITHUB));
    let sub = |operator: &str, value: &str| {
        let condition = json!({operator: {format!("{GITHUB}:sub"): value}});
        under(github(), condition).issuers_of_any_tenant
    };
    assert_eq!(of(github()).issuers_of_any_tenant, list(&[GITHUB]));
    let aud = json!({"StringEquals": {format!("{GITHUB}:aud"): "sts.amazonaws.com"}});
    assert_eq!(under(github(), aud).issuers_of_any_tenant, list(&[GITHUB]));
    assert_eq!(sub("StringEquals", "repo:example/site:ref:refs/heads/main"), list(&[]));
    assert_eq!(sub("StringLike", "repo:example/*"), list(&[]));
    for idle in ["*", "repo:*", "repo:*/site:*"] {
        assert_eq!(sub("StringLike", idle), list(&[GITHUB]), "{idle}");
    }
    assert_eq!(sub("StringNotEquals", "repo:example/site"), list(&[GITHUB]));
    let cluster = provider("oidc.eks.eu-west-1.amazonaws.com/id/A1");
    assert_eq!(of(web(&cluster)).issuers_of_any_tenant, list(&[]));
    let cognito = "cognito-identity.amazonaws.com";
    assert_eq!(of(web(cognito)).issuers_of_any_tenant, list(&[cognito]));
}

#[test]
fn hostile_and_absent_trust_policies_are_gaps() {
    let number = json!({"Statement": {"Effect": "Allow", "Principal": [1], "Action": "*"}});
    for trust in [json!("{"), json!(7), number] {
        let odd = role("r", json!([]), json!([]));
        let odd = with(odd, "AssumeRolePolicyDocument", trust.clone());
        let snapshot = account(json!({"RoleDetailList": [odd]}));
        let role = the_role(&snapshot, "r");
        assert_eq!(role.open_statements, Fact::missing(DETAILS), "{trust}");
        assert_eq!(role.services_not_asked_for_source, Fact::missing(DETAILS));
        assert_eq!(role.administrator, Fact::Known(false), "that rests on other documents");
        assert_eq!(gaps(&snapshot, DETAILS, Some(&role.arn))[0].0, "Malformed");
    }
    let none = with(role("r", json!([]), json!([])), "AssumeRolePolicyDocument", json!(null));
    let snapshot = account(json!({"RoleDetailList": [none]}));
    assert_eq!(the_role(&snapshot, "r").external_accounts, Fact::missing(DETAILS));
}

#[test]
fn the_rest_of_a_role() {
    let trust = || trusts(json!({"AWS": "123456789012"}));
    let mut json = role("r", trust(), json!([]));
    json["Arn"] = json!(format!("{OWN}:role/team/r"));
    json["RoleLastUsed"] = json!({"LastUsedDate": "2025-12-22T00:00:00Z", "Region": "eu-west-1"});
    let used = the_role(&account(json!({"RoleDetailList": [json]})), "r");
    assert_eq!((used.path.as_str(), used.service_linked), ("/team/", false));
    assert_eq!(used.last_used, Fact::Known(Some(time("2025-12-22T00:00:00Z"))));
    assert_eq!(used.idle_days, Fact::Known(Some(10.0)));
    assert_eq!(used.inline_policies, ["own"]);
    assert_eq!(of(trust()).idle_days, Fact::Known(None));
    let silent = with(role("r", trust(), json!([])), "RoleLastUsed", json!(null));
    let silent = the_role(&account(json!({"RoleDetailList": [silent]})), "r");
    assert_eq!(silent.last_used, Fact::missing(DETAILS));
}

/// Organizations creates the role for its management account:
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html>.
#[test]
fn the_role_of_organizations_may_trust_the_management_account() {
    let facts = |name: &str, organization: Option<&str>| {
        let trust = trusts(json!({"AWS": "arn:aws:iam::999988887777:root"}));
        let lists = json!({"RoleDetailList": [role(name, trust, json!([]))]});
        let mut fixture = Fixture::new().details(&lists).without(Source::Organization);
        if let Some(management) = organization {
            let own = json!({"Organization": {"Id": ORG, "MasterAccountId": management}});
            fixture = fixture.with(Source::Organization, &own);
        }
        let role = the_role(&fixture.snapshot(), name);
        (role.external_accounts, role.external_accounts_without_external_id)
    };
    let missing = || Fact::missing(Source::Organization);
    let created = "OrganizationAccountAccessRole";
    assert_eq!(facts(created, None), (missing(), missing()));
    assert_eq!(facts("other", None), (external(&["999988887777"]), external(&["999988887777"])));
    assert_eq!(facts(created, Some("999988887777")), (external(&[]), external(&[])));
    let of_another = facts(created, Some("111122223333"));
    assert_eq!(of_another, (external(&["999988887777"]), external(&["999988887777"])));
}
