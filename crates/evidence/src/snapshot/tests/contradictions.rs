//! Evidence that AWS does not give, or that contradicts itself: a gap, and unknown what hangs on it.

use portcullis_model::{Fact, ShortLists, Snapshot, Source};
use serde_json::{Value as Json, json};

use super::bundles::{
    AS_OF, CREATED, Fixture, HEADER, REPORT_AT, arn, detail, gaps, root_row, row, user,
};
use crate::bundle::{Bundle, Document, Manifest};
use crate::snapshot::Declarations;

const DETAILS: Source = Source::AccountAuthorizationDetails;
const SUMMARY: Source = Source::AccountSummary;
const CALLER: Source = Source::CallerIdentity;
const ANALYZERS: Source = Source::AccessAnalyzers;
const FEATURES: Source = Source::OrganizationsFeatures;

/// The answer of the example in <https://docs.aws.amazon.com/cli/latest/reference/iam/get-account-authorization-details.html>,
/// with what it has for principals that have nothing of the kind.
fn whole_details() -> Json {
    json!({
        "UserDetailList": [{
            "UserName": "alice", "Arn": "arn:aws:iam::123456789012:user/alice",
            "CreateDate": "2024-01-01T00:00:00Z", "GroupList": [], "AttachedManagedPolicies": [],
        }],
        "GroupDetailList": [{
            "GroupName": "staff", "Arn": "arn:aws:iam::123456789012:group/staff",
            "GroupPolicyList": [], "AttachedManagedPolicies": [],
        }],
        "RoleDetailList": [{
            "RoleName": "app", "Arn": "arn:aws:iam::123456789012:role/app",
            "InstanceProfileList": [], "RolePolicyList": [], "AttachedManagedPolicies": [],
        }],
        "Policies": [{
            "PolicyName": "own", "Arn": "arn:aws:iam::123456789012:policy/own",
            "AttachmentCount": 0, "PolicyVersionList": [],
        }],
    })
}

/// AWS sends these lists though they are empty, so that one that is absent was lost.
#[test]
fn an_absent_list_is_not_an_empty_one() {
    let whole = Fixture::new().with(DETAILS, &whole_details()).snapshot();
    assert!(whole.roles.known().is_some());
    for (list, field) in [
        ("UserDetailList", "GroupList"),
        ("UserDetailList", "AttachedManagedPolicies"),
        ("GroupDetailList", "GroupPolicyList"),
        ("GroupDetailList", "AttachedManagedPolicies"),
        ("RoleDetailList", "RolePolicyList"),
        ("RoleDetailList", "AttachedManagedPolicies"),
        ("RoleDetailList", "InstanceProfileList"),
        ("Policies", "PolicyVersionList"),
    ] {
        for lost in [None, Some(Json::Null)] {
            let mut details = whole_details();
            let item = details[list][0].as_object_mut().unwrap();
            item.remove(field);
            item.extend(lost.map(|null| (field.to_owned(), null)));
            let snapshot = Fixture::new().with(DETAILS, &details).snapshot();
            assert_eq!(snapshot.roles, Fact::missing(DETAILS), "{field}");
            assert_eq!(gaps(&snapshot, DETAILS, None)[0].0, "Malformed", "{field}");
        }
    }
    let mut details = whole_details();
    details["UserDetailList"][0]
        .as_object_mut()
        .unwrap()
        .remove("GroupList");
    let snapshot = Fixture::new().with(DETAILS, &details).snapshot();
    let message = &gaps(&snapshot, DETAILS, None)[0].1;
    assert!(message.contains("which have GroupList, at line 1 column"), "{message}");
}

#[test]
fn counts_and_flags_are_within_their_bounds() {
    let summary = json!({"AccountMFAEnabled": 1, "AccountAccessKeysPresent": -1});
    let snapshot = Fixture::new().summary(&summary).snapshot();
    assert_eq!(snapshot.root.has_access_key, Fact::missing(SUMMARY));
    let message = "account-summary.json: AccountAccessKeysPresent is -1".to_owned();
    assert_eq!(gaps(&snapshot, SUMMARY, None), [("Malformed".to_owned(), message)]);

    for flag in ["AccountMFAEnabled", "AccountPasswordPresent"] {
        let two = Fixture::new().summary(&json!({flag: 2}));
        assert_eq!(
            voided(&two, SUMMARY, "Malformed"),
            format!("account-summary.json: {flag} is 2")
        );
    }
    let keys = Fixture::new().summary(&json!({"AccountAccessKeysPresent": 2}));
    assert_eq!(keys.snapshot().root.has_access_key, Fact::Known(true));

    let mut details = whole_details();
    details["Policies"][0]["AttachmentCount"] = json!(-1);
    let snapshot = Fixture::new().with(DETAILS, &details).snapshot();
    assert_eq!(snapshot.policies, Fact::missing(DETAILS));
    assert!(
        gaps(&snapshot, DETAILS, None)[0]
            .1
            .contains("policy/own is below zero")
    );
}

/// A name that the ARN does not end with, or no name at all, is not AWS's.
#[test]
fn names_and_arns_agree() {
    for (list, field, value) in [
        ("UserDetailList", "UserName", "bob"),
        ("UserDetailList", "Arn", ""),
        ("UserDetailList", "Arn", "arn:aws:iam::123456789012:role/alice"),
        ("UserDetailList", "Arn", "arn:aws:sts::123456789012:user/alice"),
        ("GroupDetailList", "GroupName", ""),
        ("GroupDetailList", "Arn", "arn:aws:iam::123456789012:user/staff"),
        ("RoleDetailList", "RoleName", "apps"),
        ("RoleDetailList", "Arn", "arn:aws:sts::123456789012:assumed-role/x/app"),
        ("Policies", "PolicyName", ""),
        ("Policies", "Arn", "own"),
        ("Policies", "Arn", "arn:aws:iam::123456789012:role/own"),
    ] {
        let mut details = whole_details();
        details[list][0][field] = json!(value);
        let snapshot = Fixture::new().with(DETAILS, &details).snapshot();
        assert_eq!(gaps(&snapshot, DETAILS, None)[0].0, "Malformed", "{field} {value}");
    }
    for (list, path) in [
        ("UserDetailList", "/team/"),
        ("GroupDetailList", "/team/"),
        ("RoleDetailList", "/aws-service-role/ecs.amazonaws.com/"),
        ("Policies", "/team/"),
    ] {
        for (path, says) in [(path, "Malformed"), ("/", "")] {
            let mut details = whole_details();
            details[list][0]["Path"] = json!(path);
            let found = gaps(&Fixture::new().with(DETAILS, &details).snapshot(), DETAILS, None);
            assert_eq!(found.first().map_or("", |(code, _)| code), says, "{list} {path}");
        }
    }
    let mut details = whole_details();
    details["GroupDetailList"][0]["GroupPolicyList"] =
        json!([{"PolicyName": "", "PolicyDocument": {"Statement": []}}]);
    let snapshot = Fixture::new().with(DETAILS, &details).snapshot();
    assert_eq!(gaps(&snapshot, DETAILS, None)[0].0, "Malformed");
    let owner = json!({"UserName": "bob", "Arn": arn("alice")});
    let device = json!([{"SerialNumber": "arn:aws:iam::123456789012:mfa/alice", "User": owner}]);
    voided(&Fixture::new().devices(&device), Source::VirtualMfaDevices, "Malformed");
    let role = json!({"Arn": "arn:aws:iam::123456789012:role/app"});
    let device = json!([{"SerialNumber": "arn:aws:iam::123456789012:mfa/alice", "User": role}]);
    voided(&Fixture::new().devices(&device), Source::VirtualMfaDevices, "Malformed");
    let nameless = json!([{"UserName": "alice", "SerialNumber": "", "EnableDate": CREATED}]);
    voided(&Fixture::new().mfa(&["alice"], &nameless), Source::MfaDevices, "Malformed");
}

