//! How events end and who acts in them, a row of AWS's tables each.

use portcullis_model::{ActorKind, Event, Mfa, Outcome, SharedText};
use serde_json::{Value, json};

use crate::{log_file, read, record};

fn event(fields: Value) -> Event {
    let activity = read(log_file(&[record(fields)]));
    let [event]: [Box<Event>; 1] = activity.events.try_into().unwrap();
    *event
}

fn outcome(fields: Value) -> Outcome {
    event(fields).outcome
}

#[test]
fn a_console_event_says_how_it_ended_in_its_response_elements() {
    for name in [
        "ConsoleLogin",
        "CheckMfa",
        "SwitchRole",
        "ExitRole",
        "RenewRole",
        "GetSigninToken",
        "PasswordUpdated",
        "PasswordRecoveryRequested",
        "PasswordRecoveryCompleted",
        "EmailUpdated",
        "ExternalIdPDirectoryLogin",
    ] {
        for (word, expected) in [("Success", Outcome::Success), ("Failure", Outcome::Failure)] {
            let fields = json!({"eventName": name, "responseElements": {name: word}});
            assert_eq!(outcome(fields), expected, "{name}");
        }
        let fields = json!({"eventName": name, "responseElements": null});
        assert_eq!(outcome(fields), Outcome::Unknown, "{name}");
    }
}

#[test]
fn identity_center_says_it_in_its_service_event_details() {
    for name in ["CredentialChallenge", "CredentialVerification", "UserAuthentication"] {
        for source in ["signin.amazonaws.com", "sso.amazonaws.com"] {
            let event = |details| {
                json!({
                    "eventName": name, "eventSource": source, "responseElements": null,
                    "serviceEventDetails": details
                })
            };
            assert_eq!(outcome(event(json!({name: "Success"}))), Outcome::Success);
            assert_eq!(outcome(event(json!({name: "Failure"}))), Outcome::Failure);
            assert_eq!(outcome(event(Value::Null)), Outcome::Unknown);
        }
    }
}

#[test]
fn oauth_says_it_in_a_text_of_its_additional_data() {
    for name in ["AuthorizeOAuth2Access", "CreateOAuth2Token"] {
        let event = |success: Value| {
            json!({
                "eventName": name, "responseElements": null,
                "additionalEventData": {"success": success}
            })
        };
        assert_eq!(outcome(event(json!("true"))), Outcome::Success);
        assert_eq!(outcome(event(json!("false"))), Outcome::Failure);
        assert_eq!(outcome(event(json!(false))), Outcome::Failure);
        assert_eq!(outcome(event(Value::Null)), Outcome::Unknown);
    }
}

/// What a call does not set has its default, and without a policy of its own an account has that of AWS.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
#[test]
fn a_new_password_policy_says_what_it_requires() {
    let limits = |name: &str, parameters: Value| {
        let event = event(json!({
            "eventSource": "iam.amazonaws.com", "eventName": name, "requestParameters": parameters
        }));
        event
            .password_limits
            .map(|limits| (limits.min_length, limits.reuse_prevention))
    };
    let update = "UpdateAccountPasswordPolicy";
    let strong = json!({"minimumPasswordLength": 14, "passwordReusePrevention": 24});
    assert_eq!(limits(update, strong), Some((14, 24)));
    assert_eq!(limits(update, json!({"requireSymbols": true})), Some((6, 0)));
    assert_eq!(limits(update, Value::Null), Some((6, 0)));
    assert_eq!(limits("DeleteAccountPasswordPolicy", Value::Null), Some((8, 0)));
    assert_eq!(limits("ChangePassword", Value::Null), None);
}

