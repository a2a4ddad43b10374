//! What a policy says by itself.

use portcullis_model::{Fact, Policy, PolicyKind, WatchedAction};
use serde_json::{Value as Json, json};

use super::{
    DETAILS, FULL, OWN, account, allow, attached, deny, document, everything, group, inline, known,
    managed, policy, role, trusts, user, with,
};
use crate::snapshot::tests::bundles::gaps;

/// The facts about a policy with these statements.
fn of(statements: Json) -> Policy {
    let managed = managed(&format!("{OWN}:policy/p"), statements);
    policy(&account(json!({"Policies": [managed]})), "p")
}

fn list(texts: &[&str]) -> Fact<Vec<String>> {
    Fact::Known(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn kinds_ids_and_holders() {
    let id = |rest: &str| format!("{OWN}:{rest}");
    let used = id("policy/team/used");
    let own = |name: &str| managed(&id(&format!("policy/{name}")), json!([]));
    let holding = |who: Json| with(who, "AttachedManagedPolicies", attached(&used));
    let snapshot = account(json!({
        "UserDetailList": [holding(user("alice", json!([])))],
        "GroupDetailList": [holding(group("g", json!([])))],
        "RoleDetailList": [role("r", trusts(json!("*")), json!([]))],
        "Policies": [
            own("team/used"),
            own("unused"),
            with(own("counted"), "AttachmentCount", json!(1)),
            with(own("limit"), "PermissionsBoundaryUsageCount", json!(1)),
            with(managed(FULL, everything()), "AttachmentCount", json!(1)),
            managed("arn:aws:iam::aws:policy/NeverUsed", everything()),
        ],
    }));
    let policies = known(snapshot.policies.clone());
    let seen = policies
        .iter()
        .map(|it| (it.resource_id.clone(), it.attached, it.boundary_only));
    let expected = [
        (id("group/g/policy/own"), true, false),
        (id("policy/counted"), true, false),
        (id("policy/limit"), false, true),
        (id("policy/team/used"), true, false),
        (id("policy/unused"), false, false),
        (id("role/r/policy/own"), true, false),
        (id("user/alice/policy/own"), true, false),
        (FULL.to_owned(), true, false),
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(policies[0].kind, PolicyKind::Inline);
    assert_eq!(policies[1].kind, PolicyKind::CustomerManaged);
    assert_eq!(policies[7].kind, PolicyKind::AwsManaged);
    assert_eq!(policies[3].attached_to, [id("group/g"), id("user/alice")]);
    let holders = |policy: &Policy| -> Vec<_> {
        policy
            .holders
            .iter()
            .map(|holder| (holder.kind.word(), holder.name.clone()))
            .collect()
    };
    let named = |kind, name: &str| (kind, name.to_owned());
    assert_eq!(holders(&policies[3]), [named("group", "g"), named("user", "alice")]);
    assert_eq!(holders(&policies[5]), [named("role", "r")]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>: a path is not part of
/// the name.
#[test]
fn a_holder_with_a_path_goes_by_its_name() {
    let who = with(user("alice", json!([])), "Arn", json!(format!("{OWN}:user/team/a/alice")));
    let snapshot = account(json!({"UserDetailList": [who]}));
    let holders = policy(&snapshot, "own").holders;
    assert_eq!(
        holders
            .iter()
            .map(|holder| holder.name.as_str())
            .collect::<Vec<_>>(),
        ["alice"]
    );
}

#[test]
fn a_managed_policy_has_versions_and_an_inline_one_none() {
    let version = |id: &str, default: bool| json!({"VersionId": id, "IsDefaultVersion": default, "Document": document(everything())});
    let versions = json!([version("v1", false), version("v4", true), version("v3", false)]);
    let managed =
        with(managed(&format!("{OWN}:policy/p"), json!([])), "PolicyVersionList", versions);
    let snapshot = account(json!({
        "UserDetailList": [user("alice", json!([]))], "Policies": [managed],
    }));
    let managed = policy(&snapshot, "p");
    assert_eq!(managed.version.as_deref(), Some("v4"));
    assert_eq!(managed.other_versions, ["v1", "v3"]);
    let inline = policy(&snapshot, "own");
    assert_eq!((inline.version, inline.other_versions.len()), (None, 0));
}

#[test]
fn a_policy_with_two_default_versions_is_not_read() {
    let version = |id: &str, statement: Json| json!({"VersionId": id, "IsDefaultVersion": true, "Document": document(statement)});
    for [one, other] in [[everything(), json!([])], [json!([]), everything()]] {
        let versions = json!([version("v1", one), version("v2", other)]);
        let managed =
            with(managed(&format!("{OWN}:policy/p"), json!([])), "PolicyVersionList", versions);
        let snapshot = account(json!({"Policies": [managed]}));
        assert!(matches!(policy(&snapshot, "p").allows_everything, Fact::Missing(_)));
    }
}

#[test]
fn everything_in_every_spelling_and_not_what_is_denied() {
    for statement in [
        everything(),
        allow(json!("*:*"), json!("*")),
        allow(json!("*"), json!(["*", "arn:aws:s3:::x"])),
        json!({"Effect": "allow", "Action": "*", "Resource": "arn:*:*:*:*:*"}),
    ] {
        assert_eq!(of(statement.clone()).allows_everything, Fact::Known(true), "{statement}");
    }
    let denied = json!([everything(), deny(json!("*"), json!("*"))]);
    assert_eq!(of(denied).allows_everything, Fact::Known(false));
    let some = allow(json!("*"), json!("arn:aws:s3:::x"));
    assert_eq!(of(some).allows_everything, Fact::Known(false));
}

/// What only a request tells makes it conditional:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
#[test]
fn what_everything_depends_on() {
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let under = |condition: &Json| with(everything(), "Condition", condition.clone());
    let check = |statements: Json, allows: bool, depends_on: &[&str]| {
        let policy = of(statements.clone());
        assert_eq!(policy.allows_everything, Fact::Known(allows), "{statements}");
        assert_eq!(policy.everything_depends_on, list(depends_on), "{statements}");
    };
    let keys = ["aws:MultiFactorAuthPresent"];
    check(everything(), true, &[]);
    check(under(&mfa), true, &keys);
    check(json!([everything(), under(&mfa)]), true, &[]);
    let without = with(deny(json!("*"), json!("*")), "Condition", mfa.clone());
    check(json!([everything(), without]), true, &keys);
    let away = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
    let away = with(deny(json!("s3:*"), json!("*")), "Condition", away);
    check(json!([under(&mfa), away]), true, &["aws:MultiFactorAuthPresent", "aws:SourceIp"]);
    let ended = json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}});
    check(under(&ended), false, &[]);
    check(with(allow(json!("s3:*"), json!("*")), "Condition", mfa), false, &[]);
}

#[test]
fn whole_services() {
    let check = |statements: Json, whole: &[&str], named: &[&str]| {
        let policy = of(statements.clone());
        assert_eq!(policy.service_wildcards, list(whole), "{statements}");
        assert_eq!(policy.wildcard_services, list(named), "{statements}");
    };
    let s3 = || allow(json!(["S3:*", "ec2:Describe*"]), json!("*"));
    check(s3(), &["s3"], &["s3"]);
    check(allow(json!("s3*"), json!("*")), &["s3"], &[]);
    check(allow(json!("s3:*"), json!("arn:aws:s3:::*")), &["s3"], &["s3"]);
    let trail = json!("arn:aws:cloudtrail:*:*:trail/main");
    check(allow(json!("cloudtrail:*"), trail), &[], &["cloudtrail"]);
    check(allow(json!("*"), json!("arn:aws:cloudtrail:*:*:*")), &["cloudtrail"], &[]);
    check(allow(json!("kms:*"), json!("arn:aws:kms:*")), &["kms"], &["kms"]);
    check(everything(), &[], &[]);
    let but = json!({"Effect": "Allow", "NotAction": ["iam:*", "sts:Get*"], "Resource": "*"});
    check(but, &["all services except iam, sts"], &[]);
    check(json!([s3(), deny(json!("s3:*"), json!("*"))]), &[], &["s3"]);
    check(json!([s3(), deny(json!("s3:Delete*"), json!("*"))]), &[], &["s3"]);
}

#[test]
fn allows_by_not_action() {
    let but = json!({"Sid": "Most", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    let denying = json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"});
    let read = allow(json!("s3:Get*"), json!("*"));
    assert_eq!(of(json!([read, but])).not_action_allows, list(&["2 (Most)"]));
    assert_eq!(of(json!([read, but, denying])).not_action_allows, list(&[]));
}

#[test]
fn watched_actions_on_everything() {
    use WatchedAction::{AssumeRole, Decrypt, GetWebIdentityToken, ReEncryptFrom};
    let of = |statements: Json| known(of(statements).actions_on_everything);
    let assume = |resource: &str| allow(json!("sts:AssumeRole"), json!(resource));
    assert_eq!(of(everything()).len(), 10, "all of them");
    assert_eq!(of(allow(json!("sts:*"), json!("*"))), [AssumeRole, GetWebIdentityToken]);
    assert_eq!(of(assume("arn:aws:iam::*:role/*")), [AssumeRole]);
    assert_eq!(of(assume("arn:aws:iam::123456789012:role/a")), []);
    assert_eq!(of(allow(json!("kms:De*"), json!("arn:aws:kms:*:*:key/*"))), [Decrypt]);
    let one_region = json!("arn:aws:kms:eu-west-1:123456789012:key/*");
    assert_eq!(of(allow(json!("kms:Decrypt"), one_region)), []);
    let tagged = json!({"StringEquals": {"iam:ResourceTag/open": "yes"}});
    assert_eq!(of(with(assume("*"), "Condition", tagged)), []);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    assert_eq!(of(with(assume("*"), "Condition", mfa)), [AssumeRole]);
    let kms = allow(json!("kms:*"), json!("*"));
    assert_eq!(of(json!([kms, deny(json!("kms:Decrypt"), json!("*"))])), [ReEncryptFrom]);
}

/// <https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-1>: neither conditions nor, here,
/// other statements count, and a key of any region is more than those of one.
#[test]
fn statements_that_decrypt_with_any_key_taken_alone() {
    let of = |statements: Json| of(statements).decrypt_any_key_statements;
    let any = |action: &str| allow(json!(action), json!("*"));
    let alias = json!({"StringEquals": {"kms:RequestAlias": "alias/app"}});
    let denied = deny(json!("kms:*"), json!("*"));
    for action in ["kms:Decrypt", "KMS:reencryptfrom", "kms:*", "kms:De*", "*"] {
        assert_eq!(of(any(action)), list(&["1"]), "{action}");
        assert_eq!(of(json!([denied, any(action)])), list(&["2"]), "{action}");
        assert_eq!(of(with(any(action), "Condition", alias.clone())), list(&["1"]), "{action}");
    }
    for action in ["kms:Encrypt", "kms:ReEncryptTo", "s3:*"] {
        assert_eq!(of(any(action)), list(&[]), "{action}");
    }
    for (resource, is_any) in [
        ("arn:aws:kms:*:*:key/*", true),
        ("arn:aws:kms:*:123456789012:key/*", true),
        ("arn:aws:kms:*:123456789012:key/????????-????-????-????-????????????", true),
        ("arn:aws:kms:eu-west-1:123456789012:key/*", false),
        ("arn:aws:kms:*:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", false),
        ("arn:aws:kms:*:123456789012:key/${aws:PrincipalTag/key}", false),
        ("arn:aws:kms:*:123456789012:alias/*", false),
    ] {
        let expected = if is_any { list(&["1"]) } else { list(&[]) };
        assert_eq!(of(allow(json!("kms:Decrypt"), json!(resource))), expected, "{resource}");
    }
    let not_action = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    assert_eq!(of(not_action), list(&["1"]));
    let not_kms = json!({"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"});
    assert_eq!(of(not_kms), list(&[]));
    let named = with(any("kms:Decrypt"), "Sid", json!("Read"));
    assert_eq!(of(json!([any("s3:*"), named, any("kms:*")])), list(&["2 (Read)", "3"]));
}

#[test]
fn on_what_watched_actions_depend() {
    let keys = |statement: &Json| {
        let policy = of(json!([statement]));
        let watched = known(policy.conditional_actions);
        let of_actions = watched
            .into_iter()
            .map(|it| it.depends_on)
            .next()
            .unwrap_or_default();
        [of_actions, known(policy.pass_any_role_depends_on)]
    };
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let key = vec!["aws:MultiFactorAuthPresent".to_owned()];
    let none = Vec::<String>::new;
    let assume = allow(json!("sts:AssumeRole"), json!("*"));
    assert_eq!(keys(&with(assume.clone(), "Condition", mfa.clone())), [key.clone(), none()]);
    assert_eq!(keys(&assume), [none(), none()]);
    let pass = allow(json!("iam:PassRole"), json!("*"));
    assert_eq!(keys(&with(pass.clone(), "Condition", mfa)), [none(), key]);
    assert_eq!(keys(&pass), [none(), none()]);
}

#[test]
fn what_a_policy_takes_out_of_everything() {
    let of = |action: &str, but: Option<&str>| {
        let mut statements = vec![allow(json!(action), json!("*"))];
        statements.extend(
            but.map(|resource| json!({"Effect": "Deny", "Action": action, "Resource": resource})),
        );
        let policy = of(json!(statements));
        (known(policy.actions_with_exceptions), known(policy.pass_any_role_has_exceptions))
    };
    let trail = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/org";
    let stop = WatchedAction::StopLogging;
    assert_eq!(of("cloudtrail:StopLogging", Some(trail)), (vec![stop], false));
    assert_eq!(of("cloudtrail:StopLogging", None), (vec![], false));
    let role = "arn:aws:iam::123456789012:role/admin";
    assert_eq!(of("iam:PassRole", Some(role)), (vec![], true));
    assert_eq!(of("iam:PassRole", None), (vec![], false));
}

/// Trails can be stopped by whoever has all of the service, however that is written.
#[test]
fn all_of_cloudtrail_in_every_spelling() {
    use WatchedAction::{DeleteTrail, PutEventSelectors, StopLogging, UpdateTrail};
    let all = [StopLogging, DeleteTrail, UpdateTrail, PutEventSelectors];
    let of = |statements: Json| {
        let mut actions = known(of(statements).actions_on_everything);
        actions.retain(|action| all.contains(action));
        actions
    };
    let not = |action: &str| json!({"Effect": "Allow", "NotAction": action, "Resource": "*"});
    for whole in [
        allow(json!("cloudtrail*"), json!("*")),
        allow(json!("*"), json!("arn:aws:cloudtrail:*:*:*")),
        not("iam:*"),
        json!([everything(), deny(json!("iam:*"), json!("*"))]),
    ] {
        assert_eq!(of(whole.clone()), all, "{whole}");
    }
    let trails = || allow(json!("cloudtrail:*"), json!("*"));
    assert_eq!(of(json!([trails(), deny(json!("cloudtrail:StopLogging"), json!("*"))])), all[1..]);
    assert_eq!(of(not("cloudtrail:*")), []);
    assert_eq!(of(allow(json!("cloudtrail:Get*"), json!("*"))), []);
    let one = json!("arn:aws:cloudtrail:eu-west-1:123456789012:trail/main");
    assert_eq!(of(allow(json!("cloudtrail:*"), one)), []);
}

#[test]
fn passing_any_role_to_any_service() {
    let pass = |resource: &str| allow(json!("iam:PassRole"), json!(resource));
    let of = |statements: Json| of(statements).pass_any_role;
    assert_eq!(of(pass("*")), list(&["1"]));
    assert_eq!(of(pass("arn:aws:iam::*:role/*")), list(&["1"]));
    assert_eq!(of(pass("arn:aws:iam::123456789012:role/*")), list(&["1"]), "all that there are");
    assert_eq!(of(pass("arn:aws:iam::123456789012:role/app-*")), list(&[]));
    let to = |operator: &str, service: &str| {
        with(pass("*"), "Condition", json!({operator: {"iam:PassedToService": service}}))
    };
    assert_eq!(of(to("StringEquals", "ec2.amazonaws.com")), list(&[]));
    assert_eq!(of(to("StringLike", "*")), list(&["1"]));
    assert_eq!(of(to("StringNotEquals", "ec2.amazonaws.com")), list(&["1"]));
    assert_eq!(of(json!([pass("*"), deny(json!("iam:*"), json!("*"))])), list(&[]));
}

#[test]
fn variables_that_are_literals() {
    let home = "arn:aws:s3:::home/${aws:username}/*";
    let prefix = json!({"StringLike": {"s3:prefix": "${aws:username}/*"}});
    let statements = json!([
        allow(json!("s3:*"), json!(home)),
        with(deny(json!("s3:*"), json!(home)), "Sid", json!("Keep")),
        {"Effect": "Allow", "Action": "s3:*", "NotResource": home},
        with(allow(json!("s3:*"), json!("*")), "Condition", prefix),
        allow(json!("s3:*"), json!("arn:aws:s3:::a${*}b")),
        allow(json!("s3:${x}"), json!("*")),
        allow(json!("s3:*"), json!("arn:aws:s3:::$HOME{}")),
    ]);
    let of = |version: Option<&str>| {
        let mut policy_json = managed(&format!("{OWN}:policy/p"), json!([]));
        let mut text = json!({"Statement": statements});
        if let Some(version) = version {
            text["Version"] = json!(version);
        }
        policy_json["PolicyVersionList"][0]["Document"] = text;
        let policy = policy(&account(json!({"Policies": [policy_json]})), "p");
        (policy.ignored_variables, policy.ignored_protections)
    };
    assert_eq!(of(Some("2012-10-17")), (list(&[]), list(&[])));
    for version in [None, Some("2008-10-17")] {
        let (ignored, protections) = of(version);
        assert_eq!(ignored, list(&["1", "2 (Keep)", "3", "4", "5"]));
        assert_eq!(protections, list(&["2 (Keep)", "3"]));
    }
}

#[test]
fn an_object_and_url_encoded_text() {
    let text = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22\
                %2C%22Resource%22%3A%22*%22%7D%7D";
    for document in [document(everything()), json!(text)] {
        let mut json = managed(&format!("{OWN}:policy/p"), json!([]));
        json["PolicyVersionList"][0]["Document"] = document;
        let snapshot = account(json!({"Policies": [json]}));
        assert_eq!(policy(&snapshot, "p").allows_everything, Fact::Known(true));
    }
}

#[test]
fn a_policy_that_cannot_be_read_or_is_not_listed() {
    let odd = managed(&format!("{OWN}:policy/odd"), json!([]));
    let odd = with(odd, "PolicyVersionList", json!([]));
    let unlisted = format!("{OWN}:policy/unlisted");
    let mut alice = user("alice", json!([]));
    alice["AttachedManagedPolicies"] = attached(&unlisted);
    alice["UserPolicyList"] = json!([inline("bad", json!([{"Effect": "Allow"}]))]);
    let snapshot = account(json!({"UserDetailList": [alice], "Policies": [odd]}));
    for name in ["odd", "unlisted", "bad"] {
        let policy = policy(&snapshot, name);
        assert_eq!(policy.allows_everything, Fact::missing(DETAILS), "{name}");
        assert_eq!(policy.service_wildcards, Fact::missing(DETAILS), "{name}");
        assert_eq!(policy.escalations, Fact::missing(DETAILS), "{name}");
    }
    assert!(policy(&snapshot, "unlisted").attached);
    assert_eq!(gaps(&snapshot, DETAILS, Some(&unlisted))[0].0, "Incomplete");
    let message = &gaps(&snapshot, DETAILS, Some("alice"))[0].1;
    assert!(message.starts_with("the inline policy bad of alice"), "{message}");
}
