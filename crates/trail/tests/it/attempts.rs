//! Attempts: which events belong together, and whose they are.

use portcullis_model::{ActorKind, Attempt, FactorState, Mfa, Outcome, Purpose};
use portcullis_trail::Filter;
use serde_json::{Value, json};

use crate::{Story, summary};

fn attempts(story: Story) -> Vec<Attempt> {
    summary(story, &Filter::default()).attempts
}

fn outcomes(story: Story) -> Vec<Outcome> {
    attempts(story)
        .iter()
        .map(|attempt| attempt.outcome)
        .collect()
}

#[test]
fn a_code_belongs_to_the_sign_in_that_follows_from_the_same_address() {
    let story = Story::new()
        .check_mfa("08:00:00", "ana.silva")
        .sign_in("08:00:14", "ana.silva");
    let [attempt] = attempts(story).try_into().unwrap();
    assert_eq!((attempt.outcome, attempt.events.len()), (Outcome::Success, 2));
    assert_eq!((attempt.purpose, attempt.mfa), (Purpose::SignIn, Some(Mfa::Used)));
    assert_eq!(attempt.last.duration_since(attempt.first).as_secs(), 14);
    assert_eq!(attempt.factors[0].name, "Virtual MFA");
    assert_eq!(attempt.factors[0].state, FactorState::Asked);
}

#[test]
fn a_code_is_given_within_ten_minutes() {
    let after = |time| {
        outcomes(
            Story::new()
                .check_mfa("08:00:00", "ana.silva")
                .sign_in(time, "ana.silva"),
        )
    };
    assert_eq!(after("08:10:00"), [Outcome::Success]);
    assert_eq!(after("08:10:01"), [Outcome::Unfinished, Outcome::Success]);
}

/// Times are whole seconds, so the order within one is chance.
#[test]
fn a_code_may_be_given_within_a_second() {
    let code = Story::new()
        .check_mfa("08:00:00", "ana.silva")
        .sign_in("08:00:00", "ana.silva");
    assert_eq!(outcomes(code), [Outcome::Success]);
    let code = Story::new()
        .sign_in("08:00:00", "ana.silva")
        .check_mfa("08:00:00", "ana.silva");
    assert_eq!(outcomes(code), [Outcome::Success]);
    let user = json!("ana@example.com");
    let story = center(Story::new(), "08:00:00", "UserAuthentication", "TOTP", "Success", user);
    let late = center(story, "08:00:01", "CredentialVerification", "TOTP", "Success", Value::Null);
    assert_eq!(outcomes(late), [Outcome::Success]);
}

#[test]
fn a_code_is_for_one_person_at_one_address() {
    let story = Story::new()
        .check_mfa("08:00:00", "ana.silva")
        .sign_in("08:00:14", "bilal.haddad");
    assert_eq!(outcomes(story), [Outcome::Unfinished, Outcome::Success]);
    let story = Story::new()
        .check_mfa("08:00:00", "ana.silva")
        .from("198.51.100.7")
        .sign_in("08:00:14", "ana.silva");
    assert_eq!(outcomes(story), [Outcome::Unfinished, Outcome::Success]);
}

#[test]
fn each_prompt_is_an_attempt_and_the_last_one_is_answered() {
    let story = Story::new()
        .check_mfa("08:00:00", "ana.silva")
        .check_mfa("08:01:00", "ana.silva")
        .sign_in("08:01:10", "ana.silva");
    assert_eq!(outcomes(story), [Outcome::Unfinished, Outcome::Success]);
}

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
fn center(story: Story, time: &str, name: &str, kind: &str, outcome: &str, user: Value) -> Story {
    story.event(
        time,
        json!({
            "eventName": name,
            "userIdentity": {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}},
            "responseElements": null,
            "serviceEventDetails": {name: outcome},
            "additionalEventData": {
                "AuthWorkflowID": "w-1", "CredentialType": kind, "UserName": user,
                "LoginTo": "https://d-1234567890.awsapps.com/start/"
            }
        }),
    )
}

fn console_of_center(story: Story, time: &str, name: &str) -> Story {
    let role = "AWSReservedSSO_Operators_0123456789abcdef";
    story.event(
        time,
        json!({
            "recipientAccountId": "444455556666",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": format!("AROACKCEVSQ6C2EXAMPLE:{name}"),
                "arn": format!("arn:aws:sts::444455556666:assumed-role/{role}/{name}")
            }
        }),
    )
}