#[test]
fn calls_of_apis_fail_with_an_error_code() {
    for (source, name) in [
        ("iam.amazonaws.com", "EnableMFADevice"),
        ("sts.amazonaws.com", "GetSessionToken"),
        ("sso-directory.amazonaws.com", "UpdatePassword"),
        ("sso-directory.amazonaws.com", "ImportExternalIdPCertificate"),
        ("sso-directory.amazonaws.com", "CreateBearerToken"),
        ("account.amazonaws.com", "StartPrimaryEmailUpdate"),
    ] {
        let event = |code: Value| {
            json!({
                "eventSource": source, "eventName": name, "errorCode": code,
                "responseElements": null
            })
        };
        assert_eq!(outcome(event(Value::Null)), Outcome::Success, "{name}");
        assert_eq!(outcome(event(json!("AccessDenied"))), Outcome::Failure, "{name}");
    }
}

/// <https://docs.aws.amazon.com/signin/latest/APIReference/API_Operations.html>
#[test]
fn calls_of_the_api_of_sign_in_fail_with_an_error_code() {
    let call = |name: &str, code: Value| {
        let fields = json!({
            "eventName": name, "eventType": "AwsApiCall", "errorCode": code,
            "responseElements": null
        });
        outcome(fields)
    };
    assert_eq!(call("GetConsoleAuthorizationConfiguration", Value::Null), Outcome::Success);
    let denied = call("GetConsoleAuthorizationConfiguration", json!("AccessDenied"));
    assert_eq!(denied, Outcome::Failure);
    // What the console's pages record says it elsewhere, whatever type it has.
    assert_eq!(call("ConsoleLogin", Value::Null), Outcome::Unknown);
}

#[test]
fn an_error_without_the_outcome_field_is_a_failure() {
    let failed = json!({"responseElements": null, "errorMessage": "Failed authentication"});
    assert_eq!(outcome(failed), Outcome::Failure);
    let denied = json!({"responseElements": null, "errorCode": "AccessDenied"});
    assert_eq!(outcome(denied), Outcome::Failure);
    let odd = json!({"responseElements": {"ConsoleLogin": "Perhaps"}});
    assert_eq!(outcome(odd), Outcome::Unknown);
}

/// AWS's own example of root says `"YES"`.
#[test]
fn mfa_is_seen_of_root_and_users_only() {
    let mfa = |identity: Value, used: Value| {
        let data = json!({"MFAUsed": used});
        event(json!({"userIdentity": identity, "additionalEventData": data})).mfa
    };
    let user = json!({"type": "IAMUser", "userName": "ana.silva"});
    let root = json!({"type": "Root", "arn": "arn:aws:iam::111122223333:root"});
    for identity in [user, root] {
        assert_eq!(mfa(identity.clone(), json!("Yes")), Some(Mfa::Used));
        assert_eq!(mfa(identity.clone(), json!("YES")), Some(Mfa::Used));
        assert_eq!(mfa(identity.clone(), json!("No")), Some(Mfa::NotUsed));
        assert_eq!(mfa(identity, Value::Null), Some(Mfa::Unknown));
    }
    let session = "arn:aws:sts::111122223333:assumed-role/Ops/ana.silva";
    let role = json!({"type": "AssumedRole", "arn": session});
    let federated = "arn:aws:sts::111122223333:federated-user/ana.silva";
    let federated = json!({"type": "FederatedUser", "arn": federated});
    for identity in [role, federated] {
        assert_eq!(mfa(identity.clone(), json!("No")), Some(Mfa::NotVisible));
        assert_eq!(mfa(identity, json!("Yes")), Some(Mfa::NotVisible));
    }
}

#[test]
fn what_vouched_for_somebody_is_an_mfa_device_or_a_saml_provider() {
    let authenticator = |fields: Value| event(fields).authenticator.as_deref().map(str::to_owned);
    let device = "arn:aws:iam::111122223333:mfa/ana.silva";
    let data = json!({"MFAUsed": "Yes", "MFAIdentifier": device});
    assert_eq!(authenticator(json!({ "additionalEventData": data })).as_deref(), Some(device));
    let provider = "arn:aws:iam::111122223333:saml-provider/Corp";
    let data = json!({"MFAUsed": "No", "SamlProviderArn": provider});
    assert_eq!(authenticator(json!({ "additionalEventData": data })).as_deref(), Some(provider));
    let refused = json!({
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRoleWithSAML",
        "errorCode": "AccessDenied", "requestParameters": {"principalArn": provider},
    });
    assert_eq!(authenticator(refused).as_deref(), Some(provider));
    assert_eq!(authenticator(json!({"additionalEventData": {"MFAUsed": "No"}})), None);
}

