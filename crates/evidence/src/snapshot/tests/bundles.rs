//! Bundles for tests: a healthy account that each test changes a little.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use portcullis_model::{Fact, Gap, Snapshot, Source, User};
use serde_json::{Deserializer, Value as Json, json};

use crate::bundle::{Bundle, Document, FileEntry};
use crate::classes::Classes;
use crate::snapshot::Declarations;

/// The moment that ages count to.
pub(super) const AS_OF: &str = "2026-01-01T00:00:00Z";
/// When the credential report was made: two hours before.
pub(super) const REPORT_AT: &str = "2025-12-31T22:00:00Z";
/// When all documents arrived: since the credential report was made.
const COLLECTED_AT: &str = "2025-12-31T23:30:00Z";
/// When every user was created.
pub(super) const CREATED: &str = "2024-01-01T00:00:00Z";

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A user's ARN.
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:user/{name}")
}

/// A report row by column, with a default for a user without any credential.
pub(super) fn row(name: &str, values: &[(&str, &str)]) -> String {
    let arn = match name {
        "<root_account>" => "arn:aws:iam::123456789012:root".to_owned(),
        _ => arn(name),
    };
    let value = |column: &str| {
        let chosen = values
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, value)| *value);
        chosen.map(str::to_owned).unwrap_or(match column {
            "user" => name.to_owned(),
            "arn" => arn.clone(),
            "user_creation_time" => CREATED.to_owned(),
            "password_enabled" | "mfa_active" => "false".to_owned(),
            column if column.ends_with("_active") => "false".to_owned(),
            // Whenever a key was used, AWS knows the service too.
            column if has_use_of_service(values, column) => "s3".to_owned(),
            _ => "N/A".to_owned(),
        })
    };
    HEADER.split(',').map(value).collect::<Vec<_>>().join(",")
}

/// Whether it is the column of a service beside the given date of a key's use.
fn has_use_of_service(values: &[(&str, &str)], column: &str) -> bool {
    let Some(key) = column.strip_suffix("_last_used_service") else {
        return false;
    };
    let date = values
        .iter()
        .find(|(name, _)| *name == format!("{key}_last_used_date"));
    date.is_some_and(|(_, date)| *date != "N/A")
}

pub(super) const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// The root row of an account whose root has a password and MFA, and nothing else.
pub(super) fn root_row(values: &[(&str, &str)]) -> String {
    let usual = [("password_enabled", "true"), ("mfa_active", "true")];
    let own: Vec<_> = values.iter().chain(&usual).copied().collect();
    row("<root_account>", &own)
}

/// What AWS sends of a user, group, role or policy that has nothing of the kind, as in the example of
/// <https://docs.aws.amazon.com/cli/latest/reference/iam/get-account-authorization-details.html>.
const ALWAYS_SENT: [(&str, &[(&str, &str)]); 4] = [
    ("UserDetailList", &[("GroupList", "[]"), ("AttachedManagedPolicies", "[]")]),
    ("GroupDetailList", &[("GroupPolicyList", "[]"), ("AttachedManagedPolicies", "[]")]),
    (
        "RoleDetailList",
        &[
            ("InstanceProfileList", "[]"),
            ("RolePolicyList", "[]"),
            ("AttachedManagedPolicies", "[]"),
        ],
    ),
    ("Policies", &[("PolicyVersionList", "[]")]),
];

/// What the account summary counts, and the list of it.
const COUNTED: [(&str, Source, &str); 8] = [
    ("Users", Source::AccountAuthorizationDetails, "UserDetailList"),
    ("Groups", Source::AccountAuthorizationDetails, "GroupDetailList"),
    ("Roles", Source::AccountAuthorizationDetails, "RoleDetailList"),
    ("Policies", Source::AccountAuthorizationDetails, "Policies"),
    ("MFADevices", Source::VirtualMfaDevices, "VirtualMFADevices"),
    ("ServerCertificates", Source::ServerCertificates, "ServerCertificateMetadataList"),
    ("Providers", Source::SamlProviders, "SAMLProviderList"),
    ("Providers", Source::OpenIdConnectProviders, "OpenIDConnectProviderList"),
];

