//! Every method of `data/escalations.toml`, with a target that serves and with one that does not.

use portcullis_model::PrincipalKind::{Group, Role, User};
use serde_json::{Value as Json, json};

use super::Certainty::{self, Certain, Conditional, Possible};
use super::methods::{Changes, Method, Methods};
use crate::sample::{
    OTHER, OWN, account, allow, arn, deny, everything, trusts, trusts_account, trusts_service,
    ways, when,
};

/// How to test what a method changes. Accounts have a user or role alice, with the method's actions on everything
/// as `own`.
struct Case {
    certainty: Certainty,
    serves: Json,
    /// None of them serves.
    fails: Vec<Json>,
}

impl Method {
    fn own(&self) -> Json {
        allow(self.action_names.clone(), "*")
    }

    /// Denies all that the method does not need.
    fn deny_rest(&self) -> Json {
        json!({"Effect": "Deny", "NotAction": self.action_names, "Resource": "*"})
    }

    /// Alice as a user, with further fields.
    fn user(&self, fields: Json) -> Json {
        merge(json!({"users": {"alice": {"may": [self.own()]}}}), "users", fields)
    }

    /// Alice as a role that nobody else can become.
    fn role(&self, fields: Json) -> Json {
        let alice = json!({"may": [self.own()], "trust": trusts_service("alice.amazonaws.com")});
        merge(json!({"roles": {"alice": alice}}), "roles", fields)
    }

    /// Alice behind a Deny, which is where `fields` put the policy `guard`.
    fn guarded(&self, list: &str, fields: Json) -> Json {
        let alice = json!({"may": [everything()], "trust": trusts_service("alice.amazonaws.com")});
        let json = json!({list: {"alice": alice}, "policies": {"guard": [self.deny_rest()]}});
        merge(json, list, fields)
    }