#[test]
fn a_workflow_of_identity_center_and_its_console_are_one_sign_in() {
    let user = json!("ana@example.com");
    let none = Value::Null;
    let story = Story::new();
    let story = center(story, "08:00:00", "CredentialChallenge", "PASSWORD", "Success", user);
    let story =
        center(story, "08:00:05", "CredentialVerification", "PASSWORD", "Success", none.clone());
    let story = center(story, "08:00:06", "CredentialChallenge", "TOTP", "Success", none.clone());
    let story =
        center(story, "08:00:20", "CredentialVerification", "TOTP", "Failure", none.clone());
    let story =
        center(story, "08:00:50", "CredentialVerification", "TOTP", "Success", none.clone());
    let story = center(story, "08:00:50", "UserAuthentication", "PASSWORD,TOTP", "Success", none);
    let story = console_of_center(story, "08:01:10", "ana@example.com");
    let [attempt] = attempts(story).try_into().unwrap();
    assert_eq!((attempt.outcome, attempt.events.len()), (Outcome::Success, 7));
    // The console's own event says No, whatever Identity Center saw.
    assert_eq!(attempt.mfa, Some(Mfa::Used));
    assert_eq!(attempt.person.name.as_deref(), Some("ana@example.com"));
    assert_eq!(attempt.account, "444455556666");
    assert_eq!(attempt.role.as_deref(), Some("Operators"));
}

/// What became of each step of one sign-in to the portal.
fn portal(steps: &[(&str, &str, &str)]) -> Attempt {
    let mut story = Story::new();
    for (second, (name, kind, outcome)) in steps.iter().enumerate() {
        let time = format!("08:00:{second:02}");
        story = center(story, &time, name, kind, outcome, json!("ana@example.com"));
    }
    let [attempt] = attempts(story).try_into().unwrap();
    attempt
}

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
#[test]
fn a_factor_that_is_asked_for_again_was_still_refused() {
    let wrong_code = portal(&[
        ("CredentialVerification", "PASSWORD", "Success"),
        ("CredentialChallenge", "TOTP", "Success"),
        ("CredentialVerification", "TOTP", "Failure"),
        ("CredentialChallenge", "TOTP", "Success"),
    ]);
    let states: Vec<_> = wrong_code
        .factors
        .iter()
        .map(|factor| factor.state)
        .collect();
    assert_eq!(states, [FactorState::Passed, FactorState::Refused]);
    assert_eq!(wrong_code.outcome, Outcome::Failure);
    let wrong_password = portal(&[
        ("CredentialVerification", "PASSWORD", "Failure"),
        ("CredentialChallenge", "PASSWORD", "Success"),
    ]);
    assert_eq!(wrong_password.factors[0].state, FactorState::Refused);
    assert_eq!(wrong_password.outcome, Outcome::Failure);
}

#[test]
fn whoever_corrects_a_password_and_gives_no_code_was_not_refused() {
    let attempt = portal(&[
        ("CredentialVerification", "PASSWORD", "Failure"),
        ("CredentialVerification", "PASSWORD", "Success"),
        ("CredentialChallenge", "TOTP", "Success"),
    ]);
    let states: Vec<_> = attempt.factors.iter().map(|factor| factor.state).collect();
    assert_eq!(states, [FactorState::Passed, FactorState::Asked]);
    assert_eq!(attempt.outcome, Outcome::Unfinished);
}

#[test]
fn a_console_opens_within_two_minutes_of_the_portal() {
    let after = |time| {
        let user = json!("ana@example.com");
        let story =
            center(Story::new(), "08:00:00", "UserAuthentication", "PASSWORD", "Success", user);
        attempts(console_of_center(story, time, "ana@example.com")).len()
    };
    assert_eq!(after("08:02:00"), 1);
    assert_eq!(after("08:02:01"), 2);
}

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/mfa-types.html>
#[test]
fn what_factors_identity_center_names_says_whether_mfa_was_used() {
    let mfa = |kind: &str| {
        let user = json!("ana@example.com");
        let story = center(Story::new(), "08:00:00", "UserAuthentication", kind, "Success", user);
        attempts(story)[0].mfa
    };
    assert_eq!(mfa("PASSWORD"), Some(Mfa::NotUsed));
    assert_eq!(mfa("PASSWORD,TOTP"), Some(Mfa::Used));
    assert_eq!(mfa("WEBAUTHN"), Some(Mfa::Used));
    assert_eq!(mfa("EMAIL_OTP"), Some(Mfa::NotUsed), "it stands in for a first password");
    assert_eq!(mfa("PASSWORD,EMAIL_OTP"), Some(Mfa::NotUsed), "nor is it a second factor");
    assert_eq!(mfa("PASSWORD,EMAIL_OTP,TOTP"), Some(Mfa::Used));
    assert_eq!(mfa("EXTERNAL_IDP"), Some(Mfa::NotVisible));
    assert_eq!(mfa(""), Some(Mfa::Unknown));
}