/// A user of GetAccountAuthorizationDetails.
pub(super) fn detail(name: &str) -> Json {
    json!({"UserName": name, "Arn": arn(name), "CreateDate": CREATED})
}

/// A bundle in the making. The default has a healthy root and the user alice without credentials.
pub(super) struct Fixture(Bundle);

impl Fixture {
    pub(super) fn new() -> Fixture {
        let fixture = Fixture(Bundle::default());
        fixture
            .with(
                Source::CallerIdentity,
                &json!({"Account": "123456789012", "Arn": arn("auditor")}),
            )
            .with(Source::AccountAliases, &json!({"AccountAliases": ["example"]}))
            .report(&[root_row(&[]), row("alice", &[])])
            .summary(&json!({
                "Users": 1, "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0,
                "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 1,
                "GlobalEndpointTokenVersion": 1,
            }))
            .with(Source::AccountPasswordPolicy, &json!({"PasswordPolicy": null}))
            .devices(&json!([]))
            .users(&[detail("alice")])
            .keys(&["alice"], &json!([]))
            .mfa(&["alice"], &json!([]))
            .with(Source::ServiceSpecificCredentials, &json!({"ServiceSpecificCredentials": []}))
            .with(Source::ServerCertificates, &json!({"ServerCertificateMetadataList": []}))
            .with(Source::SamlProviders, &json!({"SAMLProviderList": []}))
            .with(Source::OpenIdConnectProviders, &json!({"OpenIDConnectProviderList": []}))
            .with(Source::AccessAnalyzers, &json!({"analyzers": [], "Regions": ["eu-central-1"]}))
            .with(
                Source::AlternateContacts,
                &json!({"AlternateContacts": {
                    "BILLING": null, "OPERATIONS": null, "SECURITY": null,
                }}),
            )
            .with(Source::Organization, &json!({"Organization": null}))
            .with(Source::OrganizationsFeatures, &json!({"EnabledFeatures": null}))
            .with(Source::DelegationRequests, &json!({"DelegationRequests": []}))
            .with(Source::OutboundWebIdentityFederationInfo, &json!({"IssuerIdentifier": null}))
    }

