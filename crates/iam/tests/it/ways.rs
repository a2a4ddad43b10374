//! Ways to become an administrator count if they change what one has.

use portcullis_iam::Certainty::{self, Certain, Conditional, Possible};
use portcullis_iam::{Account, Lack, PrincipalKind, judge};
use serde_json::{Value as Json, json};

use crate::account::{
    OTHER, OWN, account, allow, arn, deny, everything, privileges, trusts, trusts_account,
    trusts_service, ways, when,
};

type Ways = [(&'static str, Certainty)];

/// The ways of alice.
#[track_caller]
fn check(json: Json, expected: &Ways) {
    assert_eq!(ways(&account(json.clone()), "alice"), expected, "{json}");
}

/// The ways of the user alice with these statements, beside others.
#[track_caller]
fn check_user(statements: Json, mut others: Json, expected: &Ways) {
    others["users"]["alice"]["may"] = statements;
    check(others, expected);
}

/// The same, to be looked at.
fn ways_of(statements: Json, mut others: Json) -> Vec<(&'static str, Certainty)> {
    others["users"]["alice"]["may"] = statements;
    ways(&account(others), "alice")
}

fn plain() -> Json {
    json!([allow("s3:*", "*")])
}

fn role(name: &str, may: Json, trust: Json) -> Json {
    json!({"roles": {name: {"may": may, "trust": trust, "profile": true}}})
}

/// The role admin, an administrator.
fn admin(trust: Json) -> Json {
    role("admin", json!([everything()]), trust)
}

fn assume(name: &str) -> Json {
    allow("sts:AssumeRole", arn(&format!("role/{name}")))
}

const ASSUME: &Ways = &[("assume-role", Certain)];

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[test]
fn the_target_itself_is_asked_about() {
    let target = || admin(trusts_account());
    check_user(json!([assume("a*")]), target(), ASSUME);
    check_user(json!([assume("a*"), deny("sts:*", arn("role/admin"))]), target(), &[]);
    check_user(json!([assume("a*"), deny("sts:*", arn("role/app"))]), target(), ASSUME);
    let rest = json!({"Effect": "Deny", "Action": "sts:*", "NotResource": arn("role/app")});
    check_user(json!([assume("*"), rest]), target(), &[]);
    let all_but = json!({"Effect": "Allow", "Action": "sts:*", "NotResource": arn("role/admin")});
    check_user(json!([all_but]), target(), &[]);
    check_user(json!([assume("app-*")]), target(), &[]);
    check_user(json!([allow("sts:AssumeRole", "*")]), json!({}), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[test]
fn a_trust_policy_that_names_alice_grants_by_itself() {
    let alice = || arn("user/alice");
    let is_alice = |operator: &str| json!({operator: {"aws:PrincipalArn": alice()}});
    let anyone = || trusts(json!({"AWS": "*"}));
    for trust in [
        trusts(json!({"AWS": alice()})),
        anyone(),
        when(anyone(), is_alice("ArnEquals")),
        when(trusts_account(), is_alice("StringEquals")),
        when(trusts_account(), is_alice("ArnLike")),
        json!({"Effect": "Allow", "NotPrincipal": {"AWS": arn("user/bob")}, "Action": "sts:*"}),
    ] {
        let mut named = admin(trust.clone());
        named["users"]["alice"]["id"] = json!("AIDAALICE");
        check_user(plain(), named.clone(), ASSUME);
        check_user(json!([deny("sts:*", "*")]), named, &[]);
    }
    for trust in [
        trusts_account(),
        trusts(json!({"AWS": arn("user/bob")})),
        trusts(json!({"AWS": arn("user/alice").replace("123456789012", OTHER)})),
        trusts(json!({"AWS": "AIDAALICE"})),
        when(anyone(), is_alice("ArnNotEquals")),
        json!([anyone(), when(deny_trust(), is_alice("ArnEquals"))]),
        json!({"Effect": "Allow", "NotPrincipal": {"AWS": alice()}, "Action": "sts:*"}),
    ] {
        check_user(plain(), admin(trust), &[]);
    }
    // Conditions by which a statement for the account names alice.
    for condition in [
        json!({"ArnLike": {"aws:PrincipalArn": arn("user/al*")}}),
        json!({"ArnEquals": {"aws:PrincipalArn": [arn("user/bob"), alice()]}}),
        json!({"StringEquals": {"aws:userid": "AIDAALICE"}}),
        json!({"StringEquals": {"aws:username": "alice"}}),
    ] {
        let mut named = admin(when(trusts_account(), condition));
        named["users"]["alice"]["id"] = json!("AIDAALICE");
        check_user(plain(), named, ASSUME);
    }
    // The account with alice's tag names nobody else; without her tag it names nobody.
    let tagged = when(trusts_account(), json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}));
    check_user(plain(), admin(tagged.clone()), &[]);
    let mut with_tag = admin(tagged);
    with_tag["users"]["alice"]["tags"] = json!({"team": "red"});
    check_user(json!([assume("admin")]), with_tag, ASSUME);
}

/// Only a condition that names a principal makes trust in the account name it.
#[test]
fn a_condition_that_everybody_meets_grants_nothing() {
    for condition in [
        json!({"Null": {"aws:PrincipalTag/team": "true"}}),
        json!({"Null": {"aws:username": "false"}}),
        json!({"StringLike": {"aws:username": "*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:*"}}),
        json!({"StringLikeIfExists": {"aws:username": "alice"}}),
    ] {
        check_user(plain(), admin(when(trusts_account(), condition.clone())), &[]);
        check_user(json!([assume("admin")]), admin(when(trusts_account(), condition)), ASSUME);
    }
}

/// Any matching Allow is enough, each with what it grants.
#[test]
fn a_second_statement_for_the_account_takes_nothing_from_one_for_a_user() {
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let alice = when(trusts(json!({"AWS": arn("user/alice")})), mfa);
    for trust in
        [json!([alice]), json!([trusts_account(), alice]), json!([alice, trusts_account()])]
    {
        check_user(plain(), admin(trust), &[("assume-role", Conditional)]);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-role-session>
#[test]
fn a_deny_of_one_session_leaves_the_others() {
    let nightly = "arn:aws:sts::123456789012:assumed-role/ci/nightly";
    let deny = json!({"Effect": "Deny", "Principal": {"AWS": nightly}, "Action": "sts:AssumeRole"});
    let trust = json!([trusts(json!({"AWS": arn("role/ci")})), deny]);
    let mut json = admin(trust);
    json["roles"]["ci"] = json!({"may": plain(), "trust": []});
    assert_eq!(ways(&account(json), "ci"), ASSUME);
}

/// AWS looks at the account, then at the user or role; whoever has a boundary is denied in any case.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
#[test]
fn a_trust_policy_that_denies_all_but_some_spares_these_alone() {
    let root = arn("root");
    let all_but = |spared: Json| {
        let deny = json!({"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "sts:*"});
        admin(json!([trusts_account(), deny]))
    };
    let alice = |list: &str| arn(&format!("{list}/alice"));
    for list in ["user", "role"] {
        let expected = |spared: Json, expected: &Ways| {
            let mut json = all_but(spared);
            json[format!("{list}s")]["alice"] = json!({"may": [assume("admin")], "trust": []});
            check(json, expected);
        };
        expected(json!([alice(list), root]), ASSUME);
        expected(json!([arn("user/bob"), alice(list), OWN]), ASSUME);
        expected(json!([arn("user/bob"), root]), &[]);
        expected(json!([alice(list)]), &[]);
        expected(json!([alice(list), OTHER]), &[]);
        expected(json!([root]), ASSUME);
        expected(json!("*"), ASSUME);
    }
    let session = format!("arn:aws:sts::{OWN}:assumed-role/alice/nightly");
    let mut by_session = all_but(json!([session, root]));
    by_session["roles"]["alice"] = json!({"may": [assume("admin")], "trust": []});
    check(by_session, &[]);
    let mut bounded = all_but(json!([arn("user/alice"), root]));
    bounded["users"]["alice"] = json!({"may": [assume("admin")], "boundary": "b"});
    bounded["policies"]["b"] = everything();
    check(bounded.clone(), &[]);
    let remove = allow("iam:DeleteUserPermissionsBoundary", "*");
    bounded["users"]["alice"]["may"] = json!([assume("admin"), remove]);
    check(bounded, &[("delete-user-boundary", Certain)]);
}

fn deny_trust() -> Json {
    json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"})
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn an_implicit_deny_of_a_boundary_limits_roles_that_are_named() {
    let bounded = |list: &str, boundary: Json| {
        let mut json = admin(trusts(json!({"AWS": [arn("user/alice"), arn("role/alice")]})));
        json[list]["alice"] = json!({"may": plain(), "boundary": "b", "trust": []});
        json["policies"]["b"] = boundary;
        json
    };
    check(bounded("roles", plain()), &[]);
    check(bounded("users", plain()), ASSUME);
    check(bounded("roles", json!([allow("sts:*", "*")])), ASSUME);
    check(bounded("users", json!([deny("sts:*", "*")])), &[]);
    // A Deny that may apply leaves it open.
    let in_region = json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let denies_in_region = json!([when(deny("sts:*", "*"), in_region)]);
    check(bounded("users", denies_in_region), &[("assume-role", Conditional)]);
}

#[test]
fn tags_decide() {
    let by_team = json!({"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}});
    let of_team = |team: &str| {
        let mut json = admin(trusts_account());
        json["roles"]["admin"]["tags"] = json!({"team": team});
        json["users"]["alice"]["tags"] = json!({"team": "red"});
        json
    };
    let may = || json!([when(allow("sts:AssumeRole", "*"), by_team.clone())]);
    check_user(may(), of_team("red"), ASSUME);
    check_user(may(), of_team("blue"), &[]);
    check_user(may(), admin(trusts_account()), &[]);
}

/// Whoever may change some tags only, must be able to set the one that a policy asks for.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html#access_tags_control-tag-keys>
#[test]
fn tags_that_may_be_set_decide() {
    let by_team = json!({"StringEquals": {"aws:PrincipalTag/team": "ops"}});
    let tagging = |condition: Json| {
        let tag = when(allow("iam:TagUser", arn("user/alice")), condition);
        ways_of(json!([when(assume("admin"), by_team.clone()), tag]), admin(trusts_account()))
    };
    let found: &Ways = &[("tag-user", Certain)];
    assert_eq!(tagging(json!({})), found);
    for key in ["team", "Team"] {
        let keys = json!({"ForAllValues:StringEquals": {"aws:TagKeys": [key, "cost"]}});
        assert_eq!(tagging(keys), found, "{key}");
    }
    assert_eq!(tagging(json!({"StringEquals": {"aws:RequestTag/team": ["dev", "ops"]}})), found);
    assert_eq!(tagging(json!({"StringEquals": {"aws:RequestTag/team": "dev"}})), &[]);
    assert_eq!(tagging(json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}})), &[]);
    let fixed = json!({"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}});
    assert_eq!(tagging(fixed), &[]);
    // The tag of another user, whose value is a variable.
    let own = json!({"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}});
    let key = when(allow("iam:CreateAccessKey", "*"), own);
    for (name, expected) in [("owner", &[("create-access-key", Certain)][..]), ("cost", &[])] {
        let keys = json!({"ForAllValues:StringEquals": {"aws:TagKeys": [name]}});
        let tag = when(allow("iam:TagUser", arn("user/boss")), keys);
        let boss = json!({"users": {"boss": {"may": [everything()]}}});
        assert_eq!(ways_of(json!([key.clone(), tag]), boss), expected, "{name}");
    }
    let kept = when(
        deny("iam:TagUser", "*"),
        json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}),
    );
    let tag = allow("iam:TagUser", "*");
    check_user(json!([when(assume("admin"), by_team), tag, kept]), admin(trusts_account()), &[]);
}

/// A request that sets tags has them all, and a condition on one of them says nothing of others.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html#access_tags_control-requests>
#[test]
fn tags_that_are_set_have_the_values_that_they_may_have() {
    let tagging = |asked: Json, own: Json, limit: Json| {
        let mut json = admin(when(trusts_account(), asked));
        json["users"]["alice"]["tags"] = own;
        ways_of(json!([assume("admin"), when(allow("iam:TagUser", "*"), limit)]), json)
    };
    let is = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let both = |key: &str| json!({"StringEquals": {format!("{key}/team"): "ops", format!("{key}/site"): "x"}});
    let keys = |operator: &str, keys: &[&str]| json!({format!("{operator}:StringEquals"): {"aws:TagKeys": keys}});
    let (request, principal) = ("aws:RequestTag", "aws:PrincipalTag");
    let found: &Ways = &[("tag-user", Certain)];
    for (limit, expected) in [
        (both(request), found),
        (is("aws:RequestTag/team", "ops"), found),
        (is("aws:RequestTag/team", "dev"), &[]),
        (keys("ForAllValues", &["team", "site"]), found),
        (keys("ForAnyValue", &["team"]), found),
        (keys("ForAllValues", &["team"]), &[]),
    ] {
        assert_eq!(tagging(both(principal), json!({}), limit.clone()), expected, "{limit}");
    }
    // One after the other.
    let mut json = admin(when(trusts_account(), both(principal)));
    let one = |key: &str| when(allow("iam:TagUser", "*"), keys("ForAllValues", &[key]));
    check_user(json!([assume("admin"), one("team"), one("site")]), json.clone(), found);
    json["users"]["alice"]["tags"] = json!({"site": "x"});
    check_user(json!([assume("admin"), one("team")]), json, found);
    let like = || json!({"StringLike": {"aws:PrincipalTag/team": "op*"}});
    assert_eq!(tagging(like(), json!({}), is("aws:RequestTag/team", "opx")), found);
    assert_eq!(tagging(like(), json!({}), is("aws:RequestTag/team", "dev")), &[]);
    let but = || json!({"StringNotEquals": {"aws:PrincipalTag/team": "dev"}});
    let dev = || json!({"team": "dev"});
    assert_eq!(tagging(but(), dev(), is("aws:RequestTag/team", "dev")), &[]);
    assert_eq!(tagging(but(), dev(), is("aws:RequestTag/team", "qa")), found);
    // A tag that stands in the name of the role.
    let named = |value: &str| {
        let limit = is("aws:RequestTag/team", value);
        let mut json = admin(trusts_account());
        json["roles"] = json!({"ops-admin": json["roles"]["admin"]});
        let may =
            [assume("${aws:PrincipalTag/team}-admin"), when(allow("iam:TagUser", "*"), limit)];
        ways_of(json!(may), json)
    };
    assert_eq!(named("ops"), found);
    assert_eq!(named("o*"), &[]);
    assert_eq!(named("dev"), &[]);
    // That of the target, which must become one's own.
    let own = json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}});
    for (team, expected) in [("dev", ASSUME), ("qa", &[])] {
        let limit = is("aws:RequestTag/team", "dev");
        let mut json = admin(trusts_account());
        json["users"]["alice"]["tags"] = json!({"team": team});
        let may = [when(assume("admin"), own.clone()), when(allow("iam:TagRole", "*"), limit)];
        check_user(json!(may), json, expected);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_roles.html>
#[test]
fn who_is_made_has_the_tags_that_its_maker_may_set() {
    let is = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let app = |list: Json| allow(list, arn("role/app-*"));
    let create = || app(json!(["iam:CreateRole", "iam:TagRole"]));
    let attach = |key: &str| when(app(json!("iam:AttachRolePolicy")), is(key, "dev"));
    let found: &Ways = &[("create-role-attach-policy", Certain)];
    for key in ["aws:ResourceTag/team", "iam:ResourceTag/team"] {
        check_user(json!([create(), attach(key)]), json!({}), found);
        check_user(json!([app(json!("iam:CreateRole")), attach(key)]), json!({}), &[]);
        for (value, expected) in [("dev", found), ("qa", &[])] {
            let limited = when(create(), is("aws:RequestTag/team", value));
            check_user(json!([limited, attach(key)]), json!({}), expected);
            // Made without tags, and tagged later.
            let later = when(app(json!("iam:TagRole")), is("aws:RequestTag/team", value));
            let bare = json!({"Null": {"aws:RequestTag/team": "true"}});
            let create = when(app(json!("iam:CreateRole")), bare);
            check_user(json!([create, later, attach(key)]), json!({}), expected);
        }
    }
    let steps = || app(json!(["iam:CreateRole", "iam:TagRole", "iam:AttachRolePolicy"]));
    let guard = json!({"StringNotEquals": {"aws:ResourceTag/team": "dev"}});
    check_user(json!([steps(), when(deny("iam:Attach*", "*"), guard)]), json!({}), found);
    // A tag that must be there from the beginning.
    let owned =
        || when(deny("iam:CreateRole", "*"), json!({"Null": {"aws:RequestTag/owner": "true"}}));
    check_user(json!([steps(), owned()]), json!({}), found);
    check_user(json!([steps(), owned(), deny("iam:TagRole", "*")]), json!({}), &[]);
    let limited = when(create(), is("aws:RequestTag/team", "dev"));
    check_user(json!([limited, attach("aws:ResourceTag/team"), owned()]), json!({}), found);
    let user = |list: Json| allow(list, arn("user/app-*"));
    let own = is("aws:ResourceTag/team", "dev");
    let equip = json!(["iam:PutUserPolicy", "iam:CreateAccessKey"]);
    let new_user = json!([user(json!(["iam:CreateUser", "iam:TagUser"])), when(user(equip), own)]);
    check_user(new_user, json!({}), &[("create-user-put-policy", Certain)]);
}

/// A value that the caller chooses must meet the conditions of all policies.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
#[test]
fn whoever_chooses_a_value_chooses_one() {
    let is = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let not = |key: &str, value: &str| json!({"StringNotEquals": {key: value}});
    let both = || json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
    for key in ["sts:ExternalId", "sts:RoleSessionName", "sts:SourceIdentity"] {
        let check = |own: Json, trust: Json, expected: &Ways| {
            let mut trusting = when(trusts_account(), trust);
            trusting["Action"] = both();
            check_user(json!([when(allow(both(), "*"), own)]), admin(trusting), expected);
        };
        check(is(key, "a"), is(key, "a"), ASSUME);
        check(is(key, "a"), is(key, "b"), &[]);
        check(is(key, "a"), not(key, "a"), &[]);
        check(is(key, "a"), not(key, "b"), ASSUME);
        check(is(key, "${aws:username}"), is(key, "alice"), ASSUME);
        check(is(key, "${aws:username}"), is(key, "bob"), &[]);
        check(is(key, "a"), json!({"StringLike": {key: "b*"}}), &[]);
        check(json!({"StringLike": {key: "a*"}}), json!({"StringLike": {key: "*b"}}), ASSUME);
        let absent = json!({"Null": {key: "true"}});
        check(is(key, "a"), absent.clone(), &[]);
        // The name of a session alone is always there.
        let expected = if key == "sts:RoleSessionName" {
            &[]
        } else {
            ASSUME
        };
        check(not(key, "a"), absent, expected);
        // A variable that the caller lacks.
        check(json!({}), is(key, "${aws:PrincipalTag/mail}"), &[]);
        check(json!({}), is(key, "${saml:sub}"), &[]);
        let denied = |value: &str| {
            let mut deny = when(trusts(json!({"AWS": "*"})), not(key, value));
            deny["Effect"] = json!("Deny");
            let mut trusting = when(trusts_account(), is(key, "a"));
            trusting["Action"] = both();
            admin(json!([trusting, deny]))
        };
        check_user(json!([allow(both(), "*")]), denied("a"), ASSUME);
        check_user(json!([allow(both(), "*")]), denied("b"), &[]);
    }
    let mut set = when(trusts_account(), is("sts:SourceIdentity", "bob"));
    set["Action"] = json!("sts:SetSourceIdentity");
    let trust = |who: &str| when(trusts_account(), is("sts:SourceIdentity", who));
    check_user(json!([allow(both(), "*")]), admin(json!([trust("alice"), set])), &[]);
    check_user(json!([allow(both(), "*")]), admin(json!([trust("bob"), set])), ASSUME);
}

/// Whatever the operator that compares the tag.
#[test]
fn a_tag_of_the_principal_opens_a_trust_policy() {
    for (condition, tag, expected) in [
        (json!({"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "RED"}}), "red", ASSUME),
        (json!({"Null": {"aws:PrincipalTag/team": "false"}}), "red", ASSUME),
        (json!({"Null": {"aws:PrincipalTag/team": "true"}}), "red", &[]),
        (json!({"NumericGreaterThan": {"aws:PrincipalTag/team": "2"}}), "3", ASSUME),
        (json!({"NumericGreaterThan": {"aws:PrincipalTag/team": "2"}}), "1", &[]),
        (json!({"Bool": {"aws:PrincipalTag/team": "true"}}), "true", ASSUME),
    ] {
        let mut json = admin(when(trusts_account(), condition));
        json["users"]["alice"]["tags"] = json!({"team": tag});
        check_user(json!([assume("admin")]), json, expected);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-role-session>
#[test]
fn a_session_that_a_trust_policy_names_is_one_of_a_role() {
    let session = |account: &str| format!("arn:aws:sts::{account}:assumed-role/app/ci");
    let chain = |account: &str| {
        let mut json = admin(trusts(json!({"AWS": session(account)})));
        json["roles"]["app"] = json!({"may": [], "trust": trusts_account()});
        json
    };
    let may = || json!([assume("app")]);
    check_user(may(), chain(OWN), ASSUME);
    check_user(may(), chain(OTHER), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
#[test]
fn session_tags_and_a_source_identity_are_permissions_of_their_own() {
    for (action, condition) in [
        ("sts:TagSession", json!({"StringEquals": {"aws:RequestTag/team": "red"}})),
        ("sts:TagSession", json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}})),
        ("sts:SetSourceIdentity", json!({"StringLike": {"sts:SourceIdentity": "*"}})),
    ] {
        let both = || json!(["sts:AssumeRole", action]);
        let trusting = |who: Json, actions: Json| {
            let mut trust = when(trusts(who), condition.clone());
            trust["Action"] = actions;
            admin(trust)
        };
        let anybody = || json!({"AWS": OWN});
        let may = |actions: Json| json!([allow(actions, "*")]);
        check_user(may(both()), trusting(anybody(), both()), ASSUME);
        check_user(may(json!("sts:AssumeRole")), trusting(anybody(), both()), &[]);
        check_user(may(both()), trusting(anybody(), json!("sts:AssumeRole")), &[]);
        let alice = || json!({"AWS": arn("user/alice")});
        check_user(plain(), trusting(alice(), both()), ASSUME);
        check_user(json!([deny(action, "*")]), trusting(alice(), both()), &[]);
        let mut conditional = json!([when(allow("sts:AssumeRole", "*"), condition.clone())]);
        check_user(conditional.clone(), admin(trusts_account()), &[]);
        conditional.as_array_mut().unwrap().push(allow(action, "*"));
        check_user(conditional, trusting(anybody(), both()), ASSUME);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html>
#[test]
fn whoever_may_change_tags_meets_the_conditions_on_them() {
    let by = |key: &str| json!({"StringEquals": {key: "red"}});
    let trust = || when(trusts_account(), by("aws:PrincipalTag/team"));
    let tag = |name: &str| allow("iam:TagUser", arn(&format!("user/{name}")));
    let found: &Ways = &[("tag-user", Certain)];
    check_user(json!([assume("admin"), tag("alice")]), admin(trust()), found);
    check_user(json!([assume("admin"), tag("bob")]), admin(trust()), &[]);
    check_user(json!([assume("admin")]), admin(trust()), &[]);
    let mut may = when(assume("admin"), by("aws:PrincipalTag/team"));
    check_user(json!([may, tag("alice")]), admin(trusts_account()), found);
    may = when(assume("admin"), by("aws:ResourceTag/team"));
    let tag_role = |name: &str| allow("iam:TagRole", arn(&format!("role/{name}")));
    check_user(json!([may, tag_role("admin")]), admin(trusts_account()), ASSUME);
    check_user(json!([may, tag_role("app")]), admin(trusts_account()), &[]);
    check_user(json!([may, tag("admin")]), admin(trusts_account()), &[]);
    // A tag of the target that protects it can be removed, but not set to nothing.
    let protected = || {
        let mut json = admin(trusts_account());
        json["roles"]["admin"]["tags"] = json!({"protected": "yes"});
        json
    };
    may = when(assume("admin"), json!({"Null": {"aws:ResourceTag/protected": "true"}}));
    check_user(json!([may]), protected(), &[]);
    check_user(json!([may, tag_role("admin")]), protected(), &[]);
    let untag_role = |name: &str| allow("iam:UntagRole", arn(&format!("role/{name}")));
    check_user(json!([may, untag_role("admin")]), protected(), ASSUME);
    check_user(json!([may, untag_role("app")]), protected(), &[]);
    // What is there already is not a way of its own.
    let mut tagged = admin(trust());
    tagged["users"]["alice"]["tags"] = json!({"team": "red"});
    check_user(json!([assume("admin"), tag("alice")]), tagged, ASSUME);
    // A tag that one sets is there: only iam:UntagUser removes it.
    let untagged = || json!({"Null": {"aws:PrincipalTag/guest": "true"}});
    let guest = |more: Json| {
        let may = json!([when(assume("admin"), untagged()), more]);
        let alice = json!({"may": may, "tags": {"guest": "yes"}});
        let mut json = admin(trusts_account());
        json["users"]["alice"] = alice;
        json
    };
    check(guest(tag("alice")), &[]);
    check(guest(allow("iam:UntagUser", "*")), &[("untag-user", Certain)]);
}

/// Session tags override those of the role:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
#[test]
fn whoever_assumes_a_role_may_choose_its_tags() {
    let by_team = json!({"StringEquals": {"aws:PrincipalTag/team": "red"}});
    let both = || json!(["sts:AssumeRole", "sts:TagSession"]);
    let app = |actions: Json, may: Json| {
        let mut json = admin(trusts_account());
        let mut trust = trusts_account();
        trust["Action"] = actions;
        json["roles"]["app"] = json!({"may": may, "trust": trust});
        json
    };
    let guarded = || json!([when(assume("admin"), by_team.clone())]);
    let may = |actions: Json| json!([allow(actions, arn("role/app"))]);
    check_user(may(both()), app(both(), guarded()), ASSUME);
    check_user(may(json!("sts:AssumeRole")), app(both(), guarded()), &[]);
    check_user(may(both()), app(json!("sts:AssumeRole"), guarded()), &[]);
    check_user(may(both()), app(both(), json!([when(everything(), by_team.clone())])), ASSUME);
    check_user(may(both()), app(both(), plain()), &[]);
    let mut by_trust = app(both(), json!([assume("admin")]));
    by_trust["roles"]["admin"]["trust"] = json!([when(trusts_account(), by_team.clone())]);
    check_user(may(both()), by_trust, ASSUME);
    // Who may set some values only, by its own policies or by the trust policy.
    let is = |value: Json| json!({"StringEquals": {"aws:RequestTag/team": value}});
    for (value, expected) in [
        (json!("red"), ASSUME),
        (json!(["blue", "red"]), ASSUME),
        (json!("blue"), &[]),
        (json!("${aws:PrincipalTag/team}"), &[]),
    ] {
        let tag = when(allow("sts:TagSession", arn("role/app")), is(value.clone()));
        check_user(json!([assume("app"), tag]), app(both(), guarded()), expected);
        let mut limited = app(json!("sts:AssumeRole"), guarded());
        let mut tag = when(trusts_account(), is(value));
        tag["Action"] = json!("sts:TagSession");
        limited["roles"]["app"]["trust"] = json!([trusts_account(), tag]);
        check_user(may(both()), limited, expected);
    }
}

#[test]
fn conditions_on_oneself_decide() {
    let named = |name: &str| json!({"StringEquals": {"aws:username": name}});
    let put = |name: &str| json!([when(allow("iam:PutUserPolicy", "*"), named(name))]);
    check_user(put("alice"), json!({}), &[("put-user-policy", Certain)]);
    check_user(put("bob"), json!({}), &[]);
    let own = json!([allow("iam:PutUserPolicy", arn("user/${aws:username}"))]);
    check_user(own, json!({}), &[("put-user-policy", Certain)]);
}

/// <https://pathfinding.cloud/paths/iam-007>, <https://pathfinding.cloud/paths/iam-018>
#[test]
fn another_user_must_be_in_reach() {
    let clerk = || json!({"users": {"clerk": {"may": plain()}}});
    let on_clerk = |action: &str| allow(action, arn("user/clerk"));
    let put = || on_clerk("iam:PutUserPolicy");
    check_user(json!([put()]), clerk(), &[]);
    let both = json!([put(), on_clerk("iam:CreateAccessKey")]);
    check_user(both, clerk(), &[("put-user-policy", Certain)]);
    check_user(json!([on_clerk("iam:CreateAccessKey")]), clerk(), &[]);
    let mut powerful = clerk();
    powerful["users"]["clerk"]["may"] = json!([everything()]);
    let keys = || json!([on_clerk("iam:CreateAccessKey")]);
    check_user(keys(), powerful.clone(), &[("create-access-key", Certain)]);
    let own = json!([allow("iam:CreateAccessKey", arn("user/${aws:username}"))]);
    check_user(own, powerful, &[]);
}

/// "A user can have one password", "two access keys", "five versions of a managed policy":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html>
#[test]
fn what_is_full_must_be_emptied_first() {
    let boss = |field: &str, value: Json| {
        let mut json = json!({"users": {"boss": {"may": [everything()]}}});
        json["users"]["boss"][field] = value;
        json
    };
    let may = |actions: &[&str]| json!([allow(actions.to_vec(), arn("user/boss"))]);
    let key: &Ways = &[("create-access-key", Certain)];
    let both = ["iam:CreateAccessKey", "iam:DeleteAccessKey"];
    check_user(may(&both[..1]), boss("keys", json!(1)), key);
    check_user(may(&both[..1]), boss("keys", json!(2)), &[]);
    check_user(may(&both[..1]), boss("keys", json!(null)), key);
    check_user(may(&both), boss("keys", json!(2)), key);
    let create: &Ways = &[("create-login-profile", Certain)];
    let both = ["iam:CreateLoginProfile", "iam:DeleteLoginProfile"];
    check_user(may(&both[..1]), boss("password", json!(false)), create);
    check_user(may(&both[..1]), boss("password", json!(true)), &[]);
    check_user(may(&both[..1]), boss("password", json!(null)), create);
    check_user(may(&both), boss("password", json!(true)), create);
    let update: &Ways = &[("update-login-profile", Certain)];
    let own = ["iam:UpdateLoginProfile", "iam:DeleteLoginProfile"];
    check_user(may(&own), boss("password", json!(true)), update);
    check_user(may(&own), boss("password", json!(false)), &[]);
    // Whoever has an MFA device is asked for it.
    check_user(may(&own), boss("mfa", json!(false)), update);
    check_user(may(&own), boss("mfa", json!(true)), &[("update-login-profile", Conditional)]);
    let deactivate = ["iam:UpdateLoginProfile", "iam:DeactivateMFADevice"];
    check_user(may(&deactivate), boss("mfa", json!(true)), update);
    check_user(may(&["iam:CreateAccessKey"]), boss("mfa", json!(true)), key);
    let versions = |count: usize| {
        let versions = vec![plain(); count];
        json!({"users": {"alice": {"attached": ["p"]}}, "policies": {"p": {"versions": versions}}})
    };
    let rewrite: &Ways = &[("create-policy-version", Certain)];
    let both = ["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"];
    let on_p = |actions: &[&str]| json!([allow(actions.to_vec(), arn("policy/p"))]);
    let with = |count: usize, may: Json| {
        let mut json = versions(count);
        json["users"]["alice"]["may"] = may;
        json
    };
    check(with(4, on_p(&both[..1])), rewrite);
    check(with(5, on_p(&both[..1])), &[]);
    check(with(5, on_p(&both)), rewrite);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>
#[test]
fn an_instance_has_a_role_by_an_instance_profile() {
    let without = || {
        let mut json = admin(trusts_service("ec2.amazonaws.com"));
        json["roles"]["admin"]["profile"] = json!(false);
        json
    };
    let run = || allow(json!(["iam:PassRole", "ec2:RunInstances"]), "*");
    let profile = |actions: Json| allow(actions, arn("instance-profile/x"));
    let both = json!(["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]);
    let certain = admin(trusts_service("ec2.amazonaws.com"));
    check_user(json!([run()]), certain, &[("ec2-run-instances", Certain)]);
    check_user(json!([run()]), without(), &[("ec2-run-instances", Possible)]);
    let made = json!([run(), profile(both)]);
    let ways = ways_of(made, without());
    assert!(ways.contains(&("ec2-run-instances", Certain)), "{ways:?}");
    let made = json!([run(), profile(json!("iam:CreateInstanceProfile"))]);
    check_user(made, without(), &[("ec2-run-instances", Possible)]);
    // It has one role, which must be taken out first.
    let put = |more: Json| {
        let put = allow(json!(["iam:PassRole", "iam:AddRoleToInstanceProfile"]), "*");
        let ways = ways_of(json!([put, more]), admin(trusts_service("ec2.amazonaws.com")));
        ways.iter()
            .find(|(id, _)| *id == "instance-profile-role")
            .map(|(_, certainty)| *certainty)
    };
    assert_eq!(put(allow("s3:*", "*")), Some(Possible));
    assert_eq!(put(allow("iam:RemoveRoleFromInstanceProfile", "*")), Some(Certain));
    // What runs in containers needs none.
    let connect = || json!([allow("ssm:StartSession", "*")]);
    let of = |service: &str| role("admin", json!([everything()]), trusts_service(service));
    let mut tasks = of("ecs-tasks.amazonaws.com");
    tasks["roles"]["admin"]["profile"] = json!(false);
    check_user(connect(), tasks, &[("ssm-start-session", Conditional)]);
    check_user(connect(), without(), &[("ssm-start-session", Possible)]);
}

/// What is made and then used is one thing.
#[test]
fn actions_on_the_same_must_be_allowed_on_the_same() {
    let target = || admin(trusts_service("lambda.amazonaws.com"));
    let function = |name: &str| format!("arn:aws:lambda:*:{OWN}:function:{name}");
    let on = |create: &str, invoke: &str| {
        let pass = allow("iam:PassRole", "*");
        let create = allow("lambda:CreateFunction", create);
        ways_of(json!([pass, create, allow("lambda:InvokeFunction", invoke)]), target())
    };
    let found: &Ways = &[("lambda-create-invoke", Certain)];
    assert_eq!(on(&function("a"), &function("a")), found);
    assert_eq!(on(&function("a"), &function("b")), []);
    assert_eq!(on(&function("a"), "*"), found);
    assert_eq!(on(&function("a*"), &function("app")), found);
    assert_eq!(on(&function("a*"), &function("b")), []);
    assert_eq!(on(&function("a*"), &function("*b")), found);
    assert_eq!(on(&function("a*"), &function("ab*")), found);
    assert_eq!(on(&function("a*"), &function("b*")), []);
    // A cluster and a task definition are two things.
    let task = |resource: &str| format!("arn:aws:ecs:*:{OWN}:{resource}");
    let run = json!([
        allow("iam:PassRole", "*"),
        allow("ecs:RegisterTaskDefinition", "*"),
        allow("ecs:RunTask", task("task-definition/a:*")),
        allow("ecs:CreateCluster", task("cluster/b")),
    ]);
    assert!(!ways_of(run, admin(trusts_service("ecs-tasks.amazonaws.com"))).is_empty());
}

/// <https://pathfinding.cloud/paths/iam-005>, <https://pathfinding.cloud/paths/iam-017>
#[test]
fn another_role_must_be_in_reach() {
    let worker = |trust: Json| role("worker", plain(), trust);
    let put = || allow("iam:PutRolePolicy", arn("role/worker"));
    let found: &Ways = &[("put-role-policy", Certain)];
    check_user(json!([put()]), worker(trusts_account()), &[]);
    check_user(json!([put(), assume("worker")]), worker(trusts_account()), found);
    check_user(json!([put(), assume("worker")]), worker(trusts_service("ec2.amazonaws.com")), &[]);
    check_user(json!([put()]), worker(trusts(json!({"AWS": arn("user/alice")}))), found);
    let pass = json!([put(), allow("iam:PassRole", "*"), allow("ec2:RunInstances", "*")]);
    check_user(pass, worker(trusts_service("ec2.amazonaws.com")), found);
}

/// Of several roles in reach, the one that is surest to be.
#[test]
fn the_surest_target_counts() {
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let sure = || trusts(json!({"AWS": arn("user/alice")}));
    let two = |first: Json, second: Json| {
        let mut json = role("a", plain(), first);
        json["roles"]["b"] = json!({"may": plain(), "trust": second});
        json
    };
    let unsure = || when(trusts(json!({"AWS": "*"})), mfa.clone());
    let put = || json!([allow("iam:PutRolePolicy", "*")]);
    check_user(put(), two(sure(), unsure()), &[("put-role-policy", Certain)]);
    check_user(put(), two(unsure(), sure()), &[("put-role-policy", Certain)]);
    check_user(put(), two(unsure(), unsure()), &[("put-role-policy", Conditional)]);
}

#[test]
fn the_surest_resource_counts() {
    let target = || admin(trusts_service("lambda.amazonaws.com"));
    let create = |resource: &str| allow(json!(["lambda:Create*", "lambda:Invoke*"]), resource);
    let from_home = json!({"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}});
    let pass = || allow("iam:PassRole", "*");
    let limited = || when(create("*"), from_home.clone());
    let named = create("arn:aws:lambda:eu-west-1:123456789012:function:report");
    let way = |statements: Json| {
        let mut json = target();
        json["users"]["alice"]["may"] = statements;
        ways(&account(json), "alice")
    };
    let conditional = way(json!([pass(), limited()]));
    assert!(!conditional.is_empty());
    assert!(
        conditional
            .iter()
            .all(|(_, certainty)| *certainty == Conditional)
    );
    let surest = way(json!([pass(), limited(), named]));
    assert!(surest.iter().any(|(_, certainty)| *certainty == Certain), "{surest:?}");
}

#[test]
fn groups_need_membership() {
    let group = || json!({"groups": {"g": {"may": plain()}}});
    let put = || allow("iam:PutGroupPolicy", arn("group/g"));
    let join = || allow("iam:AddUserToGroup", arn("group/g"));
    check_user(json!([put()]), group(), &[]);
    check_user(json!([join()]), group(), &[]);
    check_user(json!([put(), join()]), group(), &[("put-group-policy", Certain)]);
    let mut member = group();
    member["users"]["alice"]["groups"] = json!(["g"]);
    check_user(json!([put()]), member, &[("put-group-policy", Certain)]);
}

#[test]
fn what_one_gives_oneself_is_cut_by_the_boundary() {
    let bounded = |boundary: Json| {
        json!({
            "users": {"alice": {"may": [allow("iam:*", arn("user/alice"))], "boundary": "b"}},
            "policies": {"b": boundary},
        })
    };
    let put = || allow("iam:PutUserPolicy", "*");
    check(bounded(json!([allow("s3:*", "*"), put()])), &[]);
    let delete = allow("iam:DeleteUserPermissionsBoundary", "*");
    let shed = account(bounded(json!([put(), delete])));
    assert!(ways(&shed, "alice").contains(&("delete-user-boundary", Certain)));
    // AWS's pattern of delegation: only this boundary may be set.
    let same = json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/b")}});
    let replace = allow("iam:PutUserPermissionsBoundary", "*");
    check(bounded(json!([put(), when(replace.clone(), same)])), &[]);
    let replaced = account(bounded(json!([put(), replace])));
    assert!(ways(&replaced, "alice").contains(&("put-user-boundary", Certain)));
}

/// Whom one becomes after a change may have some way to go.
#[test]
fn after_a_change_of_another_its_own_ways_count() {
    let chain = |trust: Json| {
        let mut json = admin(trust);
        json["roles"]["app"] =
            json!({"may": [assume("admin")], "trust": trusts_account(), "boundary": "b"});
        json["policies"]["b"] = plain();
        json
    };
    let shed = allow("iam:DeleteRolePermissionsBoundary", arn("role/app"));
    let may = json!([assume("app"), shed]);
    check_user(may.clone(), chain(trusts_account()), &[("delete-role-boundary", Certain)]);
    check_user(may, chain(trusts_service("ec2.amazonaws.com")), &[]);
    check_user(json!([assume("app")]), chain(trusts_account()), &[]);
}

/// <https://pathfinding.cloud/paths/iam-023>
#[test]
fn the_boundary_of_the_target() {
    let target = || {
        let mut json = admin(trusts_account());
        json["roles"]["admin"]["boundary"] = json!("b");
        json["policies"]["b"] = plain();
        json
    };
    let shed = || allow("iam:DeleteRolePermissionsBoundary", arn("role/admin"));
    check_user(json!([assume("admin")]), target(), &[]);
    check_user(json!([shed()]), target(), &[]);
    check_user(json!([assume("admin"), shed()]), target(), &[("delete-role-boundary", Certain)]);
}

/// A boundary is a managed policy, whose text counts:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn the_text_of_the_boundary() {
    let bounded = |actions: &str, versions: Json| {
        json!({
            "users": {"alice": {"may": [everything()], "boundary": "b"}},
            "policies": {"b": {"versions": [[allow(actions, "*")], versions]}},
        })
    };
    let create = "iam:CreatePolicyVersion";
    check(bounded(create, plain()), &[("create-policy-version", Certain)]);
    let set = "iam:SetDefaultPolicyVersion";
    let found: &Ways = &[("set-default-policy-version", Certain)];
    check(bounded(set, json!([everything()])), found);
    check(bounded(set, plain()), &[]);
    let mut lesser = bounded(create, plain());
    lesser["users"]["alice"]["may"] = json!([allow(create, "*")]);
    check(lesser, &[]);
}

/// <https://hackingthe.cloud/aws/exploitation/iam_privilege_escalation/>
#[test]
fn a_deny_that_its_holder_can_remove_is_no_deny() {
    let guarded = |spared: &str, guard: Json| {
        let rest = json!({"Effect": "Deny", "NotAction": spared, "Resource": "*"});
        let mut guard = guard;
        guard.as_array_mut().unwrap().insert(0, json!([rest]));
        json!({
            "users": {"alice": {"attached": ["aws:AdministratorAccess", "guard"]}},
            "policies": {"guard": {"versions": guard}},
        })
    };
    let detachable = account(guarded("iam:DetachUserPolicy", json!([])));
    let alice = privileges(&detachable, "alice");
    assert_eq!(ways(&detachable, "alice"), [("detach-user-policy", Certain)]);
    assert!(alice.administrator);
    let guards = alice
        .removable_guards
        .iter()
        .map(|id| &*detachable.policy(*id).name);
    assert!(guards.eq(["guard"]));
    check(guarded("iam:CreatePolicyVersion", json!([])), &[("create-policy-version", Certain)]);
    let older = guarded("iam:SetDefaultPolicyVersion", json!([plain()]));
    check(older, &[("set-default-policy-version", Certain)]);
    check(guarded("iam:SetDefaultPolicyVersion", json!([])), &[]);
    check(guarded("iam:DetachRolePolicy", json!([])), &[]);
    assert!(!privileges(&account(guarded("s3:*", json!([]))), "alice").administrator);
}

/// One detaches or deletes a policy, but leaves a group.
#[test]
fn what_is_removed_has_the_right_noun() {
    let rest = |spared: &str| json!([{"Effect": "Deny", "NotAction": spared, "Resource": "*"}]);
    let sentence = |json: Json| privileges(&account(json), "alice").ways[0].sentence.clone();
    let detached = sentence(json!({
        "roles": {"alice": {"attached": ["aws:AdministratorAccess", "guard"]}},
        "policies": {"guard": rest("iam:DetachRolePolicy")},
    }));
    assert!(detached.starts_with("detach policy guard, which restricts a role ("), "{detached}");
    let deleted = sentence(json!({
        "users": {"alice": {"may": [everything()], "inline": {"guard": rest("iam:DeleteUserPolicy")}}},
    }));
    assert!(deleted.starts_with("delete inline policy guard, which restricts a user ("));
    let left = sentence(json!({
        "groups": {"staff": {"inline": {"guard": rest("iam:RemoveUserFromGroup")}}},
        "users": {"alice": {"may": [everything()], "groups": ["staff"]}},
    }));
    assert!(left.starts_with("leave group staff, whose policies restrict its members ("));
}

/// What a policy allows goes with what it denies.
#[test]
fn to_delete_ones_only_allow_gains_nothing() {
    let rest = |spared: &str| json!({"Effect": "Deny", "NotAction": spared, "Resource": "*"});
    let both = |spared: &str| json!([everything(), rest(spared)]);
    check_user(both("iam:DeleteUserPolicy"), json!({}), &[]);
    let policies = json!({"p": both("iam:DetachUserPolicy")});
    check(json!({"users": {"alice": {"attached": ["p"]}}, "policies": policies}), &[]);
    let policies = json!({"p": {"versions": [both("iam:CreatePolicyVersion")]}});
    let rewrite = json!({"users": {"alice": {"attached": ["p"]}}, "policies": policies});
    check(rewrite, &[("create-policy-version", Certain)]);
}

/// A Deny of other actions stands in nobody's way.
#[test]
fn only_a_deny_in_the_way_is_a_guard() {
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let detach = |policy: &str| {
        let named = json!({"ArnEquals": {"iam:PolicyARN": arn(&format!("policy/{policy}"))}});
        when(allow("iam:DetachUserPolicy", "*"), named)
    };
    let account_of = |own: Json, guard: Json| {
        account(json!({
            "users": {"alice": {"may": own, "attached": ["aside", "guard"]}},
            "policies": {"aside": [deny("lambda:CreateFunction", "*")], "guard": guard},
        }))
    };
    let guards = |account: &Account| -> Vec<String> {
        let guards = privileges(account, "alice").removable_guards;
        guards
            .iter()
            .map(|id| account.policy(*id).name.clone())
            .collect()
    };
    let put = || allow("iam:PutUserPolicy", "*");
    let no_put = || json!([deny("iam:PutUserPolicy", "*")]);
    let found: &Ways = &[("detach-user-policy", Certain)];
    let neither = account_of(json!([put(), detach("aside")]), no_put());
    assert_eq!(ways(&neither, "alice"), []);
    let both = account_of(json!([put(), allow("iam:DetachUserPolicy", "*")]), no_put());
    assert_eq!((ways(&both, "alice"), guards(&both)), (found.to_vec(), vec!["guard".to_owned()]));
    let target = privileges(&both, "alice").ways[0].target.clone();
    assert_eq!(target, Some(arn("policy/guard")));
    // How sure it is hangs on the guard alone.
    let mut unsure = detach("guard");
    unsure["Condition"]["Bool"] = mfa["Bool"].clone();
    let other = account_of(json!([put(), detach("aside"), unsure]), no_put());
    assert_eq!(ways(&other, "alice"), [("detach-user-policy", Conditional)]);
    assert_eq!(guards(&other), ["guard"]);
    // Without a Deny in the way there is no guard, and no removal.
    let none = account_of(json!([put(), allow("iam:DetachUserPolicy", "*")]), plain());
    assert_eq!((ways(&none, "alice"), guards(&none)), (vec![("put-user-policy", Certain)], vec![]));
    let rest = json!([{"Effect": "Deny", "NotAction": "iam:Detach*", "Resource": "*"}]);
    let admin = account_of(json!([everything()]), rest);
    assert!(privileges(&admin, "alice").administrator);
    assert_eq!(guards(&admin), ["guard"]);
}

#[test]
fn every_deny_must_be_removable() {
    let rest = || json!([{"Effect": "Deny", "NotAction": "iam:D*", "Resource": "*"}]);
    let json = || {
        json!({
            "users": {"alice": {"may": [everything()], "attached": ["one", "two"]}},
            "policies": {"one": rest(), "two": rest()},
        })
    };
    check(json(), &[("detach-user-policy", Certain)]);
    let mut fixed = json();
    let only_one = json!({
        "Effect": "Deny", "Action": "iam:DetachUserPolicy", "Resource": "*",
        "Condition": {"ArnEquals": {"iam:PolicyARN": arn("policy/two")}},
    });
    fixed["policies"]["two"] = json!([rest()[0], only_one]);
    check(fixed, &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
#[test]
fn passed_to_service_and_associated_resource_decide() {
    let target = || admin(trusts_service("ec2.amazonaws.com"));
    let pass = |condition: Json| when(allow("iam:PassRole", "*"), condition);
    let run = || allow("ec2:RunInstances", "*");
    let to = |operator: &str, service: &str| json!({operator: {"iam:PassedToService": service}});
    let found: &Ways = &[("ec2-run-instances", Certain)];
    check_user(json!([run(), pass(to("StringEquals", "ec2.amazonaws.com"))]), target(), found);
    check_user(json!([run(), pass(to("StringEquals", "ecs.amazonaws.com"))]), target(), &[]);
    check_user(json!([run(), pass(to("StringNotEquals", "ec2.amazonaws.com"))]), target(), &[]);
    let all_but = |service: &str| when(deny("iam:PassRole", "*"), to("StringNotEquals", service));
    let any = || allow("iam:PassRole", "*");
    check_user(json!([run(), any(), all_but("ec2.amazonaws.com")]), target(), found);
    check_user(json!([run(), any(), all_but("ecs-tasks.amazonaws.com")]), target(), &[]);
    let on = |arn: &str| json!({"ArnLike": {"iam:AssociatedResourceARN": arn}});
    check_user(json!([run(), pass(on("arn:aws:ec2:*:*:instance/*"))]), target(), found);
    check_user(json!([run(), pass(on("arn:aws:rds:*:*:db/*"))]), target(), &[]);
    let of = |account: &str| format!("arn:aws:ec2:*:{account}:instance/*");
    check_user(json!([run(), pass(on(&of(OWN)))]), target(), found);
    check_user(json!([run(), pass(on(&of("${aws:PrincipalAccount}")))]), target(), found);
    check_user(json!([run(), pass(on(&of(OTHER)))]), target(), &[]);
    check_user(json!([run(), any()]), admin(trusts_account()), &[]);
    check_user(json!([run(), any()]), role("r", plain(), trusts_service("ec2.amazonaws.com")), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn policy_arn_decides() {
    let attach = |arns: &[&str]| {
        let named = json!({"ArnEquals": {"iam:PolicyARN": arns}});
        json!([when(allow("iam:AttachUserPolicy", "*"), named)])
    };
    let found: &Ways = &[("attach-user-policy", Certain)];
    let of_aws = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    check_user(attach(&[&of_aws("AdministratorAccess")]), json!({}), found);
    check_user(attach(&[&of_aws("*")]), json!({}), found);
    check_user(attach(&[&of_aws("aws-service-role/X")]), json!({}), &[]);
    let own = |statements: Json| json!({"policies": {"p": statements}});
    check_user(attach(&[&arn("policy/p")]), own(json!([everything()])), found);
    check_user(attach(&[&arn("policy/p")]), own(plain()), &[]);
    check_user(json!([allow("iam:AttachUserPolicy", "*")]), json!({}), found);
}

/// A policy of the account that allows everything serves as AdministratorAccess does.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
#[test]
fn a_policy_of_the_account_that_may_be_attached() {
    let by_arn = |operator: &str, pattern: &str| json!({operator: {"iam:PolicyARN": pattern}});
    let attach = || allow("iam:AttachUserPolicy", arn("user/alice"));
    let with = |statements: Json| json!({"policies": {"corp-admin": statements}});
    let own = || json!([when(attach(), by_arn("ArnLike", &arn("policy/corp-*")))]);
    check_user(own(), with(json!([everything()])), &[("attach-user-policy", Certain)]);
    check_user(own(), with(plain()), &[]);
    check_user(own(), json!({"policies": {"admin": [everything()]}}), &[]);
    let not_aws = by_arn("ArnLike", "arn:aws:iam::aws:policy/*");
    let denied = || json!([attach(), when(deny("iam:Attach*", "*"), not_aws.clone())]);
    check_user(denied(), with(json!([everything()])), &[("attach-user-policy", Certain)]);
    check_user(denied(), with(plain()), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>
#[test]
fn a_policy_that_can_be_made_may_be_attached() {
    let own = |name: &str| arn(&format!("policy/{name}"));
    let attach = |name: &str| {
        let by_arn = json!({"ArnLike": {"iam:PolicyARN": own(name)}});
        when(allow("iam:AttachUserPolicy", "*"), by_arn)
    };
    let create = |name: &str| allow("iam:CreatePolicy", own(name));
    let found: &Ways = &[("attach-user-policy", Certain)];
    check_user(json!([attach("*"), create("*")]), json!({}), found);
    check_user(json!([attach("app-*"), allow("iam:CreatePolicy", "*")]), json!({}), found);
    check_user(json!([attach("*"), create("app-*")]), json!({}), found);
    check_user(json!([attach("app-1"), create("app-*")]), json!({}), found);
    check_user(json!([attach("*")]), json!({}), &[]);
    check_user(json!([attach("app-*"), create("web-*")]), json!({}), &[]);
    check_user(json!([attach("*-x"), create("app-*")]), json!({}), found);
    check_user(json!([attach("*-x"), create("app-y")]), json!({}), &[]);
    check_user(json!([attach("*"), create("*"), deny("iam:CreatePolicy", "*")]), json!({}), &[]);
    // What is there cannot be made, but rewritten.
    let with = json!({"policies": {"app": plain()}});
    let rewrite = || allow("iam:CreatePolicyVersion", own("*"));
    check_user(json!([attach("app"), create("*")]), with.clone(), &[]);
    check_user(json!([attach("app"), rewrite()]), with.clone(), found);
    check_user(json!([attach("web"), rewrite()]), with, &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html>
#[test]
fn a_boundary_is_replaced_by_what_the_condition_leaves() {
    let bounded = |value: &str, wide: Json| {
        let to = json!({"ArnLike": {"iam:PermissionsBoundary": value}});
        let replace = when(allow("iam:PutUserPermissionsBoundary", "*"), to);
        json!({
            "users": {"alice": {"may": [everything()], "boundary": "b"}},
            "policies": {"b": [allow("s3:*", "*"), replace], "wide": wide},
        })
    };
    let found: &Ways = &[("put-user-boundary", Certain)];
    check(bounded(&arn("policy/wide"), json!([everything()])), found);
    check(bounded(&arn("policy/w*"), json!([everything()])), found);
    check(bounded(&arn("policy/wide"), plain()), &[]);
    check(bounded(&arn("policy/b"), json!([everything()])), &[]);
    check(bounded("arn:aws:iam::aws:policy/AdministratorAccess", plain()), found);
    check(bounded("arn:aws:iam::aws:policy/AmazonS3FullAccess", plain()), &[]);
    // One that allows less than everything, and enough.
    check(bounded(&arn("policy/wide"), json!([allow("iam:*", "*")])), found);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn who_is_made_within_a_boundary_is_no_way() {
    let role = || allow(json!(["iam:CreateRole", "iam:AttachRolePolicy"]), arn("role/app-*"));
    let found: &Ways = &[("create-role-attach-policy", Certain)];
    let within = |name: &str| json!({"StringEquals": {"iam:PermissionsBoundary": arn(name)}});
    let policies = || json!({"policies": {"b": plain(), "wide": [everything()]}});
    check_user(json!([role()]), json!({}), found);
    check_user(json!([when(role(), within("policy/b"))]), policies(), &[]);
    check_user(json!([when(role(), within("policy/wide"))]), policies(), found);
    // It may trust an account outside.
    let outside: &Ways = &[("create-role-attach-policy", Conditional)];
    check_user(json!([role(), deny("sts:AssumeRole", "*")]), json!({}), outside);
    let to_attach = |value: &str| json!({"ArnEquals": {"iam:PolicyARN": value}});
    let create = || allow("iam:CreateRole", "*");
    let attach = |value: &str| when(allow("iam:AttachRolePolicy", "*"), to_attach(value));
    let of_aws = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    check_user(json!([create(), attach(&of_aws("AdministratorAccess"))]), json!({}), found);
    check_user(json!([create(), attach(&of_aws("ReadOnlyAccess"))]), json!({}), &[]);
    check_user(json!([create(), attach(&arn("policy/wide"))]), policies(), found);
    check_user(json!([create(), attach(&arn("policy/b"))]), policies(), &[]);
    // A role that is there is not made.
    let existing = json!({"roles": {"app": {"may": plain(), "trust": trusts_service("x")}}});
    let one = || allow(json!(["iam:CreateRole", "iam:AttachRolePolicy"]), arn("role/app"));
    check_user(json!([one()]), existing, &[]);
    check_user(json!([one()]), json!({}), found);
}

/// A name must be one that all steps are allowed on, be it the overlap of their patterns.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
#[test]
fn who_is_made_has_a_name_that_all_steps_are_allowed_on() {
    let role = |name: &str| arn(&format!("role/{name}"));
    let attach = || "iam:AttachRolePolicy";
    let found: &Ways = &[("create-role-attach-policy", Certain)];
    for (one, other, expected) in [
        ("a-*", "*-x", found),
        ("a-*", "a-b-*", found),
        ("team/*", "*/svc-*", found),
        ("*-a-*", "*-b-*", found),
        ("a??", "*x", found),
        ("a-*", "b-*", &[]),
        ("*-x", "*-y", &[]),
        ("a?", "a??", &[]),
        ("a?", "*bc", &[]),
    ] {
        let overlap = |deny: &[Json]| {
            let steps = [allow("iam:CreateRole", role(one)), allow(attach(), role(other))];
            json!([&steps[..], deny].concat())
        };
        check_user(overlap(&[]), json!({}), expected);
        check_user(overlap(&[deny(attach(), role("*p*"))]), json!({}), expected);
        check_user(overlap(&[deny(attach(), role(one))]), json!({}), &[]);
        // The same between policies and a boundary, and a Deny of all but some.
        let both = |name: &str| allow(json!(["iam:CreateRole", attach()]), role(name));
        let bounded = json!({
            "users": {"alice": {"may": [both(one)], "boundary": "b"}},
            "policies": {"b": [both(other), allow("sts:*", "*")]},
        });
        check(bounded, expected);
        let but = json!({"Effect": "Deny", "Action": "iam:*", "NotResource": role(other)});
        check_user(json!([both(one), but]), json!({}), expected);
    }
    let user = |name: &str| arn(&format!("user/{name}"));
    let three = |key: &str| {
        let create = allow("iam:CreateUser", user("tmp-*"));
        let attach = allow("iam:AttachUserPolicy", user("t*"));
        json!([create, attach, allow("iam:CreateAccessKey", user(key))])
    };
    check_user(three("*-ops"), json!({}), &[("create-user-attach-policy", Certain)]);
    check_user(three("web-*"), json!({}), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
#[test]
fn a_role_that_has_the_name_is_deleted_first() {
    let app = |list: Json| allow(list, arn("role/app"));
    let steps = json!(["iam:CreateRole", "iam:AttachRolePolicy"]);
    let make = |list: Json, deny: Option<Json>| {
        let mut may = vec![app(steps.clone()), app(list)];
        may.extend(deny);
        json!(may)
    };
    let taken = |spec: Json| json!({"roles": {"app": spec}, "policies": {"x": plain()}});
    let empty = || taken(json!({"trust": trusts_service("x")}));
    let found: &Ways = &[("create-role-attach-policy", Certain)];
    let delete = || json!("iam:DeleteRole");
    check_user(make(delete(), None), empty(), found);
    check_user(make(json!("iam:GetRole"), None), empty(), &[]);
    check_user(make(delete(), Some(deny("iam:DeleteRole", "*"))), empty(), &[]);
    // What must go before it.
    for (spec, first) in [
        (json!({"may": plain(), "trust": trusts_service("x")}), "iam:DeleteRolePolicy"),
        (json!({"attached": ["x"], "trust": trusts_service("x")}), "iam:DetachRolePolicy"),
    ] {
        check_user(make(delete(), None), taken(spec.clone()), &[]);
        check_user(make(json!(["iam:DeleteRole", first]), None), taken(spec), found);
    }
    let with_profile = || taken(json!({"trust": trusts_service("x"), "profile": true}));
    check_user(make(delete(), None), with_profile(), &[]);
    let profile = allow("iam:RemoveRoleFromInstanceProfile", arn("instance-profile/*"));
    check_user(make(delete(), Some(profile)), with_profile(), found);
    // The name is taken whatever the path, and by no path is a service-linked role deleted.
    let elsewhere = |path: &str| taken(json!({"path": path, "trust": trusts_service("x")}));
    check_user(make(delete(), None), elsewhere("/team/"), &[]);
    let anywhere = json!([allow(json!(["iam:DeleteRole"]), "*"), app(steps.clone())]);
    check_user(anywhere.clone(), elsewhere("/team/"), found);
    check_user(anywhere, elsewhere("/aws-service-role/x/"), &[]);
}

/// A trust policy may name somebody else in reach.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>
#[test]
fn a_trust_policy_is_rewritten_for_somebody_in_reach() {
    let rewrite = || allow("iam:UpdateAssumeRolePolicy", arn("role/admin"));
    let denied = || deny("sts:AssumeRole", arn("role/admin"));
    let hop = |may: Json| {
        let mut json = admin(trusts_service("x"));
        json["roles"]["hop"] = json!({"may": may, "trust": trusts_account()});
        json
    };
    let found: &Ways = &[("update-assume-role-policy", Certain)];
    check_user(json!([rewrite(), denied(), assume("hop")]), hop(plain()), found);
    // Otherwise an account outside may be let in.
    let outside: &Ways = &[("update-assume-role-policy", Conditional)];
    check_user(json!([rewrite(), denied()]), hop(plain()), outside);
    check_user(json!([denied(), assume("hop")]), hop(plain()), &[]);
    check_user(json!([rewrite(), denied(), assume("hop")]), hop(json!([denied()])), outside);
    check_user(json!([rewrite(), deny("sts:*", "*"), assume("hop")]), hop(plain()), outside);
    check_user(json!([rewrite()]), hop(plain()), found);
}

/// Alice becomes the role far by way of near, and rewrites what far may do.
#[test]
fn somebody_in_reach_may_be_reached_through_others() {
    let far = || arn("role/far");
    let account = |near: Json, alice: Json| {
        json!({
            "users": {"alice": {"may": alice}},
            "roles": {
                "near": {"may": near, "trust": trusts_account()},
                "far": {"may": plain(), "trust": trusts(json!({"AWS": arn("role/near")}))},
            },
        })
    };
    let put = || allow("iam:PutRolePolicy", far());
    let found: &Ways = &[("put-role-policy", Certain)];
    check(account(json!([assume("far")]), json!([assume("near"), put()])), found);
    check(account(plain(), json!([assume("near"), put()])), found);
    check(account(json!([deny("sts:*", far())]), json!([assume("near"), put()])), &[]);
    check(account(json!([assume("far")]), json!([put()])), &[]);
    check(account(json!([assume("far")]), json!([assume("near")])), &[]);
    let elsewhere = allow("iam:PutRolePolicy", arn("role/other"));
    check(account(json!([assume("far")]), json!([assume("near"), elsewhere])), &[]);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let conditional: &Ways = &[("put-role-policy", Conditional)];
    let with_mfa = json!([when(assume("near"), mfa), put()]);
    check(account(json!([assume("far")]), with_mfa), conditional);
}

/// A role that its maker may not assume can be passed to a service.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
#[test]
fn who_is_made_may_be_passed_to_a_service() {
    let found: &Ways = &[("create-role-put-policy", Certain)];
    let made = || {
        let make = allow(json!(["iam:CreateRole", "iam:PutRolePolicy"]), "*");
        vec![make, deny("sts:AssumeRole", "*")]
    };
    let with = |others: &[Json]| json!([made(), others.to_vec()].concat());
    let run = || allow(json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), "*");
    let pass = |name: &str| allow("iam:PassRole", arn(&format!("role/{name}")));
    let to = |service: &str| json!({"StringEquals": {"iam:PassedToService": service}});
    // Otherwise it may trust an account outside.
    let outside: &Ways = &[("create-role-put-policy", Conditional)];
    check_user(with(&[]), json!({}), outside);
    check_user(with(&[run()]), json!({}), outside);
    check_user(with(&[pass("*")]), json!({}), outside);
    check_user(with(&[run(), pass("*")]), json!({}), found);
    check_user(with(&[run(), pass("lambda-*")]), json!({}), found);
    check_user(with(&[run(), when(pass("*"), to("lambda.amazonaws.com"))]), json!({}), found);
    check_user(with(&[run(), when(pass("*"), to("ec2.amazonaws.com"))]), json!({}), outside);
    check_user(with(&[run(), pass("*"), deny("lambda:InvokeFunction", "*")]), json!({}), outside);
    let taken = role("lambda", plain(), trusts_service("lambda.amazonaws.com"));
    let both = &[("put-role-policy", Certain), ("create-role-put-policy", Conditional)];
    check_user(with(&[run(), pass("lambda")]), taken, both);
    // EC2 wants an instance profile.
    let instances = || allow("ec2:RunInstances", "*");
    check_user(with(&[instances(), pass("*")]), json!({}), outside);
    let profile = json!(["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]);
    check_user(with(&[instances(), pass("*"), allow(profile, "*")]), json!({}), found);
}

/// Permissions that a resource policy grants to a session are not limited by an implicit deny of a boundary, and
/// whoever writes a trust policy may name its session.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn a_boundary_does_not_limit_sessions_that_are_named() {
    let session = format!("arn:aws:sts::{OWN}:assumed-role/alice/nightly");
    let bounded = |trust: Json, may: Json| {
        let mut json = admin(trust);
        json["roles"]["alice"] = json!({"may": may, "boundary": "b", "trust": []});
        json["policies"]["b"] = json!([allow("iam:*", "*")]);
        json
    };
    check(bounded(trusts(json!({"AWS": session})), plain()), ASSUME);
    check(bounded(trusts(json!({"AWS": arn("role/alice")})), plain()), &[]);
    let rewrite = json!([allow("iam:UpdateAssumeRolePolicy", "*")]);
    let rewritten: &Ways = &[("update-assume-role-policy", Certain)];
    check(bounded(trusts_service("ec2.amazonaws.com"), rewrite), rewritten);
    let new = arn("role/new-*");
    let make = json!([allow(json!(["iam:CreateRole", "iam:PutRolePolicy"]), new)]);
    let new_role: &Ways = &[("create-role-put-policy", Certain)];
    check(bounded(trusts_service("ec2.amazonaws.com"), make), new_role);
}

#[test]
fn what_only_a_request_tells_makes_it_conditional() {
    let mfa = || json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let found: &Ways = &[("assume-role", Conditional)];
    check_user(json!([when(assume("admin"), mfa())]), admin(trusts_account()), found);
    let guarded = when(trusts_account(), mfa());
    check_user(json!([assume("admin")]), admin(guarded.clone()), found);
    let account = account({
        let mut json = admin(guarded);
        json["users"]["alice"]["may"] = json!([assume("admin")]);
        json
    });
    let way = privileges(&account, "alice").ways.remove(0);
    assert_eq!(way.conditions, ["aws:MultiFactorAuthPresent"]);
    assert_eq!(way.target, Some(arn("role/admin")));
}

#[test]
fn a_chain_is_as_sure_as_its_weakest_step() {
    let chain = |last: Json| {
        let mut json = admin(last);
        json["roles"]["middle"] = json!({"may": [assume("admin")], "trust": trusts_account()});
        json
    };
    check_user(json!([assume("middle")]), chain(trusts_account()), ASSUME);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let unsure = chain(when(trusts_account(), mfa));
    check_user(json!([assume("middle")]), unsure, &[("assume-role", Conditional)]);
    check_user(json!([assume("middle")]), chain(trusts_service("ec2.amazonaws.com")), &[]);
}

#[test]
fn service_linked_roles_are_left_to_their_service() {
    let mut linked = admin(trusts_account());
    linked["roles"]["admin"]["path"] = json!("/aws-service-role/x.amazonaws.com/");
    let all = json!([allow(json!(["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"]), "*")]);
    check_user(all, linked, &[]);
    let alice = json!({"may": [allow("iam:*", "*")], "path": "/aws-service-role/x.amazonaws.com/"});
    assert!(ways(&account(json!({"roles": {"alice": alice}})), "alice").is_empty());
}

/// What nobody serves for today: no way of a principal, a possible one of whoever gets the policy.
#[test]
fn a_policy_alone() {
    let of = |statements: Json, mut others: Json| {
        others["policies"]["p"] = statements;
        let account = account(others);
        let place = account
            .policies
            .iter()
            .position(|it| it.name == "p")
            .unwrap();
        let ways = judge(&account, false).policies.swap_remove(place).ways;
        ways.iter()
            .map(|way| (way.method, way.certainty))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(json!([assume("*")]), json!({})), [("assume-role", Possible)]);
    assert_eq!(of(json!([assume("a*")]), admin(trusts_account())), ASSUME);
    let put = json!([allow("iam:PutUserPolicy", "*")]);
    assert_eq!(of(put, json!({})), [("put-user-policy", Certain)]);
    assert_eq!(of(json!([allow("iam:PassRole", "*")]), json!({})), []);
    // The holder's own user is nobody else.
    let key_of = |user: &str| json!([allow("iam:CreateAccessKey", arn(&format!("user/{user}")))]);
    assert_eq!(of(key_of("${aws:username}"), json!({})), []);
    assert_eq!(of(key_of("*"), json!({})), [("create-access-key", Possible)]);
    assert_eq!(of(plain(), admin(trusts_account())), []);
    assert_eq!(of(json!([everything()]), admin(trusts_account())), []);
}

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html>
#[test]
fn where_the_organization_is_not_known() {
    let json = json!({
        "users": {"alice": {"may": [allow(json!(["sso:*"]), "*")]}}, "organization": "unknown",
    });
    let account = account(json);
    let (least, most) = (judge(&account, false), judge(&account, true));
    assert!(least.principals[0].ways.is_empty());
    assert!(!most.principals[0].ways.is_empty());
    assert!(least.lacks.contains(&Lack::Organization));
}

#[test]
fn what_was_not_read_may_allow() {
    let json = json!({"users": {"alice": {"may": null}, "bob": {"may": plain()}}});
    let account = account(json);
    let (least, most) = (judge(&account, false), judge(&account, true));
    assert!(!least.principals[0].administrator && most.principals[0].administrator);
    assert!(!most.principals[1].administrator && most.principals[1].ways.is_empty());
}

/// A role that is not listed may be privileged, and may let in alice by name.
#[test]
fn what_is_not_listed_may_serve() {
    let may = |statements: &[Json], unlisted: &[PrincipalKind]| {
        let mut account = account(json!({"users": {"alice": {"may": statements}}}));
        account.unlisted = unlisted.to_vec();
        let least = judge(&account, false);
        assert!(least.principals[0].ways.is_empty() && least.policies[0].ways.is_empty());
        let most = judge(&account, true);
        [&most.principals[0], &most.policies[0]].map(|privileges| !privileges.ways.is_empty())
    };
    let (user, group, role) = (PrincipalKind::User, PrincipalKind::Group, PrincipalKind::Role);
    let assume = [assume("admin")];
    assert_eq!(may(&assume, &[]), [false, false]);
    assert_eq!(may(&assume, &[role]), [true, true]);
    assert_eq!(may(&assume, &[user, group]), [false, false]);
    let s3 = allow("s3:*", "*");
    assert_eq!(may(std::slice::from_ref(&s3), &[role]), [true, false]);
    assert_eq!(may(&[s3.clone(), deny("sts:AssumeRole", "*")], &[role]), [false, false]);
    assert_eq!(may(&[s3], &[user, group]), [false, false]);
    let key = [allow("iam:CreateAccessKey", arn("user/root"))];
    assert_eq!(may(&key, &[user]), [true, true]);
    assert_eq!(may(&key, &[group]), [false, false]);
    let join = [allow("iam:AddUserToGroup", arn("group/admins"))];
    assert_eq!(may(&join, &[group]), [true, true]);
    assert_eq!(may(&join, &[user]), [false, false]);
}

/// Within a boundary, each of one's policies may be rewritten or not: three have 8 combinations, sixteen
/// have 65,536, which are more than are followed.
#[test]
fn changes_beyond_the_budget_may_lead_anywhere() {
    for (policies, is_followed) in [(3, true), (16, false)] {
        let rewrite = allow("iam:CreatePolicyVersion", arn("policy/own-*"));
        let mut json = json!({"policies": {"b": [rewrite]}});
        let mut attached = Vec::new();
        for number in 0..policies {
            let name = format!("own-{number}");
            json["policies"][&name] = json!([rewrite]);
            attached.push(name);
        }
        json["users"] = json!({"alice": {"attached": attached, "boundary": "b"}});
        let account = account(json);
        let (least, most) = (judge(&account, false), judge(&account, true));
        assert!(least.principals[0].ways.is_empty());
        assert_eq!(most.principals[0].ways.is_empty(), is_followed, "{policies}");
        assert_eq!(least.lacks.contains(&Lack::Budget), !is_followed, "{policies}");
    }
}

/// Alice may rewrite bob and become him: that bob himself is privileged under a condition makes neither her nor
/// whoever may become her less sure.
#[test]
fn somebody_less_sure_does_not_hide_somebody_surer() {
    let tagged = json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}});
    let account = account(json!({
        "users": {
            "alice": {"may": [allow("*", arn("user/bob"))]},
            "bob": {"may": [when(allow("iam:PutGroupPolicy", arn("group/g")), tagged)], "groups": ["g"]},
        },
        "groups": {"g": {}},
        "roles": {"app": {"may": [allow("iam:CreateAccessKey", "*")], "trust": [trusts_account()]}},
    }));
    assert!(
        ways(&account, "bob")
            .iter()
            .all(|(_, certainty)| *certainty == Certainty::Conditional)
    );
    assert_eq!(ways(&account, "app"), [("create-access-key", Certainty::Certain)]);
}

/// Group actions act on groups, whatever else their resources name:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
#[test]
fn only_groups_are_joined_and_changed() {
    let actions = json!(["iam:AddUserToGroup", "iam:PutGroupPolicy"]);
    let with = || json!({"groups": {"g": {"may": plain()}}, "roles": {"app": {"may": plain()}}});
    for other in ["user/alice", "role/app"] {
        check_user(json!([allow(actions.clone(), arn(other))]), with(), &[]);
    }
    let found: &Ways = &[("put-group-policy", Certain)];
    check_user(json!([allow(actions, arn("group/g"))]), with(), found);
}

/// Whoever gives somebody else a policy and then removes the boundary of that one has both:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn changes_to_somebody_else_go_together() {
    let bounded = || {
        let mut json = role("app", plain(), json!([trusts_account()]));
        json["roles"]["app"]["boundary"] = json!("b");
        json["policies"]["b"] = plain();
        json
    };
    let on_app = |action: &str| allow(action, arn("role/app"));
    let put = || json!([assume("app"), on_app("iam:PutRolePolicy")]);
    check_user(put(), bounded(), &[]);
    let mut both = put();
    both.as_array_mut()
        .unwrap()
        .push(on_app("iam:DeleteRolePermissionsBoundary"));
    let found: &Ways = &[("delete-role-boundary", Certain)];
    check_user(both, bounded(), found);
    let shed = json!([assume("app"), on_app("iam:DeleteRolePermissionsBoundary")]);
    check_user(shed, bounded(), &[]);
}

/// The same of somebody who is made with a boundary.
#[test]
fn who_is_made_within_a_boundary_may_lose_it() {
    let with_boundary = json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/b")}});
    let make = || {
        let made = allow(json!(["iam:CreateUser", "iam:PutUserPolicy"]), arn("user/n-*"));
        vec![when(made, with_boundary.clone()), allow("iam:CreateAccessKey", arn("user/n-*"))]
    };
    let others = || json!({"policies": {"b": plain()}});
    check_user(json!(make()), others(), &[]);
    let found: &Ways = &[("create-user-put-policy", Certain)];
    for action in ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"] {
        let mut statements = make();
        statements.push(allow(action, arn("user/n-*")));
        check_user(json!(statements), others(), found);
        let mut elsewhere = make();
        elsewhere.push(allow(action, arn("user/other")));
        check_user(json!(elsewhere), others(), &[]);
    }
}

/// What somebody may do under a condition alone, that one may do:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>
#[test]
fn an_administrator_under_a_condition_hangs_on_its_key() {
    let with_mfa = || when(everything(), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    let alice =
        |may: Json| privileges(&account(json!({"users": {"alice": {"may": may}}})), "alice");
    let found = alice(json!([with_mfa()]));
    assert!(found.administrator);
    assert_eq!(found.administrator_depends_on, ["aws:MultiFactorAuthPresent"]);
    assert_eq!(found.ways, [], "they need MFA too");
    assert!(
        alice(json!([with_mfa(), everything()]))
            .administrator_depends_on
            .is_empty()
    );

    // Which policy is attached differs from request to request.
    let all_but_one = json!({"ArnEquals": {"iam:PolicyARN": arn("policy/break-glass")}});
    let guarded = alice(json!([everything(), when(deny("iam:Attach*", "*"), all_but_one)]));
    assert!(guarded.administrator && guarded.administrator_depends_on.is_empty());

    let put = || allow("iam:PutUserPolicy", arn("user/alice"));
    check_user(json!([with_mfa(), put()]), json!({}), &[("put-user-policy", Certain)]);

    let target = role("admin", json!([with_mfa()]), json!([trusts_account()]));
    check_user(json!([assume("admin")]), target.clone(), &[("assume-role", Conditional)]);
    let mut json = target;
    json["users"]["alice"]["may"] = json!([assume("admin")]);
    let found = privileges(&account(json), "alice").ways.remove(0);
    assert_eq!(found.conditions, ["aws:MultiFactorAuthPresent"]);
    let sentence =
        "assume role admin (sts:AssumeRole, policy own), depending on aws:MultiFactorAuthPresent";
    assert_eq!(found.sentence, sentence);
}

/// A request for an action of IAM has no keys of other services, so that a resource that is named by one
/// matches nothing: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[test]
fn a_variable_that_requests_lack_names_nothing() {
    for (variable, found) in [
        ("${s3:prefix}", &[] as &Ways),
        ("${s3:prefix, 'alice'}", &[("put-user-policy", Certain)]),
        ("${aws:username}", &[("put-user-policy", Certain)]),
        ("${aws:SourceIdentity}", &[]),
        ("${aws:UserAgent}", &[("put-user-policy", Conditional)]),
    ] {
        let put = allow("iam:PutUserPolicy", arn(&format!("user/{variable}")));
        check_user(json!([put]), json!({}), found);
    }
}

/// Whoever assumes a role acts with its permissions, and is itself again afterwards.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html>
#[test]
fn a_role_that_one_assumes_changes_oneself() {
    let with = |may: Json| role("tool", json!(may), trusts_account());
    let groups = || {
        let mut json = with(json!([allow("iam:AddUserToGroup", arn("group/admins"))]));
        json["groups"] = json!({"admins": {"may": [everything()]}});
        json
    };
    let put = |name: &str| with(json!([allow("iam:PutUserPolicy", arn(&format!("user/{name}")))]));
    check_user(json!([assume("tool")]), put("alice"), ASSUME);
    check_user(json!([assume("tool")]), put("bob"), &[]);
    check_user(json!([assume("app")]), put("alice"), &[]);
    check_user(json!([assume("tool")]), groups(), ASSUME);
    let on_group = || {
        let mut json = with(json!([allow("iam:PutGroupPolicy", arn("group/staff"))]));
        json["groups"] = json!({"staff": {"may": []}});
        json
    };
    check_user(json!([assume("tool")]), on_group(), &[]);
    let mut member = on_group();
    member["users"]["alice"]["groups"] = json!(["staff"]);
    check_user(json!([assume("tool")]), member, ASSUME);
    // The role has no way of its own: it is neither a user nor in a group.
    let mut json = put("alice");
    json["users"]["alice"]["may"] = json!([assume("tool")]);
    let account = account(json);
    assert_eq!(ways(&account, "tool"), &[]);
    let sentence = "assume role tool, with which it can become an administrator \
                    (sts:AssumeRole and iam:PutUserPolicy, policy own)";
    assert_eq!(privileges(&account, "alice").ways[0].sentence, sentence);
    // A role in the place of alice is in no group, and no user.
    for mut json in [put("alice"), groups()] {
        json["roles"]["alice"] = json!({"may": [assume("tool")], "trust": []});
        check(json, &[]);
    }
}

/// A role that one assumes removes what stands in one's own way.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn a_role_that_one_assumes_removes_ones_own_boundary() {
    let with = |user: &str| {
        let resource = arn(&format!("user/{user}"));
        let mut json = role(
            "tool",
            json!([allow("iam:DeleteUserPermissionsBoundary", resource)]),
            trusts_account(),
        );
        json["policies"] = json!({"limit": [allow(json!(["s3:*", "sts:*"]), "*")]});
        json["users"]["alice"]["boundary"] = json!("limit");
        json
    };
    check_user(json!([everything()]), with("alice"), ASSUME);
    check_user(json!([everything()]), with("bob"), &[]);
}

/// As one role alice rewrites another, which she then assumes.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html>
#[test]
fn a_role_that_one_assumes_changes_another_that_one_assumes() {
    let by_alice = || trusts(json!({"AWS": arn("user/alice")}));
    let two = |changed: &str, trust: Json| {
        let put = allow("iam:PutRolePolicy", arn(&format!("role/{changed}")));
        let mut json = role("tool", json!([put]), by_alice());
        json["roles"]["app"] = json!({"may": [], "trust": trust});
        json
    };
    check_user(json!([]), two("app", by_alice()), ASSUME);
    check_user(json!([]), two("other", by_alice()), &[]);
    check_user(json!([]), two("app", trusts_service("ec2.amazonaws.com")), &[]);
    // By way of a role between.
    let mut chained = two("app", by_alice());
    chained["roles"]["tool"]["trust"] = trusts(json!({"AWS": arn("role/between")}));
    chained["roles"]["between"] = json!({"may": [], "trust": by_alice()});
    check_user(json!([]), chained, ASSUME);
}

/// Credentials of a user are of use once it has been put in a group.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html>
#[test]
fn a_user_whose_keys_one_makes_is_put_in_a_group() {
    let roles = |actions: Json| {
        let mut json = role("alice", json!([allow(actions, "*")]), json!([]));
        json["users"]["bob"] = json!({"may": []});
        json["groups"]["admins"] = json!({"may": [everything()]});
        json
    };
    let both = json!(["iam:CreateAccessKey", "iam:AddUserToGroup"]);
    check(roles(both), &[("add-user-to-group", Certain)]);
    check(roles(json!(["iam:AddUserToGroup"])), &[]);
    check(roles(json!(["iam:CreateAccessKey"])), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[test]
fn a_tag_that_one_sets_freely_stands_for_any_name() {
    let tag = || allow("iam:TagUser", arn("user/alice"));
    let by_tag = |rest: &str| arn(&format!("role/${{aws:PrincipalTag/team}}{rest}"));
    let within = |rest: &str| allow("sts:AssumeRole", by_tag(rest));
    let but =
        || json!({"Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": by_tag("min")});
    let found: &Ways = &[("tag-user", Certain)];
    check_user(json!([within("min"), tag()]), admin(trusts_account()), found);
    check_user(json!([within("min")]), admin(trusts_account()), &[]);
    check_user(json!([within("-x"), tag()]), admin(trusts_account()), &[]);
    check_user(json!([assume("admin"), but(), tag()]), admin(trusts_account()), found);
    check_user(json!([assume("admin"), but()]), admin(trusts_account()), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>
#[test]
fn what_a_role_in_reach_is_given_changes_oneself() {
    let only = json!({"ArnEquals": {"iam:PolicyARN": arn("policy/own")}});
    let attach = when(allow("iam:AttachRolePolicy", arn("role/tool")), only);
    let with = |user: &str, may: Json, expected: &Ways| {
        let mut others = role("tool", plain(), trusts_account());
        let own = allow("iam:PutUserPolicy", arn(&format!("user/{user}")));
        others["policies"] = json!({"own": [own]});
        check_user(may, others, expected);
    };
    with("alice", json!([assume("tool"), attach]), &[("attach-role-policy", Certain)]);
    with("bob", json!([assume("tool"), attach]), &[]);
    with("alice", json!([attach]), &[]);
    with("alice", json!([assume("tool")]), &[]);
}

/// Code that is put into a function acts with the role of the function, and those who write the metadata of a SAML
/// provider sign in as a role that trusts it.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSAMLProvider.html>
#[test]
fn what_one_controls_changes_oneself() {
    let tool = |user: &str, trust: Json| {
        role("tool", json!([allow("iam:PutUserPolicy", arn(&format!("user/{user}")))]), trust)
    };
    let lambda = || trusts_service("lambda.amazonaws.com");
    let code = || json!([allow("lambda:UpdateFunctionCode", "*")]);
    let found: &Ways = &[("lambda-update-code", Conditional)];
    check_user(code(), tool("alice", lambda()), found);
    check_user(code(), tool("bob", lambda()), &[]);
    check_user(code(), tool("alice", trusts_service("ec2.amazonaws.com")), &[]);
    check_user(plain(), tool("alice", lambda()), &[]);
    let provider = |name: &str| arn(&format!("saml-provider/{name}"));
    let mut saml = trusts(json!({"Federated": provider("idp.example.com")}));
    saml["Action"] = json!("sts:AssumeRoleWithSAML");
    let rewrite = |name: &str| json!([allow("iam:UpdateSAMLProvider", provider(name))]);
    let by_provider: &Ways = &[("update-saml-provider", Certain)];
    check_user(rewrite("idp.example.com"), tool("alice", saml.clone()), by_provider);
    check_user(rewrite("idp.example.com"), tool("bob", saml.clone()), &[]);
    check_user(rewrite("other"), tool("alice", saml.clone()), &[]);
    // What an assertion says is up to whoever signs it; where it comes from is not.
    let conditioned = |condition: Json| tool("alice", when(saml.clone(), condition));
    let asserted = json!({"StringEquals": {
        "SAML:sub": "carol", "SAML:iss": "https://idp.example.com", "SAML:cn": "Carol",
        "SAML:aud": "https://signin.aws.amazon.com/saml", "sts:RoleSessionName": "carol",
    }});
    check_user(rewrite("idp.example.com"), conditioned(asserted), by_provider);
    let from = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    let depending: &Ways = &[("update-saml-provider", Conditional)];
    check_user(rewrite("idp.example.com"), conditioned(from), depending);
}

/// Whoever controls what runs with a role acts with what it has put into the role.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>
#[test]
fn a_role_that_something_runs_with_is_changed() {
    let app = |service: &str| role("app", plain(), trusts_service(service));
    let put = |name: &str| allow("iam:PutRolePolicy", arn(&format!("role/{name}")));
    let found: &Ways = &[("put-role-policy", Conditional)];
    let lambda = "lambda.amazonaws.com";
    let code = || allow("lambda:UpdateFunctionCode", "*");
    check_user(json!([put("app"), code()]), app(lambda), found);
    check_user(json!([put("other"), code()]), app(lambda), &[]);
    check_user(json!([put("app")]), app(lambda), &[]);
    check_user(json!([put("app"), code()]), app("ec2.amazonaws.com"), &[]);
    let shell = || allow("ecs:ExecuteCommand", "*");
    check_user(json!([put("app"), shell()]), app("ecs-tasks.amazonaws.com"), found);
    check_user(
        json!([put("app"), shell(), deny("ecs:*", "*")]),
        app("ecs-tasks.amazonaws.com"),
        &[],
    );
    // The boundary of the role goes first.
    let bounded = || {
        let mut json = role("app", json!([everything()]), trusts_service(lambda));
        json["policies"] = json!({"limit": [allow("s3:*", "*")]});
        json["roles"]["app"]["boundary"] = json!("limit");
        json
    };
    check_user(json!([code()]), bounded(), &[]);
    let unbind =
        |name: &str| allow("iam:DeleteRolePermissionsBoundary", arn(&format!("role/{name}")));
    let removed: &Ways = &[("delete-role-boundary", Conditional)];
    check_user(json!([code(), unbind("app")]), bounded(), removed);
    check_user(json!([code(), unbind("other")]), bounded(), &[]);
}

/// Whoever can sign in as a role by a federated provider, acts with what it has put into the role; roles keep trusting the
/// ARN of a provider that is deleted and made again.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSAMLProvider.html>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteSAMLProvider.html>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html>
#[test]
fn a_role_that_a_provider_opens_is_changed() {
    let provider = |name: &str| arn(&format!("{name}-provider/idp.example.com"));
    let app = |kind: &str, action: &str, condition: Json| {
        let trust = trusts(json!({"Federated": provider(kind)}));
        let mut app = role("app", plain(), when(trust, condition));
        app["roles"]["app"]["trust"]["Action"] = json!(action);
        app["roles"]["other"] = json!({"trust": trusts_service("ec2.amazonaws.com")});
        app
    };
    let saml = || app("saml", "sts:AssumeRoleWithSAML", json!({}));
    let oidc = |condition| app("oidc", "sts:AssumeRoleWithWebIdentity", condition);
    let on = |actions: &[&str], kind: &str| allow(json!(actions), provider(kind));
    let put = |name: &str| allow("iam:PutRolePolicy", arn(&format!("role/{name}")));
    let update = || on(&["iam:UpdateSAMLProvider"], "saml");
    check_user(json!([put("app"), update()]), saml(), &[("put-role-policy", Certain)]);
    check_user(json!([put("other"), update()]), saml(), &[]);
    check_user(json!([put("app"), on(&["iam:UpdateSAMLProvider"], "oidc")]), saml(), &[]);
    check_user(json!([put("app"), update()]), oidc(json!({})), &[]);
    let again = &["iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"];
    check_user(json!([put("app"), on(again, "saml")]), saml(), &[("put-role-policy", Certain)]);
    for action in again {
        check_user(json!([put("app"), on(&[action], "saml")]), saml(), &[]);
    }
    // Without the provider, creating it is enough.
    let create = || on(&["iam:CreateSAMLProvider"], "saml");
    let mut missing = saml();
    missing["saml_providers"] = json!(["another"]);
    check_user(json!([put("app"), create()]), missing.clone(), &[("put-role-policy", Certain)]);
    check_user(json!([put("app"), update()]), missing.clone(), &[]);
    missing["saml_providers"] = Json::Null;
    check_user(json!([put("app"), create()]), missing, &[("put-role-policy", Conditional)]);
    let by_token: &Ways = &[("put-role-policy", Conditional)];
    let thumbprint = || on(&["iam:UpdateOpenIDConnectProviderThumbprint"], "oidc");
    check_user(json!([put("app"), thumbprint()]), oidc(json!({})), by_token);
    let audience = || on(&["iam:AddClientIDToOpenIDConnectProvider"], "oidc");
    check_user(json!([put("app"), audience()]), oidc(json!({})), by_token);
    let fixed = json!({"StringEquals": {"idp.example.com:aud": "app"}});
    check_user(json!([put("app"), audience()]), oidc(fixed.clone()), &[]);
    check_user(json!([put("app"), thumbprint()]), oidc(fixed), by_token);
    // Issuers that AWS knows by itself have no provider in the account.
    let mut built_in = oidc(json!({}));
    built_in["roles"]["app"]["trust"]["Principal"] = json!({"Federated": "accounts.google.com"});
    for action in ["CreateOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint"] {
        let statement = allow(format!("iam:{action}"), "*");
        check_user(json!([put("app"), statement]), built_in.clone(), &[]);
    }
    // From role to role.
    let mut chain = saml();
    chain["roles"]["other"]["trust"] = trusts(json!({"AWS": arn("role/app")}));
    check_user(json!([put("other"), update()]), chain, &[("put-role-policy", Certain)]);
}

/// `Put…Policy` replaces the inline policy of that name; a managed policy stays.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>
#[test]
fn an_inline_deny_is_overwritten() {
    let own = || allow("iam:PutUserPolicy", arn("user/alice"));
    let all_else = || json!({"Effect": "Deny", "NotAction": "iam:PutUserPolicy", "Resource": "*"});
    let mut inline = json!({"users": {"alice": {"may": [own()]}}});
    inline["users"]["alice"]["inline"]["guard"] = json!([all_else()]);
    // Before a policy is put beside it, or after.
    check(inline, &[("put-user-policy", Certain), ("overwrite-user-policy", Certain)]);
    let mut managed = json!({"users": {"alice": {"may": [own()], "attached": ["guard"]}}});
    managed["policies"]["guard"] = json!([all_else()]);
    assert_eq!(ways(&account(managed), "alice"), []);
}

/// Resources that an action needs beside the first:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html>
#[test]
fn all_resources_that_an_action_needs_must_be_allowed() {
    let of = |resource: &str| format!("arn:aws:{resource}");
    let ec2 = |kind: &str| of(&format!("ec2:*:{OWN}:{kind}/*"));
    let app = || role("app", json!([everything()]), trusts_service("ec2.amazonaws.com"));
    let run = |resources: Json, more: Option<Json>| {
        let mut may = vec![allow("iam:PassRole", "*"), allow("ec2:RunInstances", resources)];
        may.extend(more);
        json!(may)
    };
    let found: &Ways = &[("ec2-run-instances", Certain)];
    let image = || of("ec2:*::image/*");
    let all = || json!([image(), ec2("instance"), ec2("network-interface"), ec2("subnet")]);
    check_user(run(all(), None), app(), found);
    check_user(run(json!([image(), ec2("instance")]), None), app(), &[]);
    check_user(run(json!([ec2("instance"), ec2("network-interface")]), None), app(), &[]);
    check_user(run(json!("*"), None), app(), found);
    check_user(run(json!("*"), Some(deny("ec2:*", image()))), app(), &[]);
    check_user(run(json!("*"), Some(deny("ec2:*", of("ec2:*::snapshot/*")))), app(), found);
    let one = || of("ec2:eu-west-1::image/ami-1");
    check_user(run(json!([one(), ec2("*")]), None), app(), found);
    // The key that tells the instance profile.
    let with = |profile: &str| json!({"ArnEquals": {"ec2:InstanceProfile": arn(profile)}});
    let limited = |profile: &str| {
        let run = when(allow("ec2:RunInstances", "*"), with(profile));
        json!([allow("iam:PassRole", "*"), run])
    };
    check_user(limited("instance-profile/app"), app(), found);
    check_user(limited("instance-profile/web"), app(), &[]);
    let any = || when(deny("ec2:*", "*"), json!({"Null": {"ec2:InstanceProfile": "false"}}));
    check_user(run(json!("*"), Some(any())), app(), &[]);
    // Commands need a document.
    let found: &Ways = &[("ssm-send-command", Conditional)];
    let document = || of("ssm:*::document/AWS-RunShellScript");
    let send = |resources: Json| json!([allow("ssm:SendCommand", resources)]);
    check_user(send(json!([ec2("instance"), document()])), app(), found);
    check_user(send(json!([ec2("instance")])), app(), &[]);
    check_user(send(json!([document()])), app(), &[]);
    let denied = deny("ssm:*", of("ssm:*:*:document/*"));
    check_user(json!([allow("ssm:SendCommand", "*"), denied]), app(), &[]);
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html>
#[test]
fn jobs_are_what_actions_on_jobs_act_on() {
    let app = || role("app", json!([everything()]), trusts_service("glue.amazonaws.com"));
    let of = |kind: &str| format!("arn:aws:glue:*:*:{kind}/*");
    let job = |more: Json| {
        json!([
            allow("iam:PassRole", "*"),
            allow(json!(["glue:CreateJob", "glue:StartJobRun"]), "*"),
            more
        ])
    };
    let found: &Ways = &[("glue-create-job-run", Certain)];
    check_user(job(deny("glue:*", of("job"))), app(), &[]);
    check_user(job(deny("glue:*", of("table"))), app(), found);
    check_user(job(deny("glue:*", of("trigger"))), app(), found);
}

/// A role that is bound to one trust anchor takes no certificates of another, whose id AWS chooses.
///
/// <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>
#[test]
fn a_role_that_is_bound_to_a_trust_anchor_takes_no_other() {
    let anchor = |region: &str, id: &str| {
        json!({"ArnEquals": {
            "aws:SourceArn": format!("arn:aws:rolesanywhere:{region}:{OWN}:trust-anchor/{id}"),
        }})
    };
    let actions =
        json!(["iam:PassRole", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"]);
    let found: &Ways = &[("rolesanywhere-create-trust-anchor", Certain)];
    for (condition, expected) in [
        (json!({}), found),
        (anchor("eu-west-1", "11111111-2222-3333-4444-555555555555"), &[]),
        (anchor("eu-west-1", "*"), found),
        (anchor("*", "*"), found),
        (json!({"StringEquals": {"aws:SourceAccount": OWN}}), found),
    ] {
        let trust = when(trusts_service("rolesanywhere.amazonaws.com"), condition);
        let app = role("app", json!([everything()]), trust);
        check_user(json!([allow(actions.clone(), "*")]), app, expected);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>
#[test]
fn a_session_as_root_is_limited_to_its_task() {
    let task = |name: &str| {
        let policy = format!("arn:aws:iam::aws:policy/root-task/{name}");
        let condition = json!({"ArnEquals": {"sts:TaskPolicyArn": policy}});
        let management = json!({"organization": {"management": OWN}});
        ways_of(json!([when(allow("sts:AssumeRoot", "*"), condition)]), management)
    };
    assert_eq!(task("IAMCreateRootUserPassword"), [("assume-root", Certain)]);
    assert_eq!(task("IAMAuditRootUserCredentials"), []);
    assert_eq!(task("S3UnlockBucketPolicy"), []);
}

/// A Deny of all but some resources leaves these.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html>
#[test]
fn what_a_deny_leaves_out_can_be_used() {
    let lambda = || trusts_service("lambda.amazonaws.com");
    let function = |region: &str, name: &str| format!("arn:aws:lambda:{region}:{OWN}:{name}");
    let but =
        |resource: String| json!({"Effect": "Deny", "Action": "lambda:*", "NotResource": resource});
    let code = |guard: Json| json!([allow("lambda:UpdateFunctionCode", "*"), guard]);
    let app = || role("app", json!([everything()]), lambda());
    let found: &Ways = &[("lambda-update-code", Conditional)];
    check_user(code(but(function("*", "function:dev-*"))), app(), found);
    check_user(code(but(function("eu-*", "*"))), app(), found);
    check_user(code(but(function("*", "layer:*"))), app(), &[]);
    check_user(code(deny("lambda:*", function("*", "function:*"))), app(), &[]);
    check_user(code(deny("lambda:*", function("*", "function:dev-*"))), app(), found);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
#[test]
fn a_policy_of_the_account_that_may_be_attached_need_not_allow_everything() {
    let by_arn = |operator: &str, arns: Json| json!({operator: {"iam:PolicyARN": arns}});
    let policies = |statement: Json| json!({"policies": {"dev-x": [statement]}});
    let put = || allow("iam:PutUserPolicy", "*");
    let attach = || allow("iam:AttachUserPolicy", "*");
    let named = || when(attach(), by_arn("ArnLike", json!(arn("policy/dev-*"))));
    check_user(json!([named()]), policies(put()), &[("attach-user-policy", Certain)]);
    check_user(json!([named()]), policies(allow("s3:*", "*")), &[]);
    check_user(json!([named()]), json!({"policies": {"x": [put()]}}), &[]);
    let aws = ["AdministratorAccess", "IAMFullAccess"];
    let aws = aws.map(|name| format!("arn:aws:iam::aws:policy/{name}"));
    let left_over = || deny_when("iam:AttachUserPolicy", by_arn("ArnEquals", json!(aws)));
    let expected = &[("attach-user-policy", Certain)];
    check_user(json!([attach(), left_over()]), policies(put()), expected);
    check_user(json!([attach(), left_over()]), policies(allow("s3:*", "*")), &[]);
    let rest = deny_when("iam:AttachUserPolicy", by_arn("ArnNotLike", json!(arn("policy/dev-*"))));
    check_user(json!([attach(), rest.clone()]), policies(put()), expected);
    check_user(json!([attach(), rest]), json!({"policies": {"x": [put()]}}), &[]);
}

fn deny_when(action: &str, condition: Json) -> Json {
    when(deny(action, "*"), condition)
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn a_boundary_of_the_account_that_may_be_set_need_not_allow_everything() {
    let put = allow("iam:PutUserPermissionsBoundary", "*");
    let put = when(put, json!({"ArnLike": {"iam:PermissionsBoundary": arn("policy/bound-*")}}));
    let with = |other: Json| {
        json!({
            "users": {"alice": {"may": [allow("iam:*", "*")], "boundary": "b"}},
            "policies": {"b": [put.clone()], "bound-2": [other]},
        })
    };
    check(with(allow("iam:PutUserPolicy", "*")), &[]);
    let wider = allow(json!(["iam:PutUserPolicy", "iam:CreatePolicyVersion"]), "*");
    check(with(wider), &[("put-user-boundary", Certain)]);
    check(with(allow("s3:*", "*")), &[]);
}

/// What a newcomer has need not be everything, if it leads there.
#[test]
fn who_is_made_may_become_an_administrator_in_turn() {
    let of_user = |policy: Json| {
        let attach = when(allow("iam:AttachUserPolicy", "*"), dev_policies());
        let mut json = admin(trusts_account());
        json["roles"]["alice"] = json!({
            "may": [allow(json!(["iam:CreateUser", "iam:CreateAccessKey"]), "*"), attach],
            "trust": trusts_service("ec2.amazonaws.com"),
        });
        json["policies"] = json!({"dev-x": [policy], "other": [everything()]});
        json
    };
    let found: &Ways = &[("create-user-attach-policy", Certain)];
    check(of_user(allow("iam:PutUserPolicy", arn("user/${aws:username}"))), found);
    check(of_user(assume("admin")), found);
    check(of_user(assume("other")), &[]);
    check(of_user(allow("iam:PutUserPolicy", arn("user/bob"))), &[]);
    // The policy itself may be rewritten once the newcomer has it.
    let mut rewritten = of_user(allow("s3:*", "*"));
    check(rewritten.clone(), &[]);
    let rewrite = allow("iam:CreatePolicyVersion", arn("policy/dev-x"));
    rewritten["roles"]["alice"]["may"]
        .as_array_mut()
        .unwrap()
        .push(rewrite);
    check(rewritten, found);
    // As a role, it changes what its maker has.
    let of_role = |policy: Json| {
        let attach = when(allow("iam:AttachRolePolicy", "*"), dev_policies());
        let may = json!([allow("iam:CreateRole", "*"), attach]);
        let ways = ways_of(may, json!({"policies": {"dev-x": [policy]}}));
        ways.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(
        of_role(allow("iam:PutUserPolicy", arn("user/alice"))),
        ["create-role-attach-policy"]
    );
    assert!(of_role(allow("iam:PutUserPolicy", arn("user/bob"))).is_empty());
}

fn dev_policies() -> Json {
    json!({"ArnLike": {"iam:PolicyARN": arn("policy/dev-*")}})
}

/// A statement for everybody whose condition names a principal of the account lets it in by itself.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[test]
fn a_trust_policy_may_let_in_who_is_yet_to_be_made() {
    let with = |name: &str, condition: Json| {
        let mut json = admin(when(trusts(json!({"AWS": "*"})), condition));
        let make = allow(
            json!(["iam:CreateUser", "iam:TagUser", "iam:CreateAccessKey"]),
            arn(&format!("user/{name}")),
        );
        json["roles"]["alice"] =
            json!({"may": [make], "trust": trusts_service("ec2.amazonaws.com")});
        json
    };
    let found: &Ways = &[("create-user", Certain)];
    let named = |name: &str| json!({"ArnLike": {"aws:PrincipalArn": arn(&format!("user/{name}"))}});
    check(with("*", named("new-*")), found);
    check(with("dev-*", named("*-ops")), found);
    check(with("dev-*", named("dev-x")), found);
    check(with("*", json!({"StringLike": {"aws:username": "new-*"}})), found);
    check(with("*", json!({"StringEquals": {"aws:PrincipalTag/team": "red"}})), found);
    check(with("dev-*", named("new-*")), &[]);
    let mut taken = with("*", named("dev-x"));
    taken["users"]["dev-x"] = json!({"may": plain(), "keys": 2});
    check(taken, &[]);
}

#[test]
fn two_groups_that_deny_something_are_joined() {
    let lambda = allow(json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), "*");
    let pass = || allow("iam:PassRole", "*");
    let with = |guard: Json| {
        let mut json = admin(trusts_service("lambda.amazonaws.com"));
        json["groups"] = json!({
            "one": {"may": [pass(), guard]},
            "other": {"may": [lambda.clone(), deny("sts:AssumeRole", "*")]},
        });
        json
    };
    let join = || json!([allow("iam:AddUserToGroup", "*")]);
    let found: &Ways = &[("add-user-to-group", Certain)];
    check_user(join(), with(deny("iam:PutUserPolicy", "*")), found);
    check_user(join(), with(deny("lambda:*", "*")), &[]);
}

#[test]
fn a_user_is_made_in_a_group() {
    let actions = ["iam:CreateUser", "iam:AddUserToGroup", "iam:CreateAccessKey"];
    let with = |statements: Json, group: Json| {
        json!({
            "roles": {"alice": {"may": statements, "trust": trusts_service("ec2.amazonaws.com")}},
            "groups": {"g": {"may": [group]}},
            "policies": {"b": plain()},
        })
    };
    let all = || json!([allow(json!(actions), "*")]);
    check(with(all(), everything()), &[("create-user-in-group", Certain)]);
    check(with(all(), allow("s3:*", "*")), &[]);
    check(with(json!([allow(json!(actions[..2]), "*")]), everything()), &[]);
    let bounded = json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/b")}});
    let create = when(allow("iam:CreateUser", "*"), bounded);
    let rest = allow(json!(actions[1..]), "*");
    check(with(json!([create.clone(), rest.clone()]), everything()), &[]);
    let free = allow("iam:DeleteUserPermissionsBoundary", "*");
    let expected = &[("create-user-in-group", Certain)];
    check(with(json!([create, rest, free]), everything()), expected);
}

/// IAM answers "this role is only modifiable by AWS".
///
/// <https://github.com/rebuy-de/aws-nuke/issues/441>
#[test]
fn a_role_of_identity_center_is_modified_by_it_alone() {
    for (path, is_free) in [("/aws-reserved/sso.amazonaws.com/", false), ("/team/", true)] {
        let expected = |ways: &'static Ways| if is_free { ways } else { &[] };
        let mut admin = admin(trusts_service("ec2.amazonaws.com"));
        admin["roles"]["admin"]["path"] = json!(path);
        let rewrite = json!([allow("iam:UpdateAssumeRolePolicy", "*")]);
        check_user(rewrite, admin, expected(&[("update-assume-role-policy", Certain)]));
        let alice = |may: Json, attached: Json| {
            let trust = trusts_service("ec2.amazonaws.com");
            let alice = json!({"may": may, "attached": attached, "path": path, "trust": trust});
            let rewrite = allow("iam:CreatePolicyVersion", "*");
            json!({"roles": {"alice": alice}, "policies": {"p": [rewrite]}})
        };
        let put = allow("iam:PutRolePolicy", "*");
        check(alice(json!([put]), json!([])), expected(&[("put-role-policy", Certain)]));
        check(alice(plain(), json!(["p"])), &[("create-policy-version", Certain)]);
    }
}

#[test]
fn a_trust_policy_is_rewritten_for_a_service() {
    let pass = json!(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]);
    let rewrite = || allow("iam:UpdateAssumeRolePolicy", "*");
    let target = || {
        let mut target = admin(trusts_service("unrelated.amazonaws.com"));
        target["roles"]["admin"]["profile"] = json!(false);
        target
    };
    let no_session = || deny("sts:*", "*");
    let expected = &[("update-assume-role-policy", Certain)];
    check_user(json!([rewrite(), no_session(), allow(pass.clone(), "*")]), target(), expected);
    // Otherwise an account outside may be let in.
    let outside = &[("update-assume-role-policy", Conditional)];
    check_user(json!([rewrite(), no_session()]), target(), outside);
    let other = allow(pass, arn("role/other"));
    check_user(json!([rewrite(), no_session(), other]), target(), outside);
}

#[test]
fn another_role_is_given_a_policy_and_loses_its_boundary() {
    let target = || {
        let mut target = role("x", plain(), trusts_service("ec2.amazonaws.com"));
        target["roles"]["x"]["boundary"] = json!("b");
        target["policies"]["b"] = plain();
        target
    };
    let all = ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:CreatePolicyVersion"];
    let ways = ways_of(json!([allow(json!(all), "*")]), target());
    assert!(ways.contains(&("put-role-policy", Certain)), "{ways:?}");
    check_user(json!([allow(json!(all[..2]), "*")]), target(), &[]);
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html>
#[test]
fn a_session_is_opened_where_the_role_runs() {
    let kinds = [
        ("ec2.amazonaws.com", "arn:aws:ec2:*:*:instance/*"),
        ("ssm.amazonaws.com", "arn:aws:ssm:*:*:managed-instance/*"),
        ("ecs-tasks.amazonaws.com", "arn:aws:ecs:*:*:task/*"),
    ];
    let document = "arn:aws:ssm:*:*:document/*";
    for (service, _) in kinds {
        for (other, resource) in kinds {
            let session = json!([allow("ssm:StartSession", resource)]);
            let opened: &Ways = &[("ssm-start-session", Conditional)];
            let expected = if service == other { opened } else { &[] };
            check_user(session, admin(trusts_service(service)), expected);
            let command = json!([allow("ssm:SendCommand", json!([resource, document]))]);
            let sent: &Ways = &[("ssm-send-command", Conditional)];
            let runs = service == other && service != "ecs-tasks.amazonaws.com";
            let expected = if runs { sent } else { &[] };
            check_user(command, admin(trusts_service(service)), expected);
        }
    }
}

/// A boundary must allow the same request, which has one value of a key.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn conditions_of_a_policy_and_its_boundary_hold_together() {
    let region = |operator: &str, value: &str| json!({operator: {"aws:RequestedRegion": value}});
    for (own, bound, is_possible) in [
        (region("StringEquals", "us-east-1"), region("StringEquals", "eu-west-1"), false),
        (region("StringEquals", "us-east-1"), region("StringLike", "us-*"), true),
        (region("StringEquals", "us-east-1"), region("StringNotLike", "us-*"), false),
        (region("StringNotEquals", "us-east-1"), region("StringNotEquals", "eu-west-1"), true),
        (region("StringEquals", "us-east-1"), json!({"Null": {"aws:SourceVpc": "true"}}), true),
    ] {
        let account = account(json!({
            "users": {"alice": {"may": [when(everything(), own.clone())], "boundary": "b"}},
            "policies": {"b": [when(everything(), bound.clone())]},
        }));
        let alice = privileges(&account, "alice");
        assert_eq!(alice.administrator, is_possible, "{own} {bound}");
        assert!(is_possible || alice.ways.is_empty(), "{own} {bound}");
    }
}

/// Names must match the patterns of all steps, however many asterisks these have.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
#[test]
fn patterns_with_many_asterisks_are_followed() {
    let all = |names: &[&str]| {
        let arns = names.iter().map(|it| format!("arn:aws:iam::*:role/{it}"));
        json!(arns.collect::<Vec<_>>())
    };
    let steps = json!(["iam:CreateRole", "iam:AttachRolePolicy"]);
    let both = |one: &[&str], other: &[&str]| {
        json!([allow("iam:CreateRole", all(one)), allow("iam:AttachRolePolicy", all(other))])
    };
    let overlapping = ["a*b*c", "a*d*c", "a*e*c", "*b*d*", "a*b*d*e*c", "*c"];
    for (may, is_found) in [
        (json!([allow("iam:*", all(&["a*b*c"]))]), true),
        (json!([allow("iam:*", all(&overlapping))]), true),
        (json!([allow(steps, all(&overlapping))]), true),
        (both(&["a*b*c"], &["*d*e*"]), true),
        (both(&["a*b*c", "x*y*z*"], &["b*b*c", "z*y*x*", "*d*e*d"]), true),
        (both(&["a*b*c"], &["a*b*d"]), false),
        (both(&["a*b*c", "x*y*z"], &["b*b*c", "z*y*x", "*d*e*d"]), false),
    ] {
        let account = account(json!({"users": {"alice": {"may": may.clone()}}}));
        for generous in [false, true] {
            let judged = judge(&account, generous);
            assert_eq!(judged.lacks, [].into(), "{may}");
            let mut ways = judged.principals[0].ways.iter();
            assert_eq!(ways.any(|it| it.method == "create-role-attach-policy"), is_found, "{may}");
        }
    }
}

/// Statements whose conditions never hold name nothing that could be tried.
#[test]
fn statements_that_never_apply_are_not_followed() {
    for (user, lacks) in [("bob", [].into()), ("alice", [Lack::Budget].into())] {
        let mut statements = Vec::new();
        for number in 0..100 {
            for action in ["iam:CreateRole", "iam:PutRolePolicy"] {
                let named = allow(action, arn(&format!("role/{action}-{number}")));
                statements.push(when(named, json!({"StringEquals": {"aws:username": user}})));
            }
        }
        let account = account(json!({"users": {"alice": {"may": statements}}}));
        assert_eq!(judge(&account, false).lacks, lacks, "{user}");
    }
}

#[test]
fn names_beyond_those_that_are_tried_may_serve() {
    let with = |count: usize| {
        let mut statements = Vec::new();
        for number in 0..count {
            let on = |action: &str| allow(action, arn(&format!("role/{action}-{number}")));
            statements.extend([on("iam:CreateRole"), on("iam:PutRolePolicy")]);
        }
        account(json!({"users": {"alice": {"may": statements}}}))
    };
    let few = judge(&with(10), false);
    assert_eq!(few.lacks, [].into());
    let many = judge(&with(100), false);
    assert_eq!(many.lacks, [Lack::Budget].into());
    assert_eq!(many.principals[0].ways, []);
    assert_ne!(judge(&with(100), true).principals[0].ways, []);
}

#[test]
fn what_a_change_leads_to_may_turn_out_surer() {
    let unseen = json!(["iam:AcceptDelegationRequest", "iam:SendDelegationToken"]);
    let lambda = json!(["lambda:CreateFunction", "lambda:InvokeFunction"]);
    let mut account = admin(trusts_service("lambda.amazonaws.com"));
    account["policies"]["dev"] = json!([allow(unseen, "*"), allow(lambda, "*")]);
    let only = json!({"ArnEquals": {"iam:PolicyARN": arn("policy/dev")}});
    let attach = when(allow("iam:AttachUserPolicy", "*"), only);
    let pass = allow("iam:PassRole", "*");
    check_user(json!([attach, pass]), account, &[("attach-user-policy", Certain)]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn who_joins_a_group_keeps_what_it_has() {
    let join = || allow("iam:AddUserToGroup", "*");
    let lambda = || allow(json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), "*");
    let pass = || allow("iam:PassRole", "*");
    let with = |groups: Json| {
        let mut account = admin(trusts_service("lambda.amazonaws.com"));
        account["groups"] = groups;
        account
    };
    let joins: &Ways = &[("add-user-to-group", Certain)];
    // What the groups and the user have counts together.
    let one = || with(json!({"g": {"may": [lambda()]}}));
    check_user(json!([join(), pass()]), one(), joins);
    check_user(json!([join()]), one(), &[]);
    let two =
        with(json!({"g": {"may": [lambda()]}, "h": {"may": [pass()]}, "i": {"may": plain()}}));
    check_user(json!([join()]), two, joins);
    let denied = with(json!({"g": {"may": [lambda(), deny("iam:PassRole", "*")]}}));
    check_user(json!([join(), pass()]), denied, &[]);
    let own = with(json!({"g": {"may": [allow("iam:PutUserPolicy", arn("user/alice"))]}}));
    check_user(json!([join()]), own, joins);
    let in_h = json!({"g": {"may": [allow("iam:PutGroupPolicy", arn("group/h"))]}, "h": {}});
    let mut in_h = with(in_h);
    in_h["users"]["alice"]["groups"] = json!(["h"]);
    check_user(json!([allow("iam:AddUserToGroup", arn("group/g"))]), in_h, joins);
    // So do the user's own Deny and boundary.
    let admins = || with(json!({"g": {"may": [everything()]}}));
    check_user(json!([join()]), admins(), joins);
    let all_but_join =
        json!({"Effect": "Deny", "NotAction": "iam:AddUserToGroup", "Resource": "*"});
    check_user(json!([join(), all_but_join]), admins(), &[]);
    let mut bounded = admins();
    bounded["users"]["alice"]["boundary"] = json!("b");
    bounded["policies"]["b"] = json!([join(), allow("s3:*", "*")]);
    check_user(json!([join()]), bounded, &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn whom_a_trust_policy_names_may_first_remove_what_denies() {
    let alice = || arn("user/alice");
    let by_name =
        |key: &str, value: String| when(trusts_account(), json!({"StringEquals": {key: value}}));
    let sts = || json!([deny("sts:*", "*")]);
    for trust in [
        trusts(json!({"AWS": alice()})),
        when(trusts(json!({"AWS": "*"})), json!({"ArnEquals": {"aws:PrincipalArn": alice()}})),
        when(trusts(json!({"AWS": "*"})), json!({"StringEquals": {"aws:PrincipalAccount": OWN}})),
        by_name("aws:username", "alice".to_owned()),
    ] {
        let with = |action: &str, resource: String| {
            let mut target = admin(trust.clone());
            let may = json!([allow(action, resource), allow("s3:*", "*")]);
            target["users"]["alice"] = json!({"may": may, "inline": {"guard": sts()}});
            target
        };
        check(with("iam:DeleteUserPolicy", alice()), &[("delete-user-policy", Certain)]);
        check(with("iam:DeleteUserPolicy", arn("user/bob")), &[]);
        check(with("iam:DetachUserPolicy", alice()), &[]);
    }
    let bounded = |boundary: Json| {
        let mut target = admin(trusts(json!({"AWS": arn("role/alice")})));
        let may = json!([allow("iam:DeleteRolePermissionsBoundary", "*")]);
        let trust = trusts_service("ec2.amazonaws.com");
        target["roles"]["alice"] = json!({"may": may, "boundary": "b", "trust": trust});
        target["policies"]["b"] = boundary;
        target
    };
    check(bounded(json!([allow("iam:*", "*")])), &[("delete-role-boundary", Certain)]);
    check(bounded(plain()), &[]);
    // Somebody else removes it, and then acts as whom the trust policy names.
    let of_bob = |may: Json| {
        let mut target = admin(trusts(json!({"AWS": arn("user/bob")})));
        target["users"]["bob"] = json!({"may": sts(), "keys": 0});
        target["users"]["alice"] = json!({"may": [allow(may, arn("user/bob"))]});
        target
    };
    let both = json!(["iam:DeleteUserPolicy", "iam:CreateAccessKey"]);
    check(of_bob(both), &[("delete-user-policy", Certain)]);
    check(of_bob(json!("iam:CreateAccessKey")), &[]);
    let guards = |action: &str| {
        let mut target = admin(trusts(json!({"AWS": alice()})));
        target["users"]["alice"] = json!({"may": [allow(action, "*")], "inline": {"guard": sts()}});
        privileges(&account(target), "alice").removable_guards.len()
    };
    assert_eq!(guards("iam:DeleteUserPolicy"), 1);
    assert_eq!(guards("iam:DeleteRolePolicy"), 0);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>
#[test]
fn a_deny_is_removed_for_the_sake_of_a_later_step() {
    let with = |overwrite: &str, boundary: Json| {
        let all = json!(["iam:PutUserPolicy", "iam:CreatePolicyVersion"]);
        let rewrite = "iam:CreatePolicyVersion";
        let may =
            json!([allow(overwrite, "*"), allow(rewrite, "*"), deny(rewrite, arn("policy/b"))]);
        json!({
            "users": {"alice": {"may": may, "boundary": "b"}},
            "policies": {"b": [boundary, allow(all, "*")]},
        })
    };
    // A policy that allows everything, then the one with the Deny, then the boundary.
    let put = with("iam:PutUserPolicy", allow("s3:*", "*"));
    check(put, &[("put-user-policy", Certain)]);
    check(with("iam:PutGroupPolicy", allow("s3:*", "*")), &[]);
    check(with("iam:PutUserPolicy", deny("iam:CreatePolicyVersion", "*")), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>
#[test]
fn a_group_is_joined_whose_policies_are_changed_then() {
    let joins: &Ways = &[("add-user-to-group", Certain)];
    let join = || allow("iam:AddUserToGroup", "*");
    let with = |may: Json, of_g: Json, versions: Json| {
        json!({
            "users": {"alice": {"may": may}},
            "groups": {"g": {"may": of_g}, "h": {"attached": ["own"]}, "i": {"may": plain()}},
            "policies": {"own": {"versions": versions}},
        })
    };
    let rewrite = |policy: &str| allow("iam:CreatePolicyVersion", arn(policy));
    let one = || json!([plain()[0]]);
    check(with(json!([join(), rewrite("policy/own")]), plain(), json!([one()])), joins);
    check(with(json!([join(), rewrite("policy/other")]), plain(), json!([one()])), &[]);
    let default = || allow("iam:SetDefaultPolicyVersion", "*");
    let older = json!([one(), [everything()]]);
    check(with(json!([join(), default()]), plain(), older), joins);
    check(with(json!([join(), default()]), plain(), json!([one(), one()])), &[]);
    // One group may change another.
    check(with(json!([join()]), json!([rewrite("policy/own")]), json!([one()])), joins);
    check(with(json!([join()]), json!([rewrite("policy/other")]), json!([one()])), &[]);
    let put = |group: &str| json!([allow("iam:PutGroupPolicy", arn(group))]);
    check(with(json!([join()]), put("group/i"), json!([one()])), joins);
    check(with(json!([join()]), put("group/j"), json!([one()])), &[]);
    let only = |group: &str| json!([allow("iam:AddUserToGroup", arn(group))]);
    check(with(only("group/g"), put("group/i"), json!([one()])), &[]);
}

/// Whoever becomes a role that may not assume another may be let in by it instead.
#[test]
fn a_trust_policy_is_rewritten_for_whoever_comes_from_before() {
    let all = json!(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]);
    let with = |trust: Json, of_mid: Json, may: Json| {
        let mut target = admin(trusts_service("x"));
        target["roles"]["mid"] = json!({"may": of_mid, "trust": trust});
        target["users"]["alice"] = json!({"may": may});
        target
    };
    let rewrite = |role: &str| allow("iam:UpdateAssumeRolePolicy", arn(role));
    let no_session = || deny("sts:AssumeRole", "*");
    let of_mid = |role: &str| json!([rewrite(role), no_session()]);
    let named = || trusts(json!({"AWS": arn("user/alice")}));
    check(with(named(), of_mid("role/admin"), plain()), ASSUME);
    check(with(named(), of_mid("role/other"), plain()), &[]);
    // Alice is denied to assume roles but this one.
    let but_mid = json!({"Effect": "Deny", "Action": "sts:*", "NotResource": arn("role/mid")});
    // She may let in an account outside.
    let outside = &[("assume-role", Conditional)];
    check(with(named(), of_mid("role/admin"), json!([but_mid])), outside);
    let service = || trusts_service("lambda.amazonaws.com");
    let passes = json!([allow(all, "*")]);
    let found = ways(&account(with(service(), of_mid("role/admin"), passes.clone())), "alice");
    assert!(found.contains(&("lambda-create-invoke", Certain)), "{found:?}");
    check(with(service(), of_mid("role/other"), passes), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html>
#[test]
fn a_group_is_made_for_a_user() {
    let make = |give: &str, group: &str| {
        let all = json!(["iam:CreateGroup", give, "iam:AddUserToGroup"]);
        allow(all, arn(&format!("group/{group}")))
    };
    let put = || make("iam:PutGroupPolicy", "new-*");
    let found: &Ways = &[("create-group-put-policy", Certain)];
    check_user(json!([put()]), json!({"groups": {"g": {"may": plain()}}}), found);
    let attach = make("iam:AttachGroupPolicy", "t/*");
    check_user(json!([attach]), json!({}), &[("create-group-attach-policy", Certain)]);
    // The only name is taken.
    let taken = json!({"groups": {"g": {"may": plain()}}, "users": {"bob": {"groups": ["g"]}}});
    check_user(json!([make("iam:PutGroupPolicy", "g")]), taken, &[("put-group-policy", Certain)]);
    check_user(json!([make("iam:GetGroup", "new-*")]), json!({}), &[]);
    let fill = allow(json!(["iam:PutGroupPolicy", "iam:AddUserToGroup"]), arn("group/b"));
    check_user(json!([allow("iam:CreateGroup", arn("group/a")), fill]), json!({}), &[]);
    // A role puts a user in it whose keys it makes.
    let keys = || allow("iam:CreateAccessKey", arn("user/bob"));
    let of_role = |may: Json| {
        let mut json = role("alice", may, trusts_service("x"));
        json["users"]["bob"] = json!({"may": plain(), "keys": 0});
        json
    };
    check(of_role(json!([put(), keys()])), found);
    check(of_role(json!([put()])), &[]);
    let user = || allow(json!(["iam:CreateUser", "iam:CreateAccessKey"]), arn("user/new-*"));
    let created: &Ways = &[("create-user-in-new-group-put-policy", Certain)];
    check(of_role(json!([put(), user()])), created);
    check(of_role(json!([user()])), &[]);
}

/// A boundary, and a Deny that leaves resources out, limit what an action may be used on.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn a_resource_must_be_within_all_limits() {
    let function = |name: &str| format!("arn:aws:lambda:*:{OWN}:function:{name}");
    let target = || admin(trusts_service("lambda.amazonaws.com"));
    let lambda = |resource: String| {
        allow(json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), resource)
    };
    let found: &Ways = &[("lambda-create-invoke", Certain)];
    let bounded = |boundary: String| {
        let mut json = target();
        json["users"]["alice"]["boundary"] = json!("b");
        json["policies"]["b"] = json!([allow("iam:PassRole", "*"), allow("lambda:*", boundary)]);
        json
    };
    let pass = || allow("iam:PassRole", arn("role/admin"));
    let may = |name: &str| json!([pass(), lambda(function(name))]);
    check_user(may("*"), bounded(function("dev-*")), found);
    check_user(may("*-api"), bounded(function("dev-*")), found);
    check_user(may("web-*"), bounded(function("dev-*")), &[]);
    let of_region = format!("arn:aws:lambda:eu-west-1:{OWN}:function:*");
    check_user(may("*"), bounded(of_region), found);
    let rest =
        |name: &str| json!({"Effect": "Deny", "Action": "lambda:*", "NotResource": function(name)});
    let spared = |name: &str| json!([pass(), lambda(function("dev-*")), rest(name)]);
    check_user(spared("*-api"), target(), found);
    check_user(spared("web-*"), target(), &[]);
    // Actions that accept only * are not allowed on what a policy names, within a boundary or not.
    let mut bounded = bounded(function("*"));
    bounded["policies"]["b"] = json!([everything()]);
    check_user(json!([allow("*", arn("policy/p"))]), bounded, &[]);
}

/// A `*` at the end of a field goes beyond it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
#[test]
fn a_wildcard_may_stand_for_several_fields() {
    let may = |resource: &str| json!([allow("sts:AssumeRole", resource)]);
    check_user(may("arn:*:role/admin"), admin(trusts_account()), ASSUME);
    check_user(may("arn:aws:*:role/admin"), admin(trusts_account()), ASSUME);
    check_user(may("arn:*:role/other"), admin(trusts_account()), &[]);
}

/// A boundary is a managed policy that its holder has, in a way.
#[test]
fn the_boundary_of_somebody_in_reach_may_be_rewritten() {
    let ops = || {
        json!({
            "roles": {"ops": {"may": [everything()], "trust": trusts_account(), "boundary": "b"}},
            "policies": {"b": plain(), "c": plain()},
        })
    };
    let rewrite = |name: &str| allow("iam:CreatePolicyVersion", arn(&format!("policy/{name}")));
    let found: &Ways = &[("create-policy-version", Certain)];
    check_user(json!([assume("ops"), rewrite("b")]), ops(), found);
    check_user(json!([assume("ops"), rewrite("c")]), ops(), &[]);
    check_user(json!([rewrite("b")]), ops(), &[]);
}

/// What may be attached and rewritten need not be spelled out, and may have to lose a version first.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>
#[test]
fn a_policy_that_may_be_attached_and_rewritten() {
    let attach = |operator: &str, pattern: &str| {
        when(allow("iam:AttachUserPolicy", "*"), json!({operator: {"iam:PolicyARN": pattern}}))
    };
    let own = |name: &str| arn(&format!("policy/{name}"));
    let rewrite = |name: &str| allow("iam:CreatePolicyVersion", own(name));
    let with = || json!({"policies": {"team-a": plain()}});
    let found: &Ways = &[("attach-user-policy", Certain)];
    check_user(json!([attach("ArnLike", &own("*")), rewrite("*")]), with(), found);
    let not_aws = attach("ArnNotLike", "arn:aws:iam::aws:policy/*");
    check_user(json!([not_aws, rewrite("team-*")]), with(), found);
    check_user(json!([attach("ArnLike", &own("web-*")), rewrite("*")]), with(), &[]);
    check_user(json!([attach("ArnLike", &own("*")), rewrite("web-*")]), with(), &[]);
    let full = || json!({"policies": {"team-a": {"versions": [plain(), plain(), plain(), plain(), plain()]}}});
    let make_room = || allow("iam:DeletePolicyVersion", "*");
    let may = json!([attach("ArnLike", &own("*")), rewrite("*")]);
    check_user(may.clone(), full(), &[]);
    let may = json!([attach("ArnLike", &own("*")), rewrite("*"), make_room()]);
    check_user(may, full(), found);
}

/// After a change to one's own permissions, others may be changed as if there had been no obstacle.
#[test]
fn whom_one_becomes_after_a_change_of_oneself_may_be_changed() {
    let bob = || arn("user/bob");
    let both = || json!([allow("iam:CreateAccessKey", bob()), allow("iam:PutUserPolicy", bob())]);
    let with = |alice: Json, others: Json| {
        let mut json = others;
        json["users"] = json!({"alice": alice, "bob": {"may": plain()}});
        json
    };
    let shed = || allow("iam:DeleteUserPermissionsBoundary", arn("user/alice"));
    let mut may = both().as_array().unwrap().clone();
    may.push(shed());
    let bounded = |boundary: Json| {
        with(json!({"may": may, "boundary": "b"}), json!({"policies": {"b": boundary}}))
    };
    check(bounded(json!([shed()])), &[("delete-user-boundary", Certain)]);
    check(bounded(json!([allow("s3:*", "*")])), &[]);
    let join = |group: Json| {
        let alice = json!({"may": [allow("iam:AddUserToGroup", arn("group/g"))]});
        with(alice, json!({"groups": {"g": {"may": group}}}))
    };
    check(join(both()), &[("add-user-to-group", Certain)]);
    check(join(json!([allow("iam:PutUserPolicy", bob())])), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>
#[test]
fn names_are_unique_regardless_of_path_and_case() {
    let create = |name: &str| {
        let resource = arn(&format!("user/{name}"));
        json!([allow(
            json!(["iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy"]),
            resource
        )])
    };
    let with = |name: &str, path: &str| json!({"users": {name: {"may": plain(), "path": path}}});
    let ways = ways_of(create("dev/bob"), with("ann", "/"));
    assert!(ways.iter().any(|(_, certainty)| *certainty == Certain), "{ways:?}");
    check_user(create("dev/bob"), with("bob", "/x/"), &[]);
    check_user(create("dev/bob"), with("Bob", "/x/"), &[]);
}

/// IAM has no tags for groups, so a condition on them never holds.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_identityandaccessmanagement.html>
#[test]
fn groups_have_no_tags() {
    let tagged = |value: &str| json!({"StringEquals": {"aws:ResourceTag/team": value}});
    let may = |statement: Json| json!({"users": {"alice": {"may": [statement], "groups": ["g"]}}, "groups": {"g": {"may": plain()}}});
    let put = || allow("iam:PutGroupPolicy", "*");
    check(may(put()), &[("put-group-policy", Certain)]);
    check(may(when(put(), tagged("a"))), &[]);
}

/// Nobody needs to assume a role at home that lets in an account outside.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[test]
fn a_deny_at_home_binds_no_account_outside() {
    let may = |action: &str| json!([allow(action, arn("role/admin")), deny("sts:AssumeRole", "*")]);
    let target = || admin(trusts_service("x"));
    let outside = &[("update-assume-role-policy", Conditional)];
    check_user(may("iam:UpdateAssumeRolePolicy"), target(), outside);
    check_user(may("iam:UpdateRoleDescription"), target(), &[]);
}

/// A trust policy may compare the role's own tags with those of the caller.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html>
#[test]
fn tags_of_the_role_open_its_trust_policy() {
    let mut target = admin(json!([when(
        trusts_account(),
        json!({"StringEquals": {"aws:ResourceTag/team": "dev"}}),
    )]));
    target["roles"]["admin"]["tags"] = json!({"team": "ops"});
    let tag = allow("iam:TagRole", arn("role/admin"));
    check_user(json!([assume("admin"), tag]), target.clone(), ASSUME);
    check_user(json!([assume("admin")]), target, &[]);
}

/// Six guarded groups are too many to try two of them, which is not the same as no way.
#[test]
fn what_was_not_tried_of_groups_is_unknown() {
    let groups = |count: usize| {
        let guard = || deny("iam:DeleteRole", "*");
        let mut json = admin(trusts_service("lambda.amazonaws.com"));
        json["groups"]["pass"] = json!({"may": [allow("iam:PassRole", "*"), guard()]});
        let make = allow(json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), "*");
        json["groups"]["func"] = json!({"may": [make, guard()]});
        for number in 2..count {
            json["groups"][format!("g{number}")] = json!({"may": [allow("s3:*", "*"), guard()]});
        }
        json["users"]["alice"]["may"] = json!([allow("iam:AddUserToGroup", "*")]);
        account(json)
    };
    assert_eq!(ways(&groups(5), "alice"), [("add-user-to-group", Certain)]);
    assert!(judge(&groups(6), false).lacks.contains(&Lack::Budget));
    let account = groups(6);
    let alice = account.principals.iter().position(|it| it.name == "alice");
    let generous = judge(&account, true);
    assert!(!generous.principals[alice.unwrap()].ways.is_empty());
}

/// Values that may be chosen are not multiplied before they are counted.
#[test]
fn many_chosen_values_are_not_multiplied() {
    let values: Vec<String> = (0..300).map(|number| format!("v{number}")).collect();
    let chosen = || {
        json!({"StringEquals": {
            "sts:ExternalId": values, "sts:RoleSessionName": values
        }})
    };
    let target = admin(json!([when(trusts_account(), chosen())]));
    check_user(json!([when(assume("admin"), chosen())]), target, ASSUME);
}

/// Administrators under a condition gain nothing from each other, however many they are.
#[test]
fn many_administrators_under_a_condition() {
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let mut json = json!({"groups": {"admins": {"may": [when(everything(), mfa)]}}});
    for number in 0..200 {
        json["users"][format!("u{number}")] = json!({"groups": ["admins"]});
    }
    json["users"]["alice"] = json!({"groups": ["admins"]});
    let account = account(json);
    let judged = privileges(&account, "alice");
    assert!(judged.administrator && judged.ways.is_empty(), "{judged:?}");
    assert_eq!(judged.administrator_depends_on, ["aws:MultiFactorAuthPresent"]);
}