/// The name stands once per success only.
#[test]
fn a_user_of_identity_center_is_named_by_another_sign_in() {
    let story = Story::new();
    let user = json!("ana@example.com");
    let story = center(story, "08:00:00", "UserAuthentication", "PASSWORD", "Success", user);
    let story = story.event(
        "09:00:00",
        json!({
            "eventName": "CredentialVerification",
            "userIdentity": {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}},
            "serviceEventDetails": {"CredentialVerification": "Failure"},
            "additionalEventData": {"AuthWorkflowID": "w-2", "CredentialType": "PASSWORD"}
        }),
    );
    let attempts = attempts(story);
    assert_eq!(attempts[0].person, attempts[1].person);
}

/// A record without the name of an IAM user has the user's unique id.
#[test]
fn a_user_of_iam_is_named_by_another_sign_in() {
    let story = Story::new();
    let identity = |id: &str, name: Value| json!({"userIdentity": {"type": "IAMUser", "principalId": id, "userName": name}});
    let story = story.event("08:00:00", identity("AIDAEXAMPLEANA", json!("ana.silva")));
    let story = story.event("09:00:00", identity("AIDAEXAMPLEANA", Value::Null));
    let story = story.event("09:10:00", identity("AIDAEXAMPLEBEN", Value::Null));
    let attempts = attempts(story);
    assert_eq!(attempts[0].person, attempts[1].person);
    assert_eq!(attempts[2].person.name.as_deref(), Some("AIDAEXAMPLEBEN"));
}

#[test]
fn a_login_of_a_command_line_is_two_events() {
    let oauth = |story: Story, time, name, client| {
        story.event(
            time,
            json!({
                "eventName": name, "responseElements": null, "readOnly": true,
                "requestParameters": {"client_id": client}, "additionalEventData": {"success": "true"}
            }),
        )
    };
    for (client, purpose) in [
        ("arn:aws:signin:::devtools/same-device", Purpose::CommandLine),
        ("arn:aws:signin:::devtools/cross-device", Purpose::CommandLine),
        ("arn:aws:signin:us-east-1::external-client/dcr/0a1b2c3d", Purpose::ExternalClient),
    ] {
        let story = oauth(Story::new(), "08:00:00", "AuthorizeOAuth2Access", client);
        let story = oauth(story, "08:00:02", "CreateOAuth2Token", client);
        let [attempt] = attempts(story).try_into().unwrap();
        assert_eq!((attempt.purpose, attempt.outcome), (purpose, Outcome::Success));
        assert_eq!((attempt.events.len(), attempt.mfa), (2, None));
    }
}

/// Programs renew tokens for hours after one sign-in.
/// <https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html>
#[test]
fn a_renewed_token_is_no_sign_in() {
    let token = |grant: &str| {
        let fields = json!({
            "eventName": "CreateOAuth2Token", "responseElements": null,
            "requestParameters": {"grant_type": grant}, "additionalEventData": {"success": "true"}
        });
        attempts(Story::new().event("08:00:00", fields)).len()
    };
    assert_eq!((token("authorization_code"), token("refresh_token")), (1, 0));
}

/// Pages of WorkSpaces stand in the last event alone.
#[test]
fn the_last_event_of_a_sign_in_says_of_which_directory_somebody_is() {
    let step = |story: Story, time: &str, name: &str, page: Value| {
        story.event(
            time,
            json!({
                "eventName": name,
                "userIdentity": {"type": "Unknown", "userName": "ana"},
                "serviceEventDetails": {name: "Success"},
                "additionalEventData": {"AuthWorkflowID": "w-1", "LoginTo": page}
            }),
        )
    };
    let begun = || step(Story::new(), "08:00:00", "CredentialChallenge", Value::Null);
    assert_eq!(attempts(begun())[0].person.kind, ActorKind::Other);
    for (page, kind) in [
        ("https://clients.amazonaws.com/workspaces", ActorKind::Directory),
        ("https://d-1234567890.awsapps.com/start/", ActorKind::IdentityCenter),
    ] {
        let story = step(begun(), "08:00:05", "UserAuthentication", json!(page));
        let [attempt] = attempts(story).try_into().unwrap();
        assert_eq!(attempt.person.kind, kind);
    }
}