/// Names and ids are unique: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
/// Appended outputs may hold one twice, which says no more than once; what differs contradicts itself.
#[test]
fn what_is_listed_twice_is_listed_alike() {
    let policy = |name: &str, value: &str| json!({"PolicyName": name, "PolicyDocument": value});
    for (list, field, other) in [
        ("UserDetailList", "Path", json!("/other/")),
        ("UserDetailList", "UserName", json!("Alice")),
        ("GroupDetailList", "GroupId", json!("AGPAOTHER")),
        ("RoleDetailList", "RolePolicyList", json!([policy("a", "{}")])),
        ("Policies", "AttachmentCount", json!(1)),
    ] {
        let mut details = whole_details();
        let once = details[list][0].clone();
        details[list].as_array_mut().unwrap().push(once);
        let twice = Fixture::new().with(DETAILS, &details).snapshot();
        assert_eq!(twice, Fixture::new().with(DETAILS, &whole_details()).snapshot(), "{list}");
        for place in [0, 1] {
            let mut details = details.clone();
            details[list][place][field] = other.clone();
            if field == "UserName" {
                details[list][place]["Arn"] = json!(arn("Alice"));
            }
            voided(&Fixture::new().with(DETAILS, &details), DETAILS, "Contradictory");
        }
    }
    let mut details = whole_details();
    let mut other = details["RoleDetailList"][0].clone();
    other["RoleId"] = json!("AROAOTHER");
    details["RoleDetailList"]
        .as_array_mut()
        .unwrap()
        .push(other);
    let message = voided(&Fixture::new().with(DETAILS, &details), DETAILS, "Contradictory");
    let expected = "account-authorization-details.json: holds app twice, with different contents";
    assert_eq!(message, expected);
}

/// Unique ids are unique: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>.
#[test]
fn nobody_has_the_id_of_another() {
    let with_ids = |user: &str, role: &str| {
        let mut details = whole_details();
        details["UserDetailList"][0]["UserId"] = json!(user);
        details["RoleDetailList"][0]["RoleId"] = json!(role);
        Fixture::new().with(DETAILS, &details)
    };
    let message = voided(&with_ids("AIDA1", "AIDA1"), DETAILS, "Contradictory");
    assert!(message.contains("user/alice and arn:aws:iam::123456789012:role/app"), "{message}");
    for (user, role) in [("AIDA1", "AROA1"), ("", "")] {
        assert_eq!(gaps(&with_ids(user, role).snapshot(), DETAILS, None), []);
    }
}