    /// Another principal beside alice as a user.
    fn beside(&self, list: &str, spec: Json) -> Json {
        let mut json = self.user(json!({}));
        json[list]["other"] = spec;
        json
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    fn case(&self) -> Case {
        let admin = || json!({"may": [everything()]});
        let plain = || json!({"may": [allow("s3:*", "*")]});
        let trusting = |mut spec: Json, trust: Json| {
            spec["trust"] = trust;
            spec["profile"] = json!(true);
            spec
        };
        let guard = || json!({"attached": ["guard"]});
        let inline_guard = || json!({"inline": {"guard": [self.deny_rest()]}});
        let in_group = || json!({"groups": ["g"]});
        let guarding_group = |list: &str, group: Json| {
            let mut json = self.guarded(list, in_group());
            json["groups"]["g"] = group;
            json
        };
        let bounded = |list: &str, boundary: Json| {
            let mut json = self.guarded(list, json!({"boundary": "b"}));
            json["policies"]["b"] = boundary;
            json
        };
        let (certainty, serves, fails) = match self.changes {
            Changes::PolicyText => {
                let mut with_policy = self.user(json!({"attached": ["p"]}));
                with_policy["policies"] = json!({"p": [allow("s3:*", "*")]});
                let mut unattached = self.user(json!({}));
                unattached["policies"] = with_policy["policies"].clone();
                (Certain, with_policy, vec![unattached, self.user(json!({"attached": []}))])
            }
            Changes::PolicyVersion => {
                let with_version = |version: Json| {
                    let mut json = self.user(json!({"attached": ["p"]}));
                    json["policies"] =
                        json!({"p": {"versions": [[allow("s3:*", "*")], [version]]}});
                    json
                };
                (Certain, with_version(everything()), vec![with_version(allow("ec2:*", "*"))])
            }
            Changes::Permissions(User) => {
                let mut role = self.role(json!({}));
                role["users"]["clerk"] = plain();
                (Certain, self.user(json!({})), vec![role])
            }
            Changes::Permissions(Group) => {
                let mut member = self.user(in_group());
                member["groups"] = json!({"g": plain()});
                (Certain, member, vec![self.beside("groups", plain())])
            }
            Changes::Permissions(Role) => {
                let other = trusting(plain(), trusts_service("ec2.amazonaws.com"));
                (Certain, self.role(json!({})), vec![self.beside("roles", other)])
            }
            Changes::UserCredentials => {
                (Certain, self.beside("users", admin()), vec![self.beside("users", plain())])
            }
            Changes::GroupMembership => {
                let mut role = self.role(json!({}));
                role["groups"]["other"] = admin();
                let fails = vec![self.beside("groups", plain()), role];
                (Certain, self.beside("groups", admin()), fails)
            }
            Changes::NewGroup => {
                let on_two = json!([
                    allow(self.action_names[0].clone(), arn("group/a")),
                    allow(self.action_names[1..].to_vec(), arn("group/b"))
                ]);
                (Certain, self.user(json!({})), vec![self.user(json!({"may": on_two}))])
            }
            Changes::NewMember => {
                (Certain, self.beside("groups", admin()), vec![self.beside("groups", plain())])
            }
            Changes::RoleSession => {
                let fails = vec![
                    self.beside("roles", trusting(plain(), trusts_account())),
                    self.beside("roles", trusting(admin(), trusts_service("ec2.amazonaws.com"))),
                ];
                (Certain, self.beside("roles", trusting(admin(), trusts_account())), fails)
            }
            Changes::RoleTrust => {
                let role = |spec| self.beside("roles", trusting(spec, trusts_account()));
                (Certain, role(admin()), vec![role(plain())])
            }
            Changes::PassedRole | Changes::RunningRole => {
                let role = |spec, service: &str| {
                    let federated = service.starts_with("cognito-identity");
                    let mut trust = trusts_service(service);
                    if federated {
                        trust["Principal"] = json!({"Federated": service});
                        trust["Action"] = json!("sts:AssumeRoleWithWebIdentity");
                    }
                    self.beside("roles", trusting(spec, trust))
                };
                let certainty = match (self.changes, self.id.as_str()) {
                    // One without a role is not in the data.
                    (_, "instance-profile-role") => Possible,
                    (Changes::PassedRole, _) => Certain,
                    _ => Conditional,
                };
                let own = &self.services[0];
                let fails = vec![role(plain(), own), role(admin(), "unrelated.amazonaws.com")];
                (certainty, role(admin(), own), fails)
            }
            Changes::SamlProvider
            | Changes::OidcProvider
            | Changes::OidcAudience
            | Changes::MissingSamlProvider
            | Changes::MissingOidcProvider => {
                let saml = self.changes.kind_of_target() == Some("saml-provider");
                let (provider, action, certainty) = if saml {
                    ("saml-provider/idp.example.com", "sts:AssumeRoleWithSAML", Certain)
                } else {
                    ("oidc-provider/idp.example.com", "sts:AssumeRoleWithWebIdentity", Conditional)
                };
                let trust = json!({
                    "Effect": "Allow", "Principal": {"Federated": arn(provider)}, "Action": action,
                });
                let mut fails = vec![
                    self.beside("roles", trusting(plain(), trust.clone())),
                    self.beside("roles", trusting(admin(), trusts_account())),
                ];
                if self.changes == Changes::OidcAudience {
                    let audience = json!({"StringEquals": {"idp.example.com:aud": "app"}});
                    let limited = when(trust.clone(), audience);
                    fails.push(self.beside("roles", trusting(admin(), limited)));
                }
                if let [first, second] = &self.action_names[..] {
                    let mut apart = self.beside("roles", trusting(admin(), trust.clone()));
                    let second = allow(second.clone(), arn("saml-provider/other"));
                    apart["users"]["alice"]["may"] = json!([allow(first.clone(), "*"), second]);
                    fails.push(apart);
                }
                let mut serves = self.beside("roles", trusting(admin(), trust));
                if matches!(
                    self.changes,
                    Changes::MissingSamlProvider | Changes::MissingOidcProvider
                ) {
                    fails.push(serves.clone());
                    serves["saml_providers"] = json!([]);
                    serves["oidc_providers"] = json!([]);
                }
                (certainty, serves, fails)
            }
            Changes::Boundary(User | Role) => {
                let [list, other] = if self.changes == Changes::Boundary(User) {
                    ["users", "roles"]
                } else {
                    ["roles", "users"]
                };
                let fails =
                    vec![bounded(other, json!([self.own()])), self.guarded(list, inline_guard())];
                (Certain, bounded(list, json!([self.own()])), fails)
            }
            Changes::Tags(User | Role) => {
                let [list, other] = if self.changes == Changes::Tags(User) {
                    ["users", "roles"]
                } else {
                    ["roles", "users"]
                };
                let by_tag = json!({"StringEquals": {"aws:PrincipalTag/team": "red"}});
                let guard = when(self.deny_rest(), by_tag);
                let tagged = json!({"tags": {"team": "red"}, "inline": {"guard": [guard]}});
                let fails =
                    vec![self.guarded(other, tagged.clone()), self.guarded(list, inline_guard())];
                (Certain, self.guarded(list, tagged), fails)
            }
            Changes::Attachment(User) => {
                let fails = vec![
                    self.guarded("users", inline_guard()),
                    self.guarded("roles", guard()),
                    guarding_group("users", guard()),
                ];
                (Certain, self.guarded("users", guard()), fails)
            }
            Changes::Inline(User) => {
                let fails =
                    vec![self.guarded("users", guard()), self.guarded("roles", inline_guard())];
                (Certain, self.guarded("users", inline_guard()), fails)
            }
            Changes::Attachment(Role) => {
                let fails =
                    vec![self.guarded("roles", inline_guard()), self.guarded("users", guard())];
                (Certain, self.guarded("roles", guard()), fails)
            }
            Changes::Inline(Role) => {
                let fails =
                    vec![self.guarded("roles", guard()), self.guarded("users", inline_guard())];
                (Certain, self.guarded("roles", inline_guard()), fails)
            }
            Changes::Attachment(Group) => {
                let fails =
                    vec![guarding_group("users", inline_guard()), self.guarded("users", guard())];
                (Certain, guarding_group("users", guard()), fails)
            }
            Changes::Inline(Group) => {
                let fails =
                    vec![guarding_group("users", guard()), self.guarded("users", inline_guard())];
                (Certain, guarding_group("users", inline_guard()), fails)
            }
            Changes::GroupLeave => {
                let mut outside = self.guarded("users", inline_guard());
                outside["groups"]["g"] = plain();
                (Certain, guarding_group("users", guard()), vec![outside])
            }
            Changes::NewUser | Changes::NewRole
                if !self.action_names.iter().any(|it| it.ends_with("Policy")) =>
            {
                let kind = if self.changes == Changes::NewUser {
                    "user"
                } else {
                    "role"
                };
                let with = |spec: Json| {
                    let new =
                        json!({"ArnLike": {"aws:PrincipalArn": arn(&format!("{kind}/new-*"))}});
                    let trust = when(trusts(json!({"AWS": "*"})), new);
                    self.beside("roles", trusting(spec, trust))
                };
                let mut old_names = with(admin());
                old_names["users"]["alice"]["may"] =
                    json!([allow(self.action_names.clone(), arn(&format!("{kind}/old-*")))]);
                (Certain, with(admin()), vec![with(plain()), old_names, self.user(json!({}))])
            }
            Changes::NewUser | Changes::NewRole => {
                let list = if self.changes == Changes::NewUser {
                    "user"
                } else {
                    "role"
                };
                let on_others = |action: &String| {
                    json!([
                        allow(action.clone(), arn(&format!("{list}/a"))),
                        allow(without(&self.action_names, action), arn(&format!("{list}/b")))
                    ])
                };
                let mut fails = Vec::new();
                for action in &self.action_names {
                    fails.push(self.user(json!({"may": on_others(action)})));
                }
                (Certain, self.user(json!({})), fails)
            }
            Changes::Directory | Changes::MemberRoot => {
                let managed_by = |id: &str| {
                    let mut json = self.user(json!({}));
                    json["organization"] = json!({"management": id});
                    // Identity Center is in use.
                    json["roles"]["AWSReservedSSO_x"] =
                        json!({"path": "/aws-reserved/sso.amazonaws.com/", "trust": []});
                    json
                };
                let alone = self.user(json!({}));
                (Certain, managed_by(OWN), vec![managed_by(OTHER), alone])
            }
            // What it acts on is not seen: the actions alone count.
            Changes::Unseen => (Possible, self.user(json!({})), Vec::new()),
            Changes::Boundary(Group) | Changes::Tags(Group) => panic!("groups have neither"),
        };
        // AWS CodeStar makes no projects any more.
        let certainty = if self.closed.is_some() {
            Possible
        } else {
            certainty
        };
        Case { certainty, serves, fails }
    }
}

fn without(actions: &[String], left_out: &str) -> Json {
    actions
        .iter()
        .filter(|action| *action != left_out)
        .cloned()
        .collect()
}

/// Adds fields to alice.
fn merge(mut json: Json, list: &str, fields: Json) -> Json {
    for (key, value) in fields.as_object().unwrap() {
        json[list]["alice"][key] = value.clone();
    }
    json
}

fn certainty(json: &Json, method: &str) -> Option<Certainty> {
    let ways = ways(&account(json.clone()), "alice");
    ways.iter()
        .find(|(id, _)| *id == method)
        .map(|(_, certainty)| *certainty)
}

#[test]
fn a_method_is_caught_if_its_target_serves() {
    for method in Methods::all() {
        let case = method.case();
        assert_eq!(certainty(&case.serves, &method.id), Some(case.certainty), "{}", method.id);
    }
}

#[test]
fn a_target_that_does_not_serve_is_no_way() {
    for method in Methods::all() {
        for fails in method.case().fails {
            assert_eq!(certainty(&fails, &method.id), None, "{}: {fails}", method.id);
        }
    }
}

#[test]
fn each_action_is_needed() {
    for method in Methods::all() {
        let serves = method.case().serves;
        let list = if serves["users"]["alice"].is_object() {
            "users"
        } else {
            "roles"
        };
        for action in &method.action_names {
            let mut denied = serves.clone();
            denied[list]["alice"]["inline"]["no"] = json!([deny(action.clone(), "*")]);
            assert_eq!(certainty(&denied, &method.id), None, "{} without {action}", method.id);
        }
    }
}
