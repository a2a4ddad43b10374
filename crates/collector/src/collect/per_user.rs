//! Calls that IAM answers for one user only: for as few users as the credential report allows.

use std::collections::HashSet;

use futures::{StreamExt, stream};
use portcullis_model::Fact;

use super::failure::Failure;
use crate::shapes::VirtualMfaDevices;
use crate::snapshot::credential_report::Report;

/// IAM throttles an account as a whole: more at once would only be told to wait.
const CONCURRENT_CALLS: usize = 8;

/// The users to ask about, by name, sorted.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Needs {
    /// Those with an access key in use: the report has its age, but not its id.
    pub(crate) access_keys: Vec<String>,
    /// Those with an MFA device that is not among the account's virtual ones.
    pub(crate) mfa_devices: Vec<String>,
}

impl Needs {
    /// Reads from the report whom to ask. Without the virtual devices, nobody's MFA is explained.
    pub(crate) fn new(report: &Report, devices: Option<&VirtualMfaDevices>) -> Needs {
        let mut owners = HashSet::new();
        for device in devices.into_iter().flat_map(|devices| &devices.virtual_mfa_devices) {
            owners.extend(device.user.as_ref().map(|user| user.arn.as_str()));
        }
        let yes = Fact::Known(true);
        let mut needs = Needs::default();
        for row in &report.users {
            if row.keys.iter().any(|key| key.active == yes) {
                needs.access_keys.push(row.name.clone());
            }
            if row.mfa_active == yes && !owners.contains(row.arn.as_str()) {
                needs.mfa_devices.push(row.name.clone());
            }
        }
        needs.access_keys.sort();
        needs.mfa_devices.sort();
        needs
    }
}

/// The answers for each user or other resource, a few calls at a time, in the order of the names.
pub(crate) async fn ask_each<T>(
    names: &[String],
    ask: impl AsyncFn(&str) -> Result<T, Failure>,
) -> Vec<(&str, Result<T, Failure>)> {
    let calls = names.iter().map(|name| async { (name.as_str(), ask(name).await) });
    stream::iter(calls).buffered(CONCURRENT_CALLS).collect().await
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;

    use super::*;
    use crate::shapes::{CredentialReport, DeviceOwner, VirtualMfaDevice};
    use crate::snapshot::credential_report;

    const HEADER: &str = "user,arn,mfa_active,access_key_1_active,access_key_2_active";

    fn report(csv: &str) -> Option<Report> {
        let content = BASE64.encode(csv);
        let answer = CredentialReport { content, report_format: None, generated_time: None };
        credential_report::read(&answer)
    }

    fn device(owner: &str) -> VirtualMfaDevice {
        let arn = format!("arn:aws:iam::111122223333:user/{owner}");
        VirtualMfaDevice {
            serial_number: format!("arn:aws:iam::111122223333:mfa/{owner}"),
            user: Some(DeviceOwner { user_name: None, user_id: None, arn }),
            enable_date: None,
        }
    }

    #[test]
    fn only_those_with_something_to_tell_are_asked() {
        let csv = format!(
            "{HEADER}\n\
             <root_account>,arn:aws:iam::111122223333:root,true,true,false\n\
             zoe,arn:aws:iam::111122223333:user/zoe,true,false,TRUE\n\
             ann,arn:aws:iam::111122223333:user/ann,true,true,true\n\
             bob,arn:aws:iam::111122223333:user/bob,false,false,false"
        );
        let devices = VirtualMfaDevices { virtual_mfa_devices: vec![device("ann")] };
        let needs = Needs::new(&report(&csv).unwrap(), Some(&devices));
        assert_eq!(needs.access_keys, ["ann", "zoe"]);
        assert_eq!(needs.mfa_devices, ["zoe"]);
        assert_eq!(Needs::new(&report(&csv).unwrap(), None).mfa_devices, ["ann", "zoe"]);
    }

    #[test]
    fn a_comma_in_the_name_shifts_nothing() {
        let plain = "a,b,arn:aws:iam::111122223333:user/a,b,true,true,false";
        let quoted = "\"a,b\",\"arn:aws:iam::111122223333:user/a,b\",true,true,false";
        for row in [plain, quoted] {
            let needs = Needs::new(&report(&format!("{HEADER}\r\n{row}\r\n")).unwrap(), None);
            assert_eq!(needs.access_keys, ["a,b"], "{row}");
            assert_eq!(needs.mfa_devices, ["a,b"], "{row}");
        }
    }

    #[test]
    fn what_is_no_report_names_nobody() {
        assert!(report("<html>").is_none());
        assert!(report("user,arn\nann,arn:x").is_none());
    }
}