/// Two people without names have no more in common than the account.
#[test]
fn somebody_not_named_has_nobody_elses_name() {
    let event = |story: Story, time: &str, user: Value| {
        let mut identity = json!({"type": "Unknown", "principalId": "111122223333"});
        identity["userName"] = user;
        story.event(
            time,
            json!({
                "eventName": "CredentialVerification",
                "userIdentity": identity,
                "serviceEventDetails": {"CredentialVerification": "Failure"}
            }),
        )
    };
    let story = event(Story::new(), "08:00:00", json!("ana"));
    let story = event(story.from("198.51.100.7"), "09:00:00", Value::Null);
    let names: Vec<_> = attempts(story)
        .into_iter()
        .map(|attempt| attempt.person.name)
        .collect();
    assert_eq!(names, [Some("ana".into()), None]);
}

/// An administrator creates the device of a new user, who enables it.
#[test]
fn a_device_may_be_enabled_or_deleted_by_somebody_else() {
    let call = |story: Story, time: &str, who: Value, name: &str, parameters: Value| {
        story.event(
            time,
            json!({
                "eventSource": "iam.amazonaws.com", "eventName": name, "userIdentity": who,
                "requestParameters": parameters, "responseElements": null
            }),
        )
    };
    let user = |name: &str| json!({"type": "IAMUser", "userName": name});
    let serial = "arn:aws:iam::111122223333:mfa/phones/Ben";
    let device = json!({"virtualMFADeviceName": "ben"});
    let create =
        |who| call(Story::new(), "08:00:00", who, "CreateVirtualMFADevice", device.clone());
    let enable = json!({"userName": "ben", "serialNumber": serial});
    let enabled = call(create(user("adm")), "08:05:00", user("ben"), "EnableMFADevice", enable);
    assert_eq!(outcomes(enabled), [Outcome::Success]);
    let delete = json!({"serialNumber": serial});
    let deleted = |story| call(story, "08:05:00", user("ben"), "DeleteVirtualMFADevice", delete);
    assert_eq!(outcomes(deleted(create(user("ben")))), [Outcome::Success]);
    assert_eq!(outcomes(create(user("ben"))), [Outcome::Unfinished]);
    let role = json!({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/ci/1"});
    assert_eq!(outcomes(create(role)), []);
}

#[test]
fn an_enrolment_ends_when_the_device_is_enabled() {
    let story = |codes: &[Value]| {
        let mut story = Story::new().call("08:00:00", "CreateVirtualMFADevice", Value::Null);
        for (minute, code) in codes.iter().enumerate() {
            story = story.call(&format!("08:0{}:00", minute + 1), "EnableMFADevice", code.clone());
        }
        outcomes(story)
    };
    assert_eq!(story(&[]), [Outcome::Unfinished]);
    assert_eq!(story(&[json!("InvalidAuthenticationCode")]), [Outcome::Failure]);
    let retried = [json!("InvalidAuthenticationCode"), Value::Null];
    assert_eq!(story(&retried), [Outcome::Success]);
}

#[test]
fn a_program_that_may_not_assume_a_role_is_nobodys_attempt() {
    let denied = |arn: &str| {
        attempts(Story::new().event(
            "08:00:00",
            json!({
                "eventSource": "sts.amazonaws.com",
                "eventName": "AssumeRole",
                "errorCode": "AccessDenied",
                "userIdentity": {"type": "AssumedRole", "arn": arn}
            }),
        ))
        .len()
    };
    assert_eq!(denied("arn:aws:sts::111122223333:assumed-role/ci/build-17"), 0);
    let set = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/ana";
    assert_eq!(denied(set), 1);
}

/// Each is in an account of its own, which records its sign-ins.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-instances.html>
#[test]
fn users_of_two_identity_centers_are_two_people() {
    let sign_in = |story: Story, account: &str, step: &str, outcome: &str| {
        story.event(
            "08:00:00",
            json!({
                "eventName": step,
                "recipientAccountId": account,
                "userIdentity": {"type": "IdentityCenterUser", "onBehalfOf": {"userId": account}},
                "serviceEventDetails": {step: outcome},
                "additionalEventData": {
                    "AuthWorkflowID": account, "CredentialType": "PASSWORD", "UserName": "admin"
                }
            }),
        )
    };
    let people = |other: &str| {
        let story = sign_in(Story::new(), "111122223333", "CredentialVerification", "Failure");
        let story = sign_in(story, other, "UserAuthentication", "Success");
        attempts(story)
            .into_iter()
            .map(|attempt| attempt.person)
            .collect::<Vec<_>>()
    };
    let [one, other] = people("444455556666").try_into().unwrap();
    assert_eq!(one.account.as_deref(), Some("111122223333"));
    assert_eq!(other.account.as_deref(), Some("444455556666"));
    assert!(
        people("111122223333")
            .iter()
            .all(|person| person.account.is_none())
    );
}
