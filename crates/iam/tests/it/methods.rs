//! Every method of `data/escalations.toml`, with a target that serves and with one that does not.

use portcullis_iam::Certainty::{self, Certain, Conditional, Possible};
use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

use crate::account::{
    OTHER, OWN, account, allow, arn, deny, everything, trusts, trusts_account, trusts_service,
    ways, when,
};

#[derive(Deserialize)]
struct File {
    method: Vec<Method>,
}

#[derive(Clone, Deserialize)]
struct Method {
    id: String,
    #[serde(deserialize_with = "in_one_word")]
    changes: String,
    actions: Vec<String>,
    #[serde(default)]
    instead: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    closed: Option<String>,
}

/// `{ permissions = "user" }` as `user-permissions`.
fn in_one_word<'de, D: Deserializer<'de>>(changes: D) -> Result<String, D::Error> {
    Ok(match Json::deserialize(changes)? {
        Json::Object(of_kind) => {
            let (what, kind) = of_kind.iter().next().unwrap();
            format!("{}-{what}", kind.as_str().unwrap())
        }
        word => word.as_str().unwrap().to_owned(),
    })
}

/// How to test what a method changes. Accounts have a user or role alice, with the method's actions on everything
/// as `own`.
struct Case {
    certainty: Certainty,
    serves: Json,
    /// None of them serves.
    fails: Vec<Json>,
}

/// All methods, with each action that may be the last.
fn methods() -> Vec<Method> {
    let file: File = toml::from_str(include_str!("../../data/escalations.toml")).unwrap();
    let mut methods = Vec::new();
    for method in file.method {
        for last in &method.instead {
            let mut variant = method.clone();
            variant.actions.last_mut().unwrap().clone_from(last);
            methods.push(variant);
        }
        methods.push(method);
    }
    methods
}

impl Method {
    fn own(&self) -> Json {
        allow(self.actions.clone(), "*")
    }