/// Of two values of one key, which counts is not defined, and IAM refuses such documents.
#[test]
fn a_document_that_names_a_key_twice_is_not_read() {
    let mut details = whole_details();
    let version = json!({"VersionId": "v1", "IsDefaultVersion": true, "Document": "DOCUMENT"});
    details["Policies"][0]["PolicyVersionList"] = json!([version]);
    let allow = |action| {
        let text = format!(r#"{{"Statement": {{"Effect": "Allow", {action}, "Resource": "*"}}}}"#);
        let details = details.to_string().replace("\"DOCUMENT\"", &text);
        let file = "account-authorization-details.json";
        Fixture::new().bytes(DETAILS, file, details).snapshot()
    };
    let own = "arn:aws:iam::123456789012:policy/own";
    assert_eq!(gaps(&allow(r#""Action": "*""#), DETAILS, Some(own)), []);
    let twice = allow(r#""Action": "*", "Action": "s3:GetObject""#);
    let message =
        format!("the policy {own}: not an IAM policy document: it names \"Action\" twice");
    assert_eq!(gaps(&twice, DETAILS, Some(own)), [("Malformed".to_owned(), message)]);
    assert_eq!(twice.policies.known().unwrap()[0].allows_everything, Fact::missing(DETAILS));
}

#[test]
fn no_answer_names_a_key_twice() {
    let counts = r#""Groups": 0, "Roles": 0, "Policies": 0,
        "MFADevices": 0, "ServerCertificates": 0, "Providers": 0"#;
    let summary = format!(r#"{{"SummaryMap": {{"Users": 1, {counts}}}}}"#);
    for (source, once, twice, key) in [
        (SUMMARY, summary.as_str(), r#"{"SummaryMap": {"Users": 0, "Users": 1}}"#, "Users"),
        (SUMMARY, summary.as_str(), r#"{"SummaryMap": {}, "SummaryMap": {}}"#, "SummaryMap"),
        (
            Source::AlternateContacts,
            r#"{"AlternateContacts": {"BILLING": null, "OPERATIONS": null, "SECURITY": null}}"#,
            r#"{"AlternateContacts": {"BILLING": null, "BILLING": null}}"#,
            "BILLING",
        ),
    ] {
        let file = format!("{source}.json");
        let of = |text: &str| Fixture::new().bytes(source, &file, text);
        assert_eq!(gaps(&of(once).snapshot(), source, None), [], "{source}");
        let message = voided(&of(twice), source, "Malformed");
        let expected = format!("{file}: an object names {key} twice, at line 1 column");
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn a_contact_stands_under_its_type() {
    let contacts = |kind: &str| {
        let contact = json!({"AlternateContactType": kind, "EmailAddress": "a@example.com"});
        let all = json!({"AlternateContacts": {"BILLING": contact, "OPERATIONS": null, "SECURITY": null}});
        Fixture::new().with(Source::AlternateContacts, &all)
    };
    assert_eq!(contacts("BILLING").snapshot().gaps, []);
    let nowhere = json!({"AlternateContactType": "BILLING", "EmailAddress": ""});
    let all =
        json!({"AlternateContacts": {"BILLING": nowhere, "OPERATIONS": null, "SECURITY": null}});
    let nowhere = Fixture::new().with(Source::AlternateContacts, &all);
    voided(&nowhere, Source::AlternateContacts, "Malformed");
    let message = voided(&contacts("SECURITY"), Source::AlternateContacts, "Malformed");
    assert_eq!(message, "alternate-contacts.json: holds a contact of another type as BILLING");
}

/// One principal has one inline policy of a name, and one value of a tag.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>
#[test]
fn what_a_principal_has_twice_it_has_alike() {
    let full = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let none = json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    let with = |policies: &[(&str, &Json)]| {
        let mut alice = detail("alice");
        let inline = policies
            .iter()
            .map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document}));
        alice["UserPolicyList"] = inline.collect();
        Fixture::new().users(&[alice]).snapshot()
    };
    let of_policies = |snapshot: &Snapshot| -> Vec<Fact<bool>> {
        let policies = snapshot.policies.as_ref().known().unwrap();
        policies
            .iter()
            .map(|policy| policy.allows_everything)
            .collect()
    };
    for twins in [[("p", &full), ("p", &none)], [("p", &none), ("p", &full)]] {
        let twins = with(&twins);
        assert_eq!(of_policies(&twins), [Fact::missing(DETAILS)]);
        assert_eq!(user(&twins, "alice").administrator, Fact::missing(DETAILS));
        let message = "the inline policy p of alice appears twice, with different contents";
        let gap = ("Contradictory".to_owned(), message.to_owned());
        assert_eq!(gaps(&twins, DETAILS, Some("alice")), [gap]);
    }
    let same = with(&[("p", &full), ("p", &full)]);
    assert_eq!(of_policies(&same), [Fact::Known(true)]);
    let two = with(&[("p", &full), ("P", &none)]);
    assert_eq!(of_policies(&two), [Fact::Known(false), Fact::Known(true)]);
    for fine in [same, two] {
        assert_eq!(fine.gaps, []);
    }

    let tagged = |key: &str, value: &str| {
        let mut alice = detail("alice");
        alice["Tags"] = json!([{"Key": "team", "Value": "a"}, {"Key": key, "Value": value}]);
        Fixture::new().users(&[alice])
    };
    for fine in [("team", "a"), ("stage", "b")] {
        assert_eq!(tagged(fine.0, fine.1).snapshot().gaps, []);
    }
    for key in ["team", "Team"] {
        voided(&tagged(key, "b"), DETAILS, "Contradictory");
    }
    voided(&tagged("", "b"), DETAILS, "Malformed");
}

/// AWS says twice which version is in force.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html>
#[test]
fn a_policy_has_one_default_version() {
    let own = "arn:aws:iam::123456789012:policy/own";
    let version = |id: &str, is_default: bool| {
        let document = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        json!({"VersionId": id, "IsDefaultVersion": is_default, "Document": document})
    };
    let of = |named: Option<&str>, versions: &[Json]| {
        let mut details = whole_details();
        details["RoleDetailList"] = json!([]);
        details["Policies"][0]["PolicyVersionList"] = json!(versions);
        if let Some(named) = named {
            details["Policies"][0]["DefaultVersionId"] = json!(named);
        }
        let snapshot = Fixture::new().with(DETAILS, &details).snapshot();
        let everything = snapshot.policies.as_ref().known().unwrap()[0].allows_everything;
        (everything, gaps(&snapshot, DETAILS, Some(own)))
    };
    let versions = [version("v1", false), version("v2", true)];
    for named in [Some("v2"), None] {
        assert_eq!(of(named, &versions), (Fact::Known(true), vec![]));
    }
    for (named, versions, code, problem) in [
        (
            "v1",
            versions,
            "Contradictory",
            "names a default version other than the one marked as the default",
        ),
        (
            "v1",
            [version("v1", true), version("v2", true)],
            "Contradictory",
            "has two default versions",
        ),
        (
            "v1",
            [version("v1", true), version("v1", false)],
            "Contradictory",
            "has two versions with the same id",
        ),
        (
            "v1",
            [version("v1", false), version("v2", false)],
            "Incomplete",
            "lacks its default version",
        ),
    ] {
        let gap = (code.to_owned(), format!("the policy {own} {problem}"));
        assert_eq!(of(Some(named), &versions), (Fact::missing(DETAILS), vec![gap]));
    }
}

#[test]
fn nothing_is_without_an_id() {
    let key = json!([{
        "UserName": "alice", "AccessKeyId": "", "Status": "Active", "CreateDate": CREATED,
    }]);
    let message = voided(&Fixture::new().keys(&["alice"], &key), Source::AccessKeys, "Malformed");
    assert_eq!(message, "access-keys.json: holds something without an id");
    let session = json!({
        "Session": "ASIA1", "LoginProfile": null, "AccessKeys": [],
        "MFADevices": [{"SerialNumber": "", "EnableDate": CREATED}], "Certificates": [],
    });
    let opened = Fixture::new().with(Source::RootCredentials, &session);
    voided(&opened, Source::RootCredentials, "Malformed");
    assert_eq!(opened.snapshot().root.mfa_devices, Fact::missing(Source::RootCredentials));
}

#[test]
fn what_other_lists_hold_twice_they_hold_alike() {
    let key = |status| json!({"UserName": "alice", "AccessKeyId": "AKIA1", "Status": status, "CreateDate": CREATED});
    let device =
        |name: &str| json!({"UserName": name, "SerialNumber": "GAHT1", "EnableDate": CREATED});
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let owner = json!({"Arn": arn("alice")});
    let certificate = |date| {
        let arn = "arn:aws:iam::123456789012:server-certificate/a";
        json!({"ServerCertificateName": "a", "Arn": arn, "Expiration": date})
    };
    let provider =
        |date| json!({"Arn": "arn:aws:iam::123456789012:saml-provider/a", "ValidUntil": date});
    let credential = |status| {
        json!({
            "UserName": "alice", "Status": status, "ServiceName": "codecommit.amazonaws.com",
            "ServiceSpecificCredentialId": "ACCA1", "CreateDate": CREATED,
        })
    };
    let request = |state| json!({"DelegationRequestId": "d-1", "State": state});
    let analyzer = |status| {
        let arn = "arn:aws:access-analyzer:eu-central-1:123456789012:analyzer/a";
        json!({"arn": arn, "name": "a", "type": "ACCOUNT", "status": status})
    };
    let contact = |mail| json!({"AlternateContactType": "SECURITY", "EmailAddress": mail});
    for (source, list, one, other) in [
        (Source::AccessKeys, "AccessKeyMetadata", key("Active"), key("Inactive")),
        (Source::MfaDevices, "MFADevices", device("alice"), device("bob")),
        (
            Source::VirtualMfaDevices,
            "VirtualMFADevices",
            json!({"SerialNumber": serial, "User": owner}),
            json!({"SerialNumber": serial}),
        ),
        (
            Source::ServerCertificates,
            "ServerCertificateMetadataList",
            certificate(CREATED),
            certificate(REPORT_AT),
        ),
        (Source::SamlProviders, "SAMLProviderList", provider(CREATED), provider(REPORT_AT)),
        (
            Source::ServiceSpecificCredentials,
            "ServiceSpecificCredentials",
            credential("Active"),
            credential("Inactive"),
        ),
        (
            Source::DelegationRequests,
            "DelegationRequests",
            request("ACCEPTED"),
            request("REJECTED"),
        ),
        (Source::AccessAnalyzers, "analyzers", analyzer("ACTIVE"), analyzer("DISABLED")),
    ] {
        let with = |items: &[&Json]| Fixture::new().with(source, &json!({list: items}));
        assert_eq!(with(&[&one, &one]).snapshot(), with(&[&one]).snapshot(), "{source}");
        voided(&with(&[&one, &other]), source, "Contradictory");
        voided(&with(&[&other, &one]), source, "Contradictory");
    }
    let contacts = |one: &Json, other: &Json| {
        let text = format!(
            "{}{}",
            json!({"AlternateContact": one}),
            json!({"AlternateContacts": {"SECURITY": other}})
        );
        Fixture::new().bytes(Source::AlternateContacts, "alternate-contacts.json", text)
    };
    let (one, other) = (contact("a@example.com"), contact("b@example.com"));
    for (one, other) in [(&one, &other), (&one, &Json::Null)] {
        voided(&contacts(one, other), Source::AlternateContacts, "Contradictory");
    }
    let gaps = gaps(&contacts(&one, &one).snapshot(), Source::AlternateContacts, None);
    assert_eq!(gaps, []);
}

/// An id of an account is one of a partition: see
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-differences.html>.
#[test]
fn answers_of_one_account_say_so_alike() {
    let analyzer = |arn: &str| {
        json!({"Regions": ["eu-central-1"], "analyzers": [{
            "arn": arn, "name": "a", "type": "ACCOUNT", "status": "ACTIVE",
        }]})
    };
    let own = analyzer("arn:aws:access-analyzer:eu-central-1:123456789012:analyzer/a");
    assert_eq!(gaps(&Fixture::new().with(ANALYZERS, &own).snapshot(), ANALYZERS, None), []);
    for (arn, code) in [
        ("arn:aws:access-analyzer:eu-central-1:999999999999:analyzer/a", "WrongAccount"),
        ("arn:aws-cn:access-analyzer:eu-central-1:123456789012:analyzer/a", "WrongAccount"),
        ("arn:aws:access-analyzer:eu-central-1::analyzer/a", "Malformed"),
        ("arn:aws:access-analyzer::123456789012:analyzer/a", "Malformed"),
    ] {
        voided(&Fixture::new().with(ANALYZERS, &analyzer(arn)), ANALYZERS, code);
    }
    for region in ["", "EU-CENTRAL-1", "eu-central-1 "] {
        let asked = json!({"Regions": [region], "analyzers": []});
        voided(&Fixture::new().with(ANALYZERS, &asked), ANALYZERS, "Malformed");
    }
    let owner = json!({"Arn": "arn:aws:iam::999999999999:user/alice"});
    let device = json!([{"SerialNumber": "arn:aws:iam::123456789012:mfa/phone", "User": owner}]);
    voided(&Fixture::new().devices(&device), Source::VirtualMfaDevices, "WrongAccount");
    let china = "arn:aws-cn:iam::123456789012:user/alice";
    let mut details = whole_details();
    details["UserDetailList"][0]["Arn"] = json!(china);
    let message = voided(&Fixture::new().with(DETAILS, &details), DETAILS, "WrongAccount");
    assert_eq!(message, "belongs to the partition aws-cn, not aws; it is not used");
}

#[test]
fn who_asked_has_one_account() {
    let caller = |account: &str, arn: &str| {
        Fixture::new().with(CALLER, &json!({"Account": account, "Arn": arn}))
    };
    let own = arn("alice");
    let foreign = "arn:aws:sts::999999999999:assumed-role/audit/x";
    for (account, arn) in [("999999999999", &*own), ("123456789012", foreign), ("", ""), ("1", "1")]
    {
        voided(&caller(account, arn), CALLER, "Malformed");
        assert_eq!(caller(account, arn).snapshot().account.id, "123456789012");
    }
    let other = caller("999999999999", foreign).collected_for("123456789012");
    voided(&other, CALLER, "WrongAccount");
    assert_eq!(other.snapshot().account.id, "123456789012", "as the manifest says");
    assert_eq!(caller("123456789012", &own).snapshot().gaps, []);
    let session = caller("123456789012", "arn:aws:sts::123456789012:assumed-role/audit/ann");
    let shown = "arn:aws:sts::123456789012:assumed-role/audit".to_owned();
    assert_eq!(session.snapshot().account.caller, Fact::Known(shown));
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
#[test]
fn an_organization_has_an_id() {
    for id in ["", "o-", "garbage"] {
        let organization = json!({"Organization": {"Id": id, "MasterAccountId": "123456789012"}});
        let fixture = Fixture::new().with(Source::Organization, &organization);
        voided(&fixture, Source::Organization, "Malformed");
    }
}

#[test]
fn features_are_those_of_the_own_organization() {
    let organization =
        json!({"Organization": {"Id": "o-own1234567", "MasterAccountId": "123456789012"}});
    let asked = |id: &str| {
        let features =
            json!({"OrganizationId": id, "EnabledFeatures": ["RootCredentialsManagement"]});
        Fixture::new()
            .with(Source::Organization, &organization)
            .with(FEATURES, &features)
    };
    let managed = asked("o-own1234567")
        .snapshot()
        .account
        .root_credentials_managed;
    assert_eq!(managed, Fact::Known(Some(true)));
    voided(&asked("o-other12345"), FEATURES, "WrongAccount");
}

/// As <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html> has the ARN.
#[test]
fn the_arn_of_an_organization_has_its_ids() {
    let own = "arn:aws:organizations::123456789012:organization/o-own1234567";
    let of = |arn: &str, management: Option<&str>| {
        let organization = json!({"Id": "o-own1234567", "Arn": arn, "MasterAccountId": management});
        Fixture::new().with(Source::Organization, &json!({"Organization": organization}))
    };
    let china = own.replace("aws:", "aws-cn:");
    for (arn, management) in
        [(own, Some("123456789012")), (own, None), (&china, None), ("", Some("123456789012"))]
    {
        let fine = of(arn, management).snapshot();
        assert_eq!(gaps(&fine, Source::Organization, None), []);
        assert_eq!(fine.account.organization_id, Fact::Known(Some("o-own1234567".to_owned())));
    }
    for (arn, management) in [
        (own, "999999999999"),
        ("arn:aws:organizations::999999999999:organization/o-own1234567", "123456789012"),
        ("arn:aws:organizations::123456789012:organization/o-other12345", "123456789012"),
        ("arn:aws:organizations::123456789012:account/o-own1234567", "123456789012"),
        ("o-own1234567", "123456789012"),
    ] {
        let fixture = of(arn, Some(management));
        let message = voided(&fixture, Source::Organization, "Contradictory");
        let expected = format!(
            "organization.json: gives {arn} an Id or MasterAccountId that differs from its ARN"
        );
        assert_eq!(message, expected);
        let missing = Fact::missing(Source::Organization);
        assert_eq!(fixture.snapshot().account.is_management_account, missing);
    }
}

/// The management account may always ask, and only an organization with all features has these:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>.
#[test]
fn features_fit_the_organization() {
    let of = |management: &str, set: &str, features: Json| {
        let organization =
            json!({"Id": "o-own1234567", "MasterAccountId": management, "FeatureSet": set});
        let fixture = Fixture::new().with(FEATURES, &json!({"EnabledFeatures": features}));
        fixture.with(Source::Organization, &json!({"Organization": organization}))
    };
    let (own, other) = ("123456789012", "999999999999");
    let sessions = || json!(["RootSessions"]);
    voided(&of(own, "ALL", json!(null)), FEATURES, "Contradictory");
    voided(&of(own, "CONSOLIDATED_BILLING", sessions()), FEATURES, "Contradictory");
    let in_none = || Fixture::new().with(Source::Organization, &json!({"Organization": null}));
    for of_one in [
        json!({"EnabledFeatures": sessions()}),
        json!({"EnabledFeatures": [], "OrganizationId": "o-own1234567"}),
    ] {
        voided(&in_none().with(FEATURES, &of_one), FEATURES, "Contradictory");
    }
    for (fine, expected) in [
        (of(own, "ALL", sessions()), Some(false)),
        (of(own, "CONSOLIDATED_BILLING", json!([])), Some(false)),
        (of(other, "ALL", json!(null)), None),
        // As the delegated administrator.
        (of(other, "ALL", sessions()), Some(false)),
    ] {
        assert_eq!(fine.snapshot().account.root_credentials_managed, Fact::Known(expected));
    }
}

fn voided(fixture: &Fixture, source: Source, code: &str) -> String {
    let snapshot = fixture.snapshot();
    let gaps = gaps(&snapshot, source, None);
    assert_eq!(gaps.len(), 1, "{source}");
    assert_eq!(gaps[0].0, code, "{source}");
    gaps[0].1.clone()
}

/// The counts are those of <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>.
#[test]
fn a_list_that_holds_fewer_than_the_summary_counts_is_not_used() {
    for (key, source) in [
        ("MFADevices", Source::VirtualMfaDevices),
        ("ServerCertificates", Source::ServerCertificates),
        ("Providers", Source::SamlProviders),
        ("Providers", Source::OpenIdConnectProviders),
    ] {
        let fixture = Fixture::new().summary(&json!({key: 1}));
        let message = voided(&fixture, source, "Incomplete");
        assert_eq!(message, format!("holds fewer than the account summary counts: 0 of 1 {key}"));
        let whole = Fixture::new().summary(&json!({key: 0})).snapshot();
        assert_eq!(gaps(&whole, source, None), []);
    }
    let short = Fixture::new().summary(&json!({"MFADevices": 1})).snapshot();
    assert_eq!(short.mfa_devices, Fact::missing(Source::VirtualMfaDevices));
    let provider =
        json!({"SAMLProviderList": [{"Arn": "arn:aws:iam::123456789012:saml-provider/x"}]});
    let one = Fixture::new().with(Source::SamlProviders, &provider);
    let one = one.summary(&json!({"Providers": 1})).snapshot();
    assert_eq!(one.oidc_providers, Fact::Known(vec![]), "the one is the SAML provider");
}

/// AWS sends every count: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>.
#[test]
fn a_list_that_the_summary_does_not_count_may_be_cut() {
    let counts = json!({
        "Users": 1, "Groups": 0, "Roles": 0, "Policies": 0,
        "MFADevices": 0, "ServerCertificates": 0, "Providers": 0,
    });
    let lacking = |lost: &[&str]| {
        let mut counts = counts.clone();
        for count in lost {
            counts.as_object_mut().unwrap().remove(*count);
        }
        Fixture::new()
            .with(SUMMARY, &json!({"SummaryMap": counts}))
            .snapshot()
    };
    let whole = lacking(&[]);
    assert_eq!(whole.short_lists, ShortLists::default());
    assert_eq!((gaps(&whole, SUMMARY, None), gaps(&whole, DETAILS, None)), (vec![], vec![]));
    for (count, short) in [
        ("Users", ShortLists { users: true, policies: true, ..ShortLists::default() }),
        ("Groups", ShortLists { groups: true, policies: true, ..ShortLists::default() }),
        ("Roles", ShortLists { roles: true, policies: true, ..ShortLists::default() }),
        ("Policies", ShortLists { policies: true, ..ShortLists::default() }),
    ] {
        let lacking = lacking(&[count]);
        assert_eq!(lacking.short_lists, short, "{count}");
        let message = format!("lacks {count}, which AWS always sends");
        assert_eq!(gaps(&lacking, SUMMARY, None), [("Incomplete".to_owned(), message)]);
        let message = format!("may be incomplete: the account summary lacks {count}");
        assert_eq!(gaps(&lacking, DETAILS, None), [("Incomplete".to_owned(), message)]);
    }
    let two = lacking(&["Users", "Roles"]);
    assert_eq!(gaps(&two, SUMMARY, None)[0].1, "lacks Users, Roles, which AWS always sends");
    for (count, sources) in [
        ("MFADevices", &[Source::VirtualMfaDevices][..]),
        ("ServerCertificates", &[Source::ServerCertificates]),
        ("Providers", &[Source::SamlProviders, Source::OpenIdConnectProviders]),
    ] {
        let lacking = lacking(&[count]);
        let message = format!("may be incomplete: the account summary lacks {count}");
        for source in sources {
            let gap = ("Incomplete".to_owned(), message.clone());
            assert_eq!(gaps(&lacking, *source, None), [gap]);
        }
        assert_eq!(gaps(&lacking, SUMMARY, None).len(), 1);
    }
    let none = Fixture::new().without(SUMMARY).snapshot();
    assert_eq!(none.short_lists, ShortLists::default(), "the absent summary says enough");
}

/// A list that holds more is not of the same account, or not of the same time, unless something was
/// made in between: since the summary was asked for, or in the minutes before.
#[test]
fn a_list_that_holds_more_than_the_summary_counts_is_not_used() {
    let certificate = |uploaded: &str| {
        json!({"ServerCertificateMetadataList": [{
            "ServerCertificateName": "c", "UploadDate": uploaded,
            "Arn": "arn:aws:iam::123456789012:server-certificate/c",
        }]})
    };
    let source = Source::ServerCertificates;
    let asked = "2025-12-01T12:00:00Z";
    let listing = |uploaded: &str, counted: u32| {
        let counts = json!({"ServerCertificates": counted});
        let fixture = Fixture::new()
            .with(source, &certificate(uploaded))
            .summary(&counts);
        fixture.collected_at(Source::AccountSummary, asked)
    };
    for uploaded in ["2025-12-01T11:54:59Z", "2025-01-01T00:00:00Z"] {
        let message = voided(&listing(uploaded, 0), source, "Incomplete");
        let expected = "holds more than the account summary counts: 1 of 0 ServerCertificates";
        assert_eq!(message, expected);
        assert_eq!(gaps(&listing(uploaded, 1).snapshot(), source, None), []);
    }
    for uploaded in ["2025-12-01T11:55:00Z", "2025-12-01T12:00:01Z"] {
        for counted in [0, 1] {
            let fixture = listing(uploaded, counted);
            assert_eq!(gaps(&fixture.snapshot(), source, None), [], "{uploaded} {counted}");
        }
    }
    let users = Fixture::new()
        .without(Source::CredentialReport)
        .summary(&json!({"Users": 0}))
        .snapshot();
    let message = "holds more than the account summary counts: 1 of 0 Users".to_owned();
    assert_eq!(gaps(&users, DETAILS, None), [("Incomplete".to_owned(), message)]);
    assert!(users.short_lists.users, "no report has her");
    let roles = Fixture::new()
        .with(DETAILS, &whole_details())
        .summary(&json!({"Roles": 0}));
    assert!(roles.snapshot().short_lists.roles);
}

/// An unassigned device has a serial number alone:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html>.
#[test]
fn a_device_that_was_enabled_is_somebodys() {
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let device = json!([{"SerialNumber": serial, "EnableDate": CREATED}]);
    let message =
        voided(&Fixture::new().devices(&device), Source::VirtualMfaDevices, "Contradictory");
    let expected = "virtual-mfa-devices.json: says when arn:aws:iam::123456789012:mfa/alice was \
                    enabled, but not for whom";
    assert_eq!(message, expected);
    let unassigned = Fixture::new()
        .devices(&json!([{"SerialNumber": serial}]))
        .snapshot();
    assert_eq!(gaps(&unassigned, Source::VirtualMfaDevices, None), []);
}

/// The devices of users are among those in use. Root's and those of other kinds may be, so that more may be in
/// use than are listed.
#[test]
fn no_more_devices_are_listed_than_are_in_use() {
    let asked = "2025-12-01T12:00:00Z";
    let device = |name: &str, date: &str| {
        let serial = format!("arn:aws:iam::123456789012:mfa/{name}");
        json!({"SerialNumber": serial, "EnableDate": date, "User": {"Arn": arn(name)}})
    };
    let root = json!({
        "SerialNumber": "arn:aws:iam::123456789012:mfa/root-account-mfa-device",
        "EnableDate": CREATED, "User": {"Arn": "arn:aws:iam::123456789012:root"},
    });
    let with = |in_use: u32, virtual_devices: Json, own: Json| {
        let mut summary = json!({"AccountMFAEnabled": 1, "AccountPasswordPresent": 1});
        summary["MFADevicesInUse"] = json!(in_use);
        let fixture = Fixture::new()
            .devices(&virtual_devices)
            .mfa(&["alice"], &own);
        fixture.summary(&summary).collected_at(SUMMARY, asked)
    };
    let own = |serial: &str, date: &str| json!([{"UserName": "alice", "SerialNumber": serial, "EnableDate": date}]);
    let one = |date: &str| json!([device("alice", date), root]);
    let (old, new) = ("2025-12-01T11:54:59Z", "2025-12-01T11:55:00Z");
    let unassigned = json!([{"SerialNumber": "arn:aws:iam::123456789012:mfa/alice"}]);
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let other = "arn:aws:iam::123456789012:mfa/other";
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key-1";
    let devices = Source::VirtualMfaDevices;
    let message = voided(&with(0, one(old), own(serial, old)), devices, "Incomplete");
    assert_eq!(message, "holds more than the account summary counts: 1 of 0 MFADevicesInUse");
    for (fixture, lists) in [
        (with(0, one(old), json!([])), [devices].as_slice()),
        (with(0, one(old), own(serial, old)), &[devices, Source::MfaDevices]),
        (with(1, one(old), own(other, old)), &[Source::MfaDevices]),
        (with(0, unassigned.clone(), own(other, old)), &[Source::MfaDevices]),
        (with(0, unassigned.clone(), own("GAHT1", old)), &[]),
        (with(0, unassigned, own(key, old)), &[]),
        (with(0, one(new), own("GAHT1", new)), &[]),
        (with(1, one(old), own(serial, old)), &[]),
        (with(9, one(old), own("GAHT1", old)), &[]),
    ] {
        let snapshot = fixture.snapshot();
        for source in [devices, Source::MfaDevices] {
            let found = gaps(&snapshot, source, None);
            assert_eq!(found.len(), usize::from(lists.contains(&source)), "{source} {lists:?}");
        }
    }
}

/// Instance profiles without a role are on no list, but counted.
#[test]
fn no_more_instance_profiles_are_listed_than_there_are() {
    let with = |counted: u32, date: &str| {
        let mut details = whole_details();
        details["RoleDetailList"][0]["InstanceProfileList"] = json!([{
            "InstanceProfileName": "app", "CreateDate": date,
            "Arn": "arn:aws:iam::123456789012:instance-profile/app",
        }]);
        let fixture = Fixture::new().with(DETAILS, &details);
        let fixture = fixture.summary(&json!({"InstanceProfiles": counted}));
        fixture.collected_at(SUMMARY, "2025-12-01T12:00:00Z")
    };
    let (old, new) = ("2025-12-01T11:54:59Z", "2025-12-01T11:55:00Z");
    let message = voided(&with(0, old), DETAILS, "Incomplete");
    assert_eq!(message, "holds more than the account summary counts: 1 of 0 InstanceProfiles");
    assert!(with(0, old).snapshot().short_lists.roles);
    for (counted, date) in [(0, new), (1, old), (2, old)] {
        assert_eq!(gaps(&with(counted, date).snapshot(), DETAILS, None), []);
    }
}

/// The number of managed policies that are attached, those of AWS among them. When one was attached is not
/// listed, so that more may be in use than were counted.
#[test]
fn all_policies_in_use_are_listed() {
    let policy = |arn: &str, attached: u32, bounds: u32| {
        json!({
            "PolicyName": arn.rsplit('/').next(), "Arn": arn, "AttachmentCount": attached,
            "PermissionsBoundaryUsageCount": bounds, "PolicyVersionList": [],
        })
    };
    let with = |in_use: u32| {
        let details = json!({"Policies": [
            policy("arn:aws:iam::aws:policy/ReadOnlyAccess", 2, 0),
            policy("arn:aws:iam::123456789012:policy/bound", 0, 1),
            policy("arn:aws:iam::123456789012:policy/idle", 0, 0),
        ]});
        let fixture = Fixture::new().details(&details);
        fixture.summary(&json!({"PolicyVersionsInUse": in_use}))
    };
    let message = voided(&with(3), DETAILS, "Incomplete");
    assert_eq!(message, "holds fewer than the account summary counts: 2 of 3 PolicyVersionsInUse");
    assert!(with(3).snapshot().short_lists.policies);
    for in_use in [0, 1, 2] {
        assert_eq!(gaps(&with(in_use).snapshot(), DETAILS, None), []);
        assert!(!with(in_use).snapshot().short_lists.policies);
    }
}

/// A key or a device of nobody was somebody's, who would seem to have none.
#[test]
fn what_is_of_nobody_voids_the_list() {
    let key = json!([{
        "UserName": "mallory", "AccessKeyId": "AKIA1", "Status": "Active",
        "CreateDate": "2024-03-01T00:00:00Z",
    }]);
    let serial = "arn:aws:iam::123456789012:mfa/phone";
    let device = json!([{"UserName": "mallory", "SerialNumber": serial, "EnableDate": CREATED}]);
    let owner = json!({"Arn": "arn:aws:iam::123456789012:user/mallory"});
    let credential = json!({"ServiceSpecificCredentials": [{
        "UserName": "mallory", "Status": "Active", "ServiceSpecificCredentialId": "ACCA1",
        "ServiceName": "codecommit.amazonaws.com",
    }]});
    let all = || {
        Fixture::new()
            .keys(&["alice", "mallory"], &key)
            .mfa(&["alice", "mallory"], &device)
            .devices(&json!([{"SerialNumber": serial, "User": owner}]))
            .with(Source::ServiceSpecificCredentials, &credential)
    };
    let sources = [
        Source::AccessKeys,
        Source::MfaDevices,
        Source::VirtualMfaDevices,
        Source::ServiceSpecificCredentials,
    ];
    for source in sources {
        let message = voided(&all(), source, "UnknownUser");
        assert!(message.starts_with("contains data about mallory, who is in neither"), "{message}");
        let known = all()
            .users(&[detail("alice"), detail("mallory")])
            .snapshot();
        assert_eq!(gaps(&known, source, None), [], "{source}");
        // Nobody knows who else there is.
        let short = all().report(&[]).summary(&json!({"Users": 5})).snapshot();
        assert_eq!(gaps(&short, source, None), [], "{source}");
    }
}

/// Ours is the list of who was asked: what is of another was renamed, or is another bundle's.
#[test]
fn what_is_of_somebody_not_asked_about_voids_the_list() {
    let key = json!([{
        "UserName": "bob", "AccessKeyId": "AKIA1", "Status": "Active",
        "CreateDate": "2024-03-01T00:00:00Z",
    }]);
    let source = Source::AccessKeys;
    for (asked, expected) in [(vec!["alice"], 1), (vec!["alice", "bob"], 0)] {
        let fixture = Fixture::new()
            .users(&[detail("alice"), detail("bob")])
            .keys(&asked, &key);
        assert_eq!(gaps(&fixture.snapshot(), source, None).len(), expected, "{asked:?}");
    }
}

/// A moment of which `AS_OF` knows nothing, and one within what clocks differ by.
const TOMORROW: &str = "2026-01-02T00:00:00Z";
const JUST_NOW: &str = "2026-01-01T00:04:00Z";

#[test]
fn what_the_report_says_of_the_future_is_not_believed() {
    let key =
        [("access_key_1_active", "true"), ("access_key_1_last_rotated", "2024-03-01T00:00:00Z")];
    for column in [
        "user_creation_time",
        "password_last_used",
        "password_last_changed",
        "access_key_1_last_rotated",
        "access_key_1_last_used_date",
    ] {
        let report = |date| {
            let values: Vec<_> = [(column, date), ("password_enabled", "true")]
                .into_iter()
                .chain(key.into_iter().filter(|(name, _)| *name != column))
                .chain([("password_last_changed", "2024-03-01T00:00:00Z")])
                .collect();
            Fixture::new()
                .alice(&values)
                .without(DETAILS)
                .without(Source::AccessKeys)
                .snapshot()
        };
        // The report cannot know what happened after it was made, but clocks differ.
        let future = report("2025-12-31T22:05:01Z");
        let message = format!("line 3: {column} is later than 2025-12-31 22:00 UTC");
        let gap = ("Malformed".to_owned(), message);
        assert_eq!(gaps(&future, Source::CredentialReport, Some("alice")), [gap]);
        let now = report("2025-12-31T22:05:00Z");
        assert_eq!(gaps(&now, Source::CredentialReport, Some("alice")), [], "{column}");
    }
    let bare = |used| {
        let alice = row("alice", &[("password_last_used", used)]);
        let snapshot = Fixture::new().csv(format!("{HEADER}\n{}\n{alice}", root_row(&[])));
        gaps(&snapshot.snapshot(), Source::CredentialReport, Some("alice"))
    };
    assert_eq!(bare(JUST_NOW), [], "nothing says when it was made");
    let message = "line 3: password_last_used is later than 2026-01-01 00:00 UTC".to_owned();
    assert_eq!(bare(TOMORROW), [("Malformed".to_owned(), message)]);
    let used = [("password_enabled", "true"), ("password_last_used", TOMORROW)];
    let alice = Fixture::new().alice(&used).user();
    assert_eq!(alice.password_idle_days, Fact::missing(Source::CredentialReport));
    let root = [root_row(&[("password_last_used", TOMORROW)])];
    let root = Fixture::new().report(&root).snapshot().root;
    assert_eq!(root.idle_days, Fact::missing(Source::CredentialReport));
}

#[test]
fn a_report_of_the_future_has_no_age() {
    let bytes = Fixture::new().document(Source::CredentialReport);
    let mut json: Json = serde_json::from_slice(&bytes).unwrap();
    for (made, age) in
        [(TOMORROW, Fact::missing(Source::CredentialReport)), (JUST_NOW, Fact::Known(-4.0 / 60.0))]
    {
        json["GeneratedTime"] = json!(made);
        let snapshot = Fixture::new()
            .with(Source::CredentialReport, &json)
            .snapshot();
        assert_eq!(snapshot.account.report_age_hours, age, "{made}");
    }
}

/// AWS counts the account's own users: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>.
#[test]
fn a_summary_of_fewer_users_than_all_lists_have_is_of_another_account() {
    let of = |counted: usize| {
        let summary = json!({"Users": counted, "AccountMFAEnabled": 1});
        Fixture::new()
            .report(&[root_row(&[("mfa_active", "false")]), row("alice", &[])])
            .summary(&summary)
    };
    let message = voided(&of(0), SUMMARY, "Contradictory");
    assert_eq!(
        message,
        "counts 0 users, but both the credential report and the list of users have 1"
    );
    let root = of(0).snapshot().root;
    assert_ne!(root.mfa_active, Fact::Known(true), "as that summary says");
    assert_eq!(gaps(&of(1).snapshot(), SUMMARY, None), []);
}

/// What is counted from a date to itself says nothing.
#[test]
fn a_report_that_dates_the_evidence_has_no_age() {
    let bytes = Fixture::new().document(Source::CredentialReport);
    let mut json: Json = serde_json::from_slice(&bytes).unwrap();
    let mut age = |made: &str, manifest: Option<Manifest>| {
        json["GeneratedTime"] = json!(made);
        let document = Document {
            file: "credential-report.json".to_owned(),
            bytes: json.to_string().into_bytes(),
        };
        let documents = [(Source::CredentialReport, document)].into();
        let bundle = Bundle { manifest, documents, ..Bundle::default() };
        let snapshot = bundle.snapshot(AS_OF.parse().unwrap(), &Declarations::default());
        snapshot.unwrap().account.report_age_hours
    };
    assert_eq!(age(AS_OF, None), Fact::missing(Source::CredentialReport));
    assert_eq!(
        age("2025-12-31T22:00:00Z", None),
        Fact::Known(2.0),
        "as of a moment that was given"
    );
    assert_eq!(age(AS_OF, Some(Manifest::default())), Fact::Known(0.0), "as the manifest says");
}

/// Without a manifest, only its own date says when the report was made.
#[test]
fn the_dates_of_an_undated_report_of_the_future_do_not_count() {
    let password =
        [("password_enabled", "true"), ("password_last_changed", "2024-03-01T00:00:00Z")];
    let bytes = Fixture::new()
        .alice(&password)
        .document(Source::CredentialReport);
    let mut json: Json = serde_json::from_slice(&bytes).unwrap();
    for (made, is_read) in [(TOMORROW, false), (JUST_NOW, true)] {
        json["GeneratedTime"] = json!(made);
        let document = Document {
            file: "credential-report.json".to_owned(),
            bytes: json.to_string().into_bytes(),
        };
        let documents = [(Source::CredentialReport, document)].into();
        let undated = Bundle { documents, ..Bundle::default() };
        let as_of = AS_OF.parse().unwrap();
        let snapshot = undated.snapshot(as_of, &Declarations::default()).unwrap();
        let alice = user(&snapshot, "alice");
        assert_eq!(alice.password_enabled, Fact::Known(true));
        assert_eq!(alice.password_age_days.known().is_some(), is_read, "{made}");
        assert_eq!(snapshot.root.unseen_days.known().is_some(), is_read, "{made}");
        let found = gaps(&snapshot, Source::CredentialReport, None);
        assert_eq!(found.first().is_none_or(|(code, _)| code != "Future"), is_read, "{made}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredentialMetadata.html>
#[test]
fn a_credential_that_expires_before_it_was_created_may_be_active() {
    let source = Source::ServiceSpecificCredentials;
    let active = |expires: &str| {
        let credential = json!({"ServiceSpecificCredentials": [{
            "UserName": "bob", "Status": "Active", "ServiceSpecificCredentialId": "ACCA1",
            "ServiceName": "bedrock.amazonaws.com", "CreateDate": CREATED, "ExpirationDate": expires,
        }]});
        let snapshot = Fixture::new()
            .users(&[detail("bob")])
            .with(source, &credential)
            .snapshot();
        let found = snapshot.service_credentials.as_ref().known().unwrap()[0].active;
        (found, gaps(&snapshot, source, Some("bob")).len())
    };
    assert_eq!(active(TOMORROW), (Fact::Known(true), 0));
    assert_eq!(active(CREATED), (Fact::missing(source), 1));
}

#[test]
fn what_lists_say_of_the_future_has_no_age() {
    let at = |date: &str| {
        let mut bob = detail("bob");
        bob["CreateDate"] = json!(date);
        let role = |used: &str, created: &str| {
            json!({
                "RoleName": used, "Arn": format!("arn:aws:iam::123456789012:role/{used}"),
                "CreateDate": created, "RoleLastUsed": {"LastUsedDate": used},
            })
        };
        let old = "2024-03-01T00:00:00Z";
        let credential = json!({"ServiceSpecificCredentials": [{
            "UserName": "bob", "Status": "Active", "ServiceSpecificCredentialId": "ACCA1",
            "ServiceName": "codecommit.amazonaws.com", "CreateDate": date,
        }]});
        let key = json!([{
            "UserName": "bob", "AccessKeyId": "AKIA1", "Status": "Active", "CreateDate": date,
        }]);
        let lists =
            json!({"UserDetailList": [bob], "RoleDetailList": [role(date, old), role(old, date)]});
        let fixture = Fixture::new().details(&lists).keys(&["bob"], &key);
        fixture
            .with(Source::ServiceSpecificCredentials, &credential)
            .snapshot()
    };
    let future = at(TOMORROW);
    let bob = user(&future, "bob");
    assert_eq!(bob.age_days, Fact::missing(DETAILS));
    let keys = bob.access_keys.as_ref().known().unwrap();
    assert_eq!(keys[0].age_days, Fact::missing(Source::AccessKeys));
    assert_eq!(keys[0].seconds_after_user, Fact::missing(Source::AccessKeys));
    let roles = future.roles.as_ref().known().unwrap();
    assert_eq!(roles[0].age_days, Fact::missing(DETAILS));
    assert_eq!(roles[1].idle_days, Fact::missing(DETAILS));
    let credentials = future.service_credentials.as_ref().known().unwrap();
    assert_eq!(credentials[0].age_days, Fact::missing(Source::ServiceSpecificCredentials));
    let gap = &gaps(&future, DETAILS, Some("bob"))[0];
    assert_eq!(gap.0, "Future");
    assert_eq!(gap.1, "the date 2026-01-02 00:00 UTC is later than 2026-01-01 00:00 UTC");

    let now = at(JUST_NOW);
    assert!(
        user(&now, "bob")
            .age_days
            .known()
            .is_some_and(|age| age < 0.0)
    );
    assert!(now.gaps.iter().all(|gap| gap.code != "Future"));
}