    pub(super) fn bytes(
        mut self,
        source: Source,
        file: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> Fixture {
        let document = Document { file: file.to_owned(), bytes: bytes.into() };
        self.0.documents.insert(source, document);
        self.collected_at(source, COLLECTED_AT)
    }

    pub(super) fn with(self, source: Source, json: &Json) -> Fixture {
        self.bytes(source, &format!("{source}.json"), json.to_string())
    }

    /// The same, of an account in another partition.
    pub(super) fn in_partition(mut self, partition: &str) -> Fixture {
        let there = |text: &str| text.replace("arn:aws:", &format!("arn:{partition}:"));
        for document in self.0.documents.values_mut() {
            let mut json: Json = serde_json::from_slice(&document.bytes).unwrap();
            if let Some(content) = json.get_mut("Content") {
                let csv = STANDARD.decode(content.as_str().unwrap()).unwrap();
                *content = json!(STANDARD.encode(there(str::from_utf8(&csv).unwrap())));
            }
            document.bytes = there(&json.to_string()).into_bytes();
        }
        self
    }

    pub(super) fn without(self, source: Source) -> Fixture {
        self.lacking(source, "AccessDenied")
    }

    /// Without that source, for the reason that the code tells.
    pub(super) fn lacking(mut self, source: Source, code: &str) -> Fixture {
        self.0.documents.remove(&source);
        self.0.gaps.push(Gap::new(source, code, "not there"));
        self
    }

    pub(super) fn gap(mut self, gap: Gap) -> Fixture {
        self.0.gaps.push(gap);
        self
    }

    pub(super) fn document(&self, source: Source) -> Vec<u8> {
        self.0.documents[&source].bytes.clone()
    }

    /// The report as the AWS CLI prints it.
    pub(super) fn report(self, rows: &[String]) -> Fixture {
        self.report_text(&format!("{HEADER}\n{}", rows.join("\n")))
    }

    pub(super) fn report_text(self, csv: &str) -> Fixture {
        let content = STANDARD.encode(csv);
        let json =
            json!({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": REPORT_AT});
        self.with(Source::CredentialReport, &json)
    }

    pub(super) fn csv(self, csv: impl Into<Vec<u8>>) -> Fixture {
        self.bytes(Source::CredentialReport, "credential-report.csv", csv)
    }

    /// The report with alice's row alone, beside root's.
    pub(super) fn alice(self, values: &[(&str, &str)]) -> Fixture {
        self.report(&[root_row(&[]), row("alice", values)])
    }

    /// The account summary, which counts what the lists hold where the map says nothing else.
    pub(super) fn summary(self, map: &Json) -> Fixture {
        let mut map = map.clone();
        for (count, ..) in COUNTED {
            map.as_object_mut()
                .unwrap()
                .entry(count)
                .or_insert(Json::Null);
        }
        self.with(Source::AccountSummary, &json!({"SummaryMap": map}))
    }

    /// The bundle, with the counts that are left to the lists.
    fn bundle(&self) -> Bundle {
        let mut bundle = self.0.clone();
        let Some(summary) = bundle.documents.get_mut(&Source::AccountSummary) else {
            return bundle;
        };
        let Ok(mut json) = serde_json::from_slice::<Json>(&summary.bytes) else {
            return bundle;
        };
        let counts = json.get_mut("SummaryMap").and_then(Json::as_object_mut);
        for (key, count) in counts
            .into_iter()
            .flatten()
            .filter(|(_, count)| count.is_null())
        {
            *count = json!(self.listed(key));
            summary.bytes = Vec::new();
        }
        if summary.bytes.is_empty() {
            summary.bytes = json.to_string().into_bytes();
        }
        bundle
    }

    /// How many the lists hold of what the summary counts.
    fn listed(&self, key: &str) -> usize {
        let mut own = HashSet::new();
        for (_, source, list) in COUNTED.into_iter().filter(|(count, ..)| *count == key) {
            let Some(document) = self.0.documents.get(&source) else {
                continue;
            };
            for part in Deserializer::from_slice(&document.bytes).into_iter::<Json>() {
                let part = part.unwrap_or_default();
                for item in part[list].as_array().into_iter().flatten() {
                    let id = item.get("Arn").or(item.get("SerialNumber"));
                    own.insert(id.map(Json::to_string).unwrap_or_default());
                }
            }
        }
        own.iter().filter(|arn| !arn.contains(":iam::aws:")).count()
    }

    pub(super) fn devices(self, devices: &Json) -> Fixture {
        self.with(Source::VirtualMfaDevices, &json!({"VirtualMFADevices": devices}))
    }

    pub(super) fn users(self, users: &[Json]) -> Fixture {
        self.details(&json!({"UserDetailList": users}))
    }

    /// GetAccountAuthorizationDetails; lists that are not given are empty, and attachments are counted.
    pub(super) fn details(self, given: &Json) -> Fixture {
        let none = json!([]);
        let mut all = json!({});
        for (list, always_sent) in ALWAYS_SENT {
            let mut items = given.get(list).unwrap_or(&none).clone();
            for item in items.as_array_mut().into_iter().flatten() {
                for (field, empty) in always_sent {
                    let empty: Json = serde_json::from_str(empty).unwrap();
                    item.as_object_mut().unwrap().entry(*field).or_insert(empty);
                }
            }
            all[list] = items;
        }
        let attached = attached(&all);
        for policy in all["Policies"].as_array_mut().into_iter().flatten() {
            let count = attached.iter().filter(|arn| **arn == policy["Arn"]).count();
            policy
                .as_object_mut()
                .unwrap()
                .entry("AttachmentCount")
                .or_insert(json!(count));
        }
        self.with(Source::AccountAuthorizationDetails, &all)
    }

    pub(super) fn keys(self, asked: &[&str], keys: &Json) -> Fixture {
        self.with(Source::AccessKeys, &json!({"AccessKeyMetadata": keys, "Users": asked}))
    }

    pub(super) fn mfa(self, asked: &[&str], devices: &Json) -> Fixture {
        self.with(Source::MfaDevices, &json!({"MFADevices": devices, "Users": asked}))
    }

    /// Says when the document of a source arrived.
    pub(super) fn collected_at(mut self, source: Source, at: &str) -> Fixture {
        let file = self.0.documents[&source].file.clone();
        let entry = FileEntry { sha256: None, collected_at: time(at), listed_twice: false };
        self.0
            .manifest
            .get_or_insert_default()
            .files
            .insert(file, entry);
        self
    }

    /// Without a word on when the document of a source arrived, as in a bundle made by hand.
    pub(super) fn undated(mut self, source: Source) -> Fixture {
        let file = &self.0.documents[&source].file;
        self.0.manifest.as_mut().unwrap().files.remove(file);
        self
    }

    /// Says whose bundle it is.
    pub(super) fn collected_for(mut self, account: &str) -> Fixture {
        self.0.manifest.get_or_insert_default().account = Some(account.to_owned());
        self
    }

    /// Says where the session was.
    pub(super) fn collected_in(mut self, region: &str) -> Fixture {
        self.0.manifest.get_or_insert_default().region = Some(region.to_owned());
        self
    }

    /// The facts, after checking that no source is missing without a gap.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.declared(&Declarations::default())
    }

    pub(super) fn classified(&self, classes: &Classes) -> Snapshot {
        self.declared(&Declarations { classes: classes.clone(), ..Declarations::default() })
    }

    pub(super) fn declared(&self, declared: &Declarations) -> Snapshot {
        let snapshot = self.bundle().snapshot(time(AS_OF), declared).unwrap();
        let json = serde_json::to_value(&snapshot).unwrap();
        for source in missing_sources(&json) {
            let explained = snapshot.gaps.iter().any(|gap| gap.source == source);
            assert!(explained, "{source} is missing without a gap: {json:#}");
        }
        snapshot
    }

    /// The facts about the user alice.
    pub(super) fn user(&self) -> User {
        user(&self.snapshot(), "alice").clone()
    }
}

/// The ARNs of attached policies, once for each principal.
fn attached(details: &Json) -> Vec<Json> {
    let mut attached = Vec::new();
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList"] {
        for principal in details[list].as_array().into_iter().flatten() {
            let policies = principal["AttachedManagedPolicies"].as_array();
            attached.extend(
                policies
                    .into_iter()
                    .flatten()
                    .map(|policy| policy["PolicyArn"].clone()),
            );
        }
    }
    attached
}

pub(super) fn user<'a>(snapshot: &'a Snapshot, name: &str) -> &'a User {
    let Fact::Known(users) = &snapshot.users else {
        panic!("users are missing")
    };
    users.iter().find(|user| user.name == name).unwrap()
}

/// The codes and messages of the gaps of a source and resource.
pub(super) fn gaps(
    snapshot: &Snapshot,
    source: Source,
    resource: Option<&str>,
) -> Vec<(String, String)> {
    let of = snapshot.gaps.iter().filter(|gap| gap.source == source);
    of.filter(|gap| gap.resource.as_deref() == resource)
        .map(|gap| (gap.code.to_string(), gap.message.to_string()))
        .collect()
}

fn missing_sources(json: &Json) -> Vec<Source> {
    match json {
        Json::Object(object) => match object.get("missing") {
            Some(missing) => serde_json::from_value(missing.clone()).unwrap(),
            None => object.values().flat_map(missing_sources).collect(),
        },
        Json::Array(list) => list.iter().flat_map(missing_sources).collect(),
        _ => Vec::new(),
    }
}