    /// Denies all that the method does not need.
    fn deny_rest(&self) -> Json {
        json!({"Effect": "Deny", "NotAction": self.actions, "Resource": "*"})
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
        let (certainty, serves, fails) = match self.changes.as_str() {
            "policy-text" => {
                let mut with_policy = self.user(json!({"attached": ["p"]}));
                with_policy["policies"] = json!({"p": [allow("s3:*", "*")]});
                let mut unattached = self.user(json!({}));
                unattached["policies"] = with_policy["policies"].clone();
                (Certain, with_policy, vec![unattached, self.user(json!({"attached": []}))])
            }
            "policy-version" => {
                let with_version = |version: Json| {
                    let mut json = self.user(json!({"attached": ["p"]}));
                    json["policies"] =
                        json!({"p": {"versions": [[allow("s3:*", "*")], [version]]}});
                    json
                };
                (Certain, with_version(everything()), vec![with_version(allow("ec2:*", "*"))])
            }
            "user-permissions" => {
                let mut role = self.role(json!({}));
                role["users"]["clerk"] = plain();
                (Certain, self.user(json!({})), vec![role])
            }
            "group-permissions" => {
                let mut member = self.user(in_group());
                member["groups"] = json!({"g": plain()});
                (Certain, member, vec![self.beside("groups", plain())])
            }
            "role-permissions" => {
                let other = trusting(plain(), trusts_service("ec2.amazonaws.com"));
                (Certain, self.role(json!({})), vec![self.beside("roles", other)])
            }
            "user-credentials" => {
                (Certain, self.beside("users", admin()), vec![self.beside("users", plain())])
            }
            "group-membership" => {
                let mut role = self.role(json!({}));
                role["groups"]["other"] = admin();
                let fails = vec![self.beside("groups", plain()), role];
                (Certain, self.beside("groups", admin()), fails)
            }
            "new-group" => {
                let on_two = json!([
                    allow(self.actions[0].clone(), arn("group/a")),
                    allow(self.actions[1..].to_vec(), arn("group/b"))
                ]);
                (Certain, self.user(json!({})), vec![self.user(json!({"may": on_two}))])
            }
            "new-member" => {
                (Certain, self.beside("groups", admin()), vec![self.beside("groups", plain())])
            }
            "role-session" => {
                let fails = vec![
                    self.beside("roles", trusting(plain(), trusts_account())),
                    self.beside("roles", trusting(admin(), trusts_service("ec2.amazonaws.com"))),
                ];
                (Certain, self.beside("roles", trusting(admin(), trusts_account())), fails)
            }
            "role-trust" => {
                let role = |spec| self.beside("roles", trusting(spec, trusts_account()));
                (Certain, role(admin()), vec![role(plain())])
            }
            "passed-role" | "running-role" => {
                let role = |spec, service: &str| {
                    let federated = service.starts_with("cognito-identity");
                    let mut trust = trusts_service(service);
                    if federated {
                        trust["Principal"] = json!({"Federated": service});
                        trust["Action"] = json!("sts:AssumeRoleWithWebIdentity");
                    }
                    self.beside("roles", trusting(spec, trust))
                };
                let certainty = match (self.changes.as_str(), self.id.as_str()) {
                    // One without a role is not in the data.
                    (_, "instance-profile-role") => Possible,
                    ("passed-role", _) => Certain,
                    _ => Conditional,
                };
                let own = &self.services[0];
                let fails = vec![role(plain(), own), role(admin(), "unrelated.amazonaws.com")];
                (certainty, role(admin(), own), fails)
            }
            "saml-provider"
            | "oidc-provider"
            | "oidc-audience"
            | "missing-saml-provider"
            | "missing-oidc-provider" => {
                let saml = self.changes.ends_with("saml-provider");
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
                if self.changes == "oidc-audience" {
                    let audience = json!({"StringEquals": {"idp.example.com:aud": "app"}});
                    let limited = when(trust.clone(), audience);
                    fails.push(self.beside("roles", trusting(admin(), limited)));
                }
                if let [first, second] = &self.actions[..] {
                    let mut apart = self.beside("roles", trusting(admin(), trust.clone()));
                    let second = allow(second.clone(), arn("saml-provider/other"));
                    apart["users"]["alice"]["may"] = json!([allow(first.clone(), "*"), second]);
                    fails.push(apart);
                }
                let mut serves = self.beside("roles", trusting(admin(), trust));
                if self.changes.starts_with("missing") {
                    fails.push(serves.clone());
                    serves["saml_providers"] = json!([]);
                    serves["oidc_providers"] = json!([]);
                }
                (certainty, serves, fails)
            }
            "user-boundary" | "role-boundary" => {
                let [list, other] = if self.changes == "user-boundary" {
                    ["users", "roles"]
                } else {
                    ["roles", "users"]
                };
                let fails =
                    vec![bounded(other, json!([self.own()])), self.guarded(list, inline_guard())];
                (Certain, bounded(list, json!([self.own()])), fails)
            }
            "user-tags" | "role-tags" => {
                let [list, other] = if self.changes == "user-tags" {
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
            "user-attachment" => {
                let fails = vec![
                    self.guarded("users", inline_guard()),
                    self.guarded("roles", guard()),
                    guarding_group("users", guard()),
                ];
                (Certain, self.guarded("users", guard()), fails)
            }
            "user-inline" => {
                let fails =
                    vec![self.guarded("users", guard()), self.guarded("roles", inline_guard())];
                (Certain, self.guarded("users", inline_guard()), fails)
            }
            "role-attachment" => {
                let fails =
                    vec![self.guarded("roles", inline_guard()), self.guarded("users", guard())];
                (Certain, self.guarded("roles", guard()), fails)
            }
            "role-inline" => {
                let fails =
                    vec![self.guarded("roles", guard()), self.guarded("users", inline_guard())];
                (Certain, self.guarded("roles", inline_guard()), fails)
            }
            "group-attachment" => {
                let fails =
                    vec![guarding_group("users", inline_guard()), self.guarded("users", guard())];
                (Certain, guarding_group("users", guard()), fails)
            }
            "group-inline" => {
                let fails =
                    vec![guarding_group("users", guard()), self.guarded("users", inline_guard())];
                (Certain, guarding_group("users", inline_guard()), fails)
            }
            "group-leave" => {
                let mut outside = self.guarded("users", inline_guard());
                outside["groups"]["g"] = plain();
                (Certain, guarding_group("users", guard()), vec![outside])
            }
            "new-user" | "new-role" if !self.actions.iter().any(|it| it.ends_with("Policy")) => {
                let kind = if self.changes == "new-user" {
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
                    json!([allow(self.actions.clone(), arn(&format!("{kind}/old-*")))]);
                (Certain, with(admin()), vec![with(plain()), old_names, self.user(json!({}))])
            }
            "new-user" | "new-role" => {
                let list = if self.changes == "new-user" {
                    "user"
                } else {
                    "role"
                };
                let on_others = |action: &String| {
                    json!([
                        allow(action.clone(), arn(&format!("{list}/a"))),
                        allow(without(&self.actions, action), arn(&format!("{list}/b")))
                    ])
                };
                let mut fails = Vec::new();
                for action in &self.actions {
                    fails.push(self.user(json!({"may": on_others(action)})));
                }
                (Certain, self.user(json!({})), fails)
            }
            "directory" | "member-root" => {
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
            "unseen" => (Possible, self.user(json!({})), Vec::new()),
            other => panic!("{other} needs a row: how to build an account where it serves"),
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
    for method in methods() {
        let case = method.case();
        assert_eq!(certainty(&case.serves, &method.id), Some(case.certainty), "{}", method.id);
    }
}

#[test]
fn a_target_that_does_not_serve_is_no_way() {
    for method in methods() {
        for fails in method.case().fails {
            assert_eq!(certainty(&fails, &method.id), None, "{}: {fails}", method.id);
        }
    }
}

#[test]
fn each_action_is_needed() {
    for method in methods() {
        let serves = method.case().serves;
        let list = if serves["users"]["alice"].is_object() {
            "users"
        } else {
            "roles"
        };
        for action in &method.actions {
            let mut denied = serves.clone();
            denied[list]["alice"]["inline"]["no"] = json!([deny(action.clone(), "*")]);
            assert_eq!(certainty(&denied, &method.id), None, "{} without {action}", method.id);
        }
    }
}
