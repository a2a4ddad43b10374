//! The regions in use, the contacts, and the account's place in an organization.

use portcullis_model::{Fact, Region, Snapshot, Source};
use serde_json::{Value as Json, json};

use super::bundles::{Fixture, gaps, root_row, row, time};
use crate::snapshot::Declarations;

fn analyzer(region: &str, name: &str, kind: &str, status: &str) -> Json {
    let arn = format!("arn:aws:access-analyzer:{region}:123456789012:analyzer/{name}");
    json!({"arn": arn, "name": name, "type": kind, "status": status})
}

fn regions(snapshot: &Snapshot) -> Vec<(&str, Fact<Option<Vec<String>>>)> {
    let regions = snapshot.regions.as_ref().known().unwrap();
    let all = regions.iter();
    all.map(|region| (&*region.name, region.external_access_analyzers.clone()))
        .collect()
}

fn known(names: &[&str]) -> Fact<Option<Vec<String>>> {
    Fact::Known(Some(names.iter().map(|&name| name.to_owned()).collect()))
}

/// The kinds are those of the API reference of AnalyzerSummary.
#[test]
fn only_active_analyzers_of_external_access_count() {
    let r = "eu-central-1";
    let all = [
        analyzer(r, "own", "ACCOUNT", "ACTIVE"),
        analyzer(r, "everybody", "ORGANIZATION", "ACTIVE"),
        analyzer(r, "new", "ACCOUNT", "CREATING"),
        analyzer(r, "off", "ACCOUNT", "DISABLED"),
        analyzer(r, "unused", "ACCOUNT_UNUSED_ACCESS", "ACTIVE"),
        analyzer(r, "idle", "ORGANIZATION_UNUSED_ACCESS", "ACTIVE"),
        analyzer(r, "inner", "ACCOUNT_INTERNAL_ACCESS", "ACTIVE"),
        analyzer(r, "within", "ORGANIZATION_INTERNAL_ACCESS", "ACTIVE"),
    ];
    let snapshot = Fixture::new()
        .with(Source::AccessAnalyzers, &json!({ "analyzers": all }))
        .snapshot();
    assert_eq!(regions(&snapshot), [(r, known(&["everybody", "own"]))]);
}

#[test]
fn regions_are_in_use_by_keys_and_roles() {
    let role = json!({
        "RoleName": "r", "Arn": "arn:aws:iam::123456789012:role/r",
        "RoleLastUsed": {"Region": "us-east-2"},
    });
    let users = json!([super::bundles::detail("alice")]);
    let root = root_row(&[("access_key_2_last_used_region", "ap-south-1")]);
    let key = [("access_key_1_last_used_region", "eu-west-1")];
    let snapshot = Fixture::new()
        .report(&[root, row("alice", &key)])
        .details(&json!({"RoleDetailList": [role], "UserDetailList": users}))
        .with(
            Source::AccessAnalyzers,
            &json!({"analyzers": [], "Regions": ["eu-west-1", "sa-east-1"]}),
        )
        .snapshot();
    let unknown = || Fact::missing(Source::AccessAnalyzers);
    let expected = [
        ("ap-south-1", unknown()),
        ("eu-west-1", known(&[])),
        ("sa-east-1", known(&[])),
        ("us-east-2", unknown()),
    ];
    assert_eq!(regions(&snapshot), expected);
    assert_eq!(gaps(&snapshot, Source::AccessAnalyzers, Some("us-east-2"))[0].0, "NotReported");
}

#[test]
fn a_region_that_did_not_answer_is_one_in_use() {
    let denied = portcullis_model::Gap::new(Source::AccessAnalyzers, "AccessDenied", "no");
    let snapshot = Fixture::new()
        .gap(denied.for_resource("eu-west-3"))
        .snapshot();
    let expected =
        [("eu-central-1", known(&[])), ("eu-west-3", Fact::missing(Source::AccessAnalyzers))];
    assert_eq!(regions(&snapshot), expected);
}

