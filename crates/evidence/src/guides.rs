//! Which users and regions to query next, read from the first answers of a collection.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Arn, Fact, Source, is_region};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bundle::Document;
use crate::shapes::{AccountSummary, RoleLastUsed, VirtualMfaDevices};
use crate::snapshot::credential_report::{self, Report};

/// What decides on the calls for single users and regions.
#[derive(Debug)]
pub struct Guides {
    /// The users to query.
    pub users: Result<Users, NoUsers>,
    /// The regions where keys and roles were last used, sorted.
    pub regions: Vec<String>,
    /// The account summary, which says whether root has credentials.
    pub summary: Option<AccountSummary>,
}

/// Why it is not known which users to query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoUsers {
    /// There is no credential report.
    Missing,
    /// The credential report cannot be read, or lacks a column that is needed here.
    Malformed,
}

/// The names of the users to query, sorted.
#[derive(Debug, Default, PartialEq)]
pub struct Users {
    /// Users with an active access key: the report shows its age, but not its id.
    pub access_keys: Vec<String>,
    /// Users with MFA according to the report or the account's virtual devices: only a user's own
    /// list shows a second device, or one of another kind.
    pub mfa_devices: Vec<String>,
}

impl Guides {
    /// Reads the guides from those documents that were collected.
    pub fn read(documents: &BTreeMap<Source, Document>) -> Guides {
        let report = read_report(documents);
        let devices = parse(documents, Source::VirtualMfaDevices);
        let roles = parse(documents, Source::AccountAuthorizationDetails);
        Guides {
            regions: regions(report.as_ref().ok(), roles),
            summary: parse(documents, Source::AccountSummary),
            users: report.map(|report| Users::new(&report, devices)),
        }
    }
}

fn read_report(documents: &BTreeMap<Source, Document>) -> Result<Report, NoUsers> {
    let document = documents
        .get(&Source::CredentialReport)
        .ok_or(NoUsers::Missing)?;
    let answer = serde_json::from_slice(&document.bytes).map_err(|_| NoUsers::Malformed)?;
    credential_report::read(&answer).ok_or(NoUsers::Malformed)
}

impl Users {
    /// Selects the users by the report, and by the virtual devices if they are known.
    fn new(report: &Report, devices: Option<VirtualMfaDevices>) -> Users {
        let mut with_keys = BTreeSet::new();
        let mut with_mfa = BTreeSet::new();
        for row in &report.users {
            if row.keys.iter().any(|key| key.active == Fact::Known(true)) {
                with_keys.insert(row.name.clone());
            }
            if row.mfa_active == Fact::Known(true) {
                with_mfa.insert(row.name.clone());
            }
        }
        for device in devices
            .into_iter()
            .flat_map(|devices| devices.virtual_mfa_devices)
        {
            let Some(owner) = device.user else { continue };
            if let Some((_, name)) = Arn::parse(&owner.arn).and_then(Arn::user) {
                with_mfa.insert(name.to_owned());
            }
        }
        Users {
            access_keys: with_keys.into_iter().collect(),
            mfa_devices: with_mfa.into_iter().collect(),
        }
    }
}

/// The part of the authorization details that names regions.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Roles {
    role_detail_list: Vec<RoleUse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleUse {
    role_last_used: Option<RoleLastUsed>,
}

fn regions(report: Option<&Report>, roles: Option<Roles>) -> Vec<String> {
    let mut names = BTreeSet::new();
    for key in report
        .into_iter()
        .flat_map(Report::rows)
        .flat_map(|row| &row.keys)
    {
        names.extend(key.last_used_region.as_ref().known().cloned().flatten());
    }
    for role in roles.into_iter().flat_map(|roles| roles.role_detail_list) {
        names.extend(role.role_last_used.and_then(|used| used.region));
    }
    names.retain(|name| is_region(name));
    names.into_iter().collect()
}

fn parse<T: DeserializeOwned>(documents: &BTreeMap<Source, Document>, source: Source) -> Option<T> {
    serde_json::from_slice(&documents.get(&source)?.bytes).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;

    use super::*;
    use crate::shapes::{CredentialReport, DeviceOwner, VirtualMfaDevice};

    const HEADER: &str = "user,arn,mfa_active,access_key_1_active,access_key_2_active";

    fn report(csv: &str) -> Option<Report> {
        let content = BASE64.encode(csv);
        let answer = CredentialReport { content, report_format: None, generated_time: None };
        credential_report::read(&answer)
    }

    fn device(name: &str, owner: &str) -> VirtualMfaDevice {
        let arn = format!("arn:aws:iam::111122223333:{owner}");
        VirtualMfaDevice {
            serial_number: format!("arn:aws:iam::111122223333:mfa/{name}"),
            user: Some(DeviceOwner { user_name: None, user_id: None, arn }),
            enable_date: None,
        }
    }

    #[test]
    fn everybody_with_a_key_or_mfa_is_asked() {
        let csv = format!(
            "{HEADER}\n\
             <root_account>,arn:aws:iam::111122223333:root,true,true,false\n\
             zoe,arn:aws:iam::111122223333:user/zoe,true,false,TRUE\n\
             ann,arn:aws:iam::111122223333:user/ann,true,true,true\n\
             bob,arn:aws:iam::111122223333:user/bob,false,false,false\n\
             eve,arn:aws:iam::111122223333:user/eve,false,false,false"
        );
        let root = device("x", "root");
        // Enabled since the report was made.
        let new = device("bob", "user/team/bob");
        let devices = vec![device("ann", "user/ann"), root, new];
        let devices = VirtualMfaDevices { virtual_mfa_devices: devices };
        let users = Users::new(&report(&csv).unwrap(), Some(devices));
        assert_eq!(users.access_keys, ["ann", "zoe"]);
        assert_eq!(users.mfa_devices, ["ann", "bob", "zoe"]);
        assert_eq!(Users::new(&report(&csv).unwrap(), None).mfa_devices, ["ann", "zoe"]);
    }

    #[test]
    fn a_comma_in_the_name_shifts_nothing() {
        let plain = "a,b,arn:aws:iam::111122223333:user/a,b,true,true,false";
        let quoted = "\"a,b\",\"arn:aws:iam::111122223333:user/a,b\",true,true,false";
        for row in [plain, quoted] {
            let users = Users::new(&report(&format!("{HEADER}\r\n{row}\r\n")).unwrap(), None);
            assert_eq!(users.access_keys, ["a,b"], "{row}");
            assert_eq!(users.mfa_devices, ["a,b"], "{row}");
        }
    }

    #[test]
    fn what_is_no_report_names_nobody() {
        assert!(report("<html>").is_none());
        assert!(report("user,arn\nann,arn:x").is_none());
    }
}