#[test]
fn an_event_that_signs_nobody_in_has_no_mfa() {
    assert_eq!(event(json!({"eventName": "SwitchRole"})).mfa, None);
}

fn actor(identity: Value) -> (ActorKind, Option<String>, Option<String>) {
    let event = event(json!({ "userIdentity": identity }));
    let text = |text: &Option<SharedText>| text.as_ref().map(ToString::to_string);
    (event.actor.kind, text(&event.actor.name), text(&event.actor.role))
}

fn named(
    kind: ActorKind,
    name: &str,
    role: Option<&str>,
) -> (ActorKind, Option<String>, Option<String>) {
    (kind, Some(name.to_owned()), role.map(str::to_owned))
}

#[test]
fn root_has_no_name_whatever_the_alias_is() {
    let root = json!({"type": "Root", "userName": "acme", "arn": "arn:aws:iam::111122223333:root"});
    assert_eq!(actor(root), (ActorKind::Root, None, None));
}

/// Root has no identity provider: the event is of Identity Center's directory, and the principal the account's.
#[test]
fn root_does_not_sign_in_by_an_identity_provider() {
    let event = event(json!({
        "eventName": "ExternalIdPDirectoryLogin",
        "userIdentity": {"type": "Root", "principalId": "111122223333", "arn": ""},
        "responseElements": {"ExternalIdPDirectoryLogin": "Success"}
    }));
    assert_eq!((event.actor.kind, &event.actor.name), (ActorKind::IdentityCenter, &None));
    assert_eq!(event.actor.principal_id, None);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-track-privileged-tasks.html>
#[test]
fn a_session_of_root_by_assume_root_is_marked() {
    let role = |flag: Value| {
        let (kind, name, role) =
            actor(json!({"type": "Root", "sessionContext": {"assumedRoot": flag}}));
        assert_eq!((kind, name), (ActorKind::Root, None));
        role
    };
    assert_eq!(role(json!("true")).as_deref(), Some("AssumeRoot"));
    assert_eq!(role(json!(true)).as_deref(), Some("AssumeRoot"));
    assert_eq!(role(json!("false")), None);
    assert_eq!(role(json!(false)), None);
}

#[test]
fn a_user_is_named_with_or_without_an_arn() {
    let user = json!({"type": "IAMUser", "userName": "ana.silva"});
    assert_eq!(actor(user), named(ActorKind::User, "ana.silva", None));
    let arn = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ops/ana.silva"});
    assert_eq!(actor(arn), named(ActorKind::User, "ana.silva", None));
}

#[test]
fn a_hidden_name_is_nobody() {
    let hidden = json!({"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"});
    assert_eq!(actor(hidden), (ActorKind::UnknownUser, None, None));
}

#[test]
fn sessions_are_told_apart_by_who_opened_them() {
    let session = |role: &str, name: &str| {
        json!({
            "type": "AssumedRole",
            "principalId": format!("AROACKCEVSQ6C2EXAMPLE:{name}"),
            "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}")
        })
    };
    let set = session("AWSReservedSSO_Admin_Access_0123456789abcdef", "ana@example.com");
    let expected = named(ActorKind::IdentityCenter, "ana@example.com", Some("Admin_Access"));
    assert_eq!(actor(set), expected);
    let instance = session("web", "i-0abc1234def567890");
    let expected = named(ActorKind::Instance, "i-0abc1234def567890", Some("web"));
    assert_eq!(actor(instance), expected);
    // A person may be named so.
    let person = session("web", "i-am-ana");
    assert_eq!(actor(person), named(ActorKind::Role, "i-am-ana", Some("web")));
    let saml = json!({
        "userIdentity": session("Ops", "ana"),
        "additionalEventData": {"SamlProviderArn": "arn:aws:iam::111122223333:saml-provider/Corp"}
    });
    assert_eq!(event(saml).actor.kind, ActorKind::Saml);
}