#[test]
fn without_all_that_names_regions_they_are_not_known() {
    let sources =
        [Source::AccessAnalyzers, Source::CredentialReport, Source::AccountAuthorizationDetails];
    for source in sources {
        let snapshot = Fixture::new().without(source).snapshot();
        assert_eq!(snapshot.regions, Fact::missing(source));
    }
}

/// An account without any analyzer, of which nothing was used yet: nobody knows what was asked.
#[test]
fn without_a_region_analyzers_are_not_known() {
    let analyzers = |document: Json| Fixture::new().with(Source::AccessAnalyzers, &document);
    let nowhere = analyzers(json!({"analyzers": []})).snapshot();
    assert_eq!(nowhere.regions, Fact::missing(Source::AccessAnalyzers));
    let asked = analyzers(json!({"analyzers": [], "Regions": ["eu-west-1"]})).snapshot();
    assert_eq!(regions(&asked), [("eu-west-1", known(&[]))]);
}

#[test]
fn the_region_of_the_session_is_what_the_manifest_says() {
    let region = |name: &str| Fixture::new().collected_in(name).snapshot().region;
    assert_eq!(region("ap-south-1").as_deref(), Some("ap-south-1"));
    assert_eq!(region("evil.example/eu-west-1"), None);
    assert_eq!(Fixture::new().snapshot().region, None);
}

/// The kinds that are set, whether security is, and whether all have addresses of their own.
type Contacts = (Fact<Option<Vec<String>>>, Fact<Option<bool>>, Fact<Option<bool>>);

fn contacts(document: &str) -> (Contacts, Vec<String>) {
    let file = "alternate-contacts.json";
    let snapshot = Fixture::new()
        .bytes(Source::AlternateContacts, file, document)
        .snapshot();
    let not_asked = snapshot
        .gaps
        .iter()
        .filter_map(|gap| gap.resource.as_deref());
    let not_asked = not_asked.map(str::to_owned).collect();
    let account = snapshot.account;
    let facts =
        (account.alternate_contacts, account.has_security_contact, account.has_separate_contacts);
    (facts, not_asked)
}

#[test]
fn contacts_are_set_not_set_or_unknown() {
    let contact = |kind: &str, mail: &str| {
        let contact = json!({"AlternateContactType": kind, "EmailAddress": mail});
        json!({ "AlternateContact": contact }).to_string()
    };
    let (yes, no) = (Fact::Known(Some(true)), Fact::Known(Some(false)));
    let security = contact("SECURITY", " A@example.com");
    let billing = contact("BILLING", "a@example.com");
    let stream = format!(r#"{security}{billing}{{"AlternateContacts": {{"OPERATIONS": null}}}}"#);
    assert_eq!(contacts(&stream), ((known(&["billing", "security"]), yes, no), vec![]));
    let all = [contact("OPERATIONS", "b@example.com"), contact("BILLING", "c@example.com")];
    let kinds = known(&["billing", "operations", "security"]);
    assert_eq!(contacts(&(all.concat() + &security)), ((kinds, yes, yes), vec![]));
}

/// What is known of one kind does not depend on the others.
#[test]
fn contacts_that_were_not_asked_for_are_named() {
    let source = Source::AlternateContacts;
    let missing = Fact::missing(source);
    let (yes, no) = (Fact::Known(Some(true)), Fact::Known(Some(false)));
    let contact = |kind: &str| {
        json!({"AlternateContact": {"AlternateContactType": kind, "EmailAddress": "a@example.com"}})
            .to_string()
    };
    let others = vec!["BILLING".to_owned(), "OPERATIONS".to_owned()];
    assert_eq!(
        contacts(&contact("SECURITY")),
        ((Fact::missing(source), yes, missing), others.clone())
    );
    let unset = r#"{"AlternateContacts": {"SECURITY": null}}"#;
    assert_eq!(contacts(unset), ((Fact::missing(source), no, no), others));
    let security = vec!["SECURITY".to_owned()];
    let two = r#"{"AlternateContacts": {"OPERATIONS": null, "BILLING": null}}"#;
    assert_eq!(contacts(two), ((Fact::missing(source), missing, no), security.clone()));
    let shared = contact("OPERATIONS") + &contact("BILLING");
    assert_eq!(contacts(&shared), ((Fact::missing(source), missing, no), security));
}

/// As botocore's list of endpoints has them: `account` in `aws` and `aws-cn` alone.
#[test]
fn where_account_management_does_not_exist_there_are_no_contacts_to_know() {
    for partition in ["aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"] {
        for code in ["Absent", "NotRequested", "DispatchFailure"] {
            let fixture = Fixture::new().in_partition(partition);
            let snapshot = fixture.lacking(Source::AlternateContacts, code).snapshot();
            assert_eq!(snapshot.account.partition, partition);
            assert_eq!(snapshot.account.alternate_contacts, Fact::Known(None), "{partition}");
            assert_eq!(snapshot.account.has_security_contact, Fact::Known(None));
            assert_eq!(snapshot.account.has_separate_contacts, Fact::Known(None));
            assert_eq!(snapshot.gaps, [], "{partition}");
        }
    }
    for partition in ["aws", "aws-cn", "aws-new"] {
        let fixture = Fixture::new().in_partition(partition);
        let none_set = fixture.snapshot().account;
        assert_eq!(none_set.alternate_contacts, Fact::Known(Some(vec![])), "{partition}");
        let denied = fixture.without(Source::AlternateContacts).snapshot();
        let missing = Fact::missing(Source::AlternateContacts);
        assert_eq!(denied.account.alternate_contacts, missing, "{partition}");
        assert_eq!(gaps(&denied, Source::AlternateContacts, None).len(), 1);
    }
}

/// As botocore's list of endpoints has them: `access-analyzer` in all partitions but two.
#[test]
fn where_access_analyzer_does_not_exist_no_region_has_any() {
    let role = json!({
        "RoleName": "r", "Arn": "arn:aws:iam::123456789012:role/r",
        "RoleLastUsed": {"Region": "us-iso-east-1"},
    });
    let users = json!([super::bundles::detail("alice")]);
    let lists = json!({"RoleDetailList": [role], "UserDetailList": users});
    for (partition, offered) in [
        ("aws-iso", false),
        ("aws-iso-b", false),
        ("aws-iso-e", true),
        ("aws-iso-f", true),
        ("aws-eusc", true),
        ("aws-us-gov", true),
        ("aws-cn", true),
        ("aws", true),
    ] {
        let fixture = Fixture::new().details(&lists).in_partition(partition);
        let snapshot = fixture
            .lacking(Source::AccessAnalyzers, "DispatchFailure")
            .snapshot();
        let expected = if offered {
            Fact::missing(Source::AccessAnalyzers)
        } else {
            Fact::Known(vec![Region {
                resource_id: format!("arn:{partition}:iam::123456789012:region/us-iso-east-1"),
                name: "us-iso-east-1".to_owned(),
                external_access_analyzers: Fact::Known(None),
            }])
        };
        assert_eq!(snapshot.regions, expected, "{partition}");
        assert_eq!(gaps(&snapshot, Source::AccessAnalyzers, None).len(), usize::from(offered));
    }
}

/// The global endpoint is that of the commercial partition:
/// <https://docs.aws.amazon.com/general/latest/gr/sts.html>.
#[test]
fn other_partitions_have_no_global_sts_endpoint() {
    for partition in
        ["aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"]
    {
        let fixture = Fixture::new().in_partition(partition);
        for fixture in
            [Fixture::new().in_partition(partition), fixture.without(Source::AccountSummary)]
        {
            let version = fixture.snapshot().account.sts_token_version;
            assert_eq!(version, Fact::Known(None), "{partition}");
        }
    }
    assert_eq!(Fixture::new().snapshot().account.sts_token_version, Fact::Known(Some(1)));
}

fn organization(document: &Json) -> (Fact<Option<String>>, Fact<bool>) {
    let account = Fixture::new()
        .with(Source::Organization, document)
        .snapshot()
        .account;
    (account.organization_id, account.is_management_account)
}

#[test]
fn the_management_account_is_named_by_its_organization() {
    let of = |management: &str| {
        let organization = json!({"Id": "o-example", "MasterAccountId": management});
        json!({ "Organization": organization })
    };
    let id = || Fact::Known(Some("o-example".to_owned()));
    assert_eq!(organization(&of("123456789012")), (id(), Fact::Known(true)));
    assert_eq!(organization(&of("999999999999")), (id(), Fact::Known(false)));
    let renamed =
        json!({"Organization": {"Id": "o-example", "ManagementAccountId": "123456789012"}});
    assert_eq!(organization(&renamed), (id(), Fact::Known(true)));
    let silent = json!({"Organization": {"Id": "o-example"}});
    assert_eq!(organization(&silent), (id(), Fact::missing(Source::Organization)));
    assert_eq!(
        organization(&json!({"Organization": null})),
        (Fact::Known(None), Fact::Known(false))
    );
    let missing = Fact::missing(Source::Organization);
    assert_eq!(organization(&json!({})), (Fact::missing(Source::Organization), missing));
}

#[test]
fn root_access_is_centralized_not_or_not_ours_to_know() {
    let organization =
        json!({"Organization": {"Id": "o-own1234567", "MasterAccountId": "111122223333"}});
    for (features, expected) in [
        (json!(["RootCredentialsManagement"]), Some(true)),
        (json!(["RootSessions"]), Some(false)),
        (json!([]), Some(false)),
        (json!(null), None),
    ] {
        let document = json!({ "EnabledFeatures": features });
        let member = Fixture::new().with(Source::Organization, &organization);
        let fixture = member.with(Source::OrganizationsFeatures, &document);
        assert_eq!(fixture.snapshot().account.root_credentials_managed, Fact::Known(expected));
    }
    let denied = Fixture::new()
        .without(Source::OrganizationsFeatures)
        .snapshot();
    let missing = Fact::missing(Source::OrganizationsFeatures);
    assert_eq!(denied.account.root_credentials_managed, missing);
}

#[test]
fn the_version_of_tokens_is_in_the_summary() {
    let version = |map: &Json| {
        Fixture::new()
            .summary(map)
            .snapshot()
            .account
            .sts_token_version
    };
    assert_eq!(version(&json!({"GlobalEndpointTokenVersion": 2})), Fact::Known(Some(2)));
    assert_eq!(version(&json!({"GlobalEndpointTokenVersion": 1})), Fact::Known(Some(1)));
    assert_eq!(version(&json!({})), Fact::missing(Source::AccountSummary));
    for odd in [-1, 0, 3] {
        let odd = version(&json!({"GlobalEndpointTokenVersion": odd}));
        assert_eq!(odd, Fact::missing(Source::AccountSummary));
    }
}

#[test]
fn only_an_own_password_policy_was_ever_changed() {
    let changed = Some(time("2025-06-01T00:00:00Z"));
    let declared = Declarations { password_policy_changed: changed, ..Declarations::default() };
    let own = json!({"PasswordPolicy": {
        "MinimumPasswordLength": 14, "RequireSymbols": true, "RequireNumbers": true,
        "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true,
        "AllowUsersToChangePassword": true, "ExpirePasswords": false,
    }});
    for (policy, expected) in [(own, changed), (json!({"PasswordPolicy": null}), None)] {
        let fixture = Fixture::new().with(Source::AccountPasswordPolicy, &policy);
        let policy = fixture
            .declared(&declared)
            .account
            .password_policy
            .known()
            .unwrap();
        assert_eq!(policy.changed, expected);
    }
}