#[test]
fn federation_names_its_user() {
    let user =
        json!({"type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/ana"});
    assert_eq!(actor(user), named(ActorKind::FederatedUser, "ana", None));
}

#[test]
fn a_saml_user_of_identity_center_is_told_by_the_provider() {
    let event = |provider: &str| {
        event(json!({
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRoleWithSAML",
            "errorCode": "AccessDenied",
            "userIdentity": {"type": "SAMLUser", "userName": "ana@example.com"},
            "requestParameters": {
                "principalArn": format!("arn:aws:iam::111122223333:saml-provider/{provider}")
            }
        }))
    };
    let own = event("AWSSSO_0123456789abcdef_DO_NOT_DELETE");
    assert_eq!(own.actor.kind, ActorKind::IdentityCenter);
    assert_eq!(event("Corp").actor.kind, ActorKind::Saml);
}

/// Since July 2025 the user's name is not in `userIdentity`; WorkSpaces writes the same events.
#[test]
fn identity_center_and_workspaces_write_the_same_events() {
    let event = |identity: Value, page: &str| {
        event(json!({
            "eventName": "UserAuthentication",
            "userIdentity": identity,
            "responseElements": null,
            "serviceEventDetails": {"UserAuthentication": "Success"},
            "additionalEventData": {
                "AuthWorkflowID": "w-1",
                "LoginTo": page,
                "CredentialType": "PASSWORD,TOTP"
            }
        }))
    };
    let identity = json!({
        "type": "IdentityCenterUser",
        "onBehalfOf": {"userId": "90676-1", "identityStoreArn": "arn:aws:identitystore::1:x"}
    });
    let found = event(identity, "https://d-1234567890.awsapps.com/start/");
    assert_eq!(found.actor.kind, ActorKind::IdentityCenter);
    assert_eq!(found.actor.principal_id.as_deref(), Some("90676-1"));
    assert_eq!(found.factors, ["PASSWORD", "TOTP"]);
    assert_eq!(found.workflow.as_deref(), Some("w-1"));
    // The id of the account is not that of a user.
    let unknown = json!({"type": "Unknown", "principalId": "111122223333", "userName": "ana"});
    let portal = "https://d-1234567890.awsapps.com/start/";
    for (page, kind) in [
        ("https://clients.amazonaws.com/workspaces", ActorKind::Directory),
        ("https://skylight.local", ActorKind::Directory),
        (portal, ActorKind::IdentityCenter),
        ("https://ssoins-0123456789abcdef.portal.eu-north-1.app.aws", ActorKind::IdentityCenter),
        ("", ActorKind::Other),
    ] {
        let found = event(unknown.clone(), page);
        assert_eq!((found.actor.kind, found.actor.principal_id.as_deref()), (kind, None), "{page}");
    }
    let leads_on = format!("{portal}?redirect=https://console.aws.amazon.com/workspaces/v2/home");
    assert_eq!(event(unknown, &leads_on).actor.kind, ActorKind::IdentityCenter);
}

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/username-sign-in-cloudtrail-events.html>
#[test]
fn identity_center_hides_names_that_are_nobodys() {
    let found = event(json!({
        "eventName": "CredentialVerification",
        "userIdentity": {"type": "Unknown", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "serviceEventDetails": {"CredentialVerification": "Failure"},
        "additionalEventData": {"CredentialType": "PASSWORD"}
    }));
    assert_eq!((found.actor.kind, &found.actor.name), (ActorKind::UnknownUser, &None));
}

#[test]
fn a_type_that_is_not_known_is_kept() {
    let service = json!({"type": "AWSService", "invokedBy": "signin.amazonaws.com"});
    assert_eq!(actor(service), named(ActorKind::Other, "AWSService", None));
    let fields = json!({
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRoleWithSAML",
        "errorCode": "AccessDenied", "userIdentity": null
    });
    assert_eq!(event(fields).actor.kind, ActorKind::Other);
}

#[test]
fn a_type_is_read_in_any_case_and_else_seen_in_the_arn() {
    let root = "arn:aws:iam::111122223333:root";
    assert_eq!(actor(json!({"type": "root"})).0, ActorKind::Root);
    assert_eq!(actor(json!({"arn": root})).0, ActorKind::Root);
    assert_eq!(actor(json!({"type": "x", "arn": root})).0, ActorKind::Root);
    let user = json!({"arn": "arn:aws:iam::111122223333:user/root"});
    assert_eq!(actor(user), named(ActorKind::User, "root", None));
    let session = json!({"arn": "arn:aws:sts::111122223333:assumed-role/ops/ana"});
    assert_eq!(actor(session), named(ActorKind::Role, "ana", Some("ops")));
}

#[test]
fn programs_that_assume_roles_are_passed_over_unless_they_fail() {
    let judged = |name: &str, code: Value| {
        let fields = json!({
            "eventSource": "sts.amazonaws.com", "eventName": name, "errorCode": code
        });
        read(log_file(&[record(fields)])).events.len()
    };
    assert_eq!(judged("AssumeRole", Value::Null), 0);
    assert_eq!(judged("AssumeRole", json!("AccessDenied")), 1);
    assert_eq!(judged("AssumeRoleWithSAML", json!("ExpiredTokenException")), 1);
    assert_eq!(judged("AssumeRoleWithWebIdentity", json!("AccessDenied")), 0);
    assert_eq!(judged("GetCallerIdentity", json!("AccessDenied")), 0);
}

#[test]
fn no_secret_is_kept() {
    let activity = read(log_file(&[
        record(json!({})),
        record(json!({
            "eventID": "00000000-0000-4000-8000-000000000002",
            "eventSource": "sts.amazonaws.com",
            "eventName": "GetSessionToken",
            "requestParameters": {"tokenCode": "secret-code", "durationSeconds": 3600},
            "responseElements": {"credentials": {
                "accessKeyId": "ASIASECRETEXAMPLE", "sessionToken": "secret-token"
            }}
        })),
    ]));
    assert_eq!(activity.events.len(), 2);
    let kept = serde_json::to_string(&activity).unwrap();
    assert!(!kept.to_lowercase().contains("secret"), "{kept}");
}

/// The management account changes the address of a member, which the event names.
/// <https://docs.aws.amazon.com/accounts/latest/reference/API_StartPrimaryEmailUpdate.html>
#[test]
fn a_change_of_roots_address_names_the_account() {
    for name in ["StartPrimaryEmailUpdate", "AcceptPrimaryEmailUpdate"] {
        let event = event(json!({
            "eventSource": "account.amazonaws.com", "eventName": name,
            "requestParameters": {"accountId": "444455556666", "primaryEmail": "HIDDEN"}
        }));
        assert_eq!(event.target.as_deref(), Some("444455556666"));
    }
}

/// Without a name, the call is about whoever makes it; one that is not text may be anybody's:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>.
#[test]
fn a_name_that_is_not_text_hides_whom_a_call_is_about() {
    let hides = |parameters: Value| {
        let fields = json!({
            "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "requestParameters": parameters
        });
        event(fields).hides_target
    };
    for known in [Value::Null, json!({}), json!({"userName": "bob"})] {
        assert!(!hides(known.clone()), "{known}");
    }
    for hidden in
        [json!([]), json!({"userName": 7}), json!({"userName": ["bob"]}), json!({"userName": ""})]
    {
        assert!(hides(hidden.clone()), "{hidden}");
    }
}
