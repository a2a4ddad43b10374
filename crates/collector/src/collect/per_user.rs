//! Calls that IAM answers for one user only: for as few users as the credential report allows.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use csv::StringRecord;
use futures::{StreamExt, stream};

use super::failure::Failure;
use crate::shapes::{CredentialReport, VirtualMfaDevices};

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
    pub(crate) fn of(
        report: &CredentialReport,
        devices: Option<&VirtualMfaDevices>,
    ) -> Result<Needs, Failure> {
        let owners: HashSet<&str> = devices
            .into_iter()
            .flat_map(|devices| &devices.virtual_mfa_devices)
            .filter_map(|device| Some(device.user.as_ref()?.arn.as_str()))
            .collect();
        let mut needs = Needs::default();
        for row in rows(report)?.iter().filter(|row| row.arn.contains(":user/")) {
            if row.has_active_key {
                needs.access_keys.push(row.name.clone());
            }
            if row.mfa_active && !owners.contains(row.arn.as_str()) {
                needs.mfa_devices.push(row.name.clone());
            }
        }
        needs.access_keys.sort();
        needs.mfa_devices.sort();
        Ok(needs)
    }
}

/// What matters here of one row of the report.
pub(super) struct Row {
    name: String,
    arn: String,
    mfa_active: bool,
    has_active_key: bool,
    /// Where its keys were last used, as the report has it.
    pub(super) key_regions: Vec<String>,
}

/// The rows that can be read; what is wrong with the others is the snapshot's to say.
pub(super) fn rows(report: &CredentialReport) -> Result<Vec<Row>, Failure> {
    let unreadable = || Failure::malformed("the credential report is no CSV with its columns");
    let csv = BASE64.decode(&report.content).map_err(|_| unreadable())?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_slice());
    let header = reader.headers().map_err(|_| unreadable())?.clone();
    let column = |name| header.iter().position(|column| column == name).ok_or_else(unreadable);
    let (user, arn) = (column("user")?, column("arn")?);
    let mfa = column("mfa_active")?;
    let keys = [column("access_key_1_active")?, column("access_key_2_active")?];
    let regions: Vec<_> = ["access_key_1_last_used_region", "access_key_2_last_used_region"]
        .into_iter()
        .filter_map(|name| column(name).ok())
        .collect();
    let read = |record: StringRecord| {
        // A comma in the name, unquoted, shifts what follows; the ARN repeats it.
        let surplus = record.len().checked_sub(header.len())?;
        let is_true = |column: usize| {
            record.get(column + surplus).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        let (name, arn) = match surplus {
            0 => (record[user].to_owned(), record[arn].to_owned()),
            _ => split_name(&record.iter().take(2 + surplus).collect::<Vec<_>>().join(","))?,
        };
        Some(Row {
            name,
            arn,
            mfa_active: is_true(mfa),
            has_active_key: keys.into_iter().any(is_true),
            key_regions: regions
                .iter()
                .filter_map(|column| Some(record.get(column + surplus)?.to_owned()))
                .collect(),
        })
    };
    Ok(reader.records().filter_map(|record| read(record.ok()?)).collect())
}

/// Name and ARN, written with a comma between; a name has no colon, so the first `,arn:` is it.
fn split_name(text: &str) -> Option<(String, String)> {
    let at = text.find(",arn:")?;
    Some((text[..at].to_owned(), text[at + 1..].to_owned()))
}

/// The answers for each user or other resource, a few calls at a time, in the order of the names.
pub(crate) async fn ask_each<'a, T, F>(
    names: &'a [String],
    ask: impl Fn(&'a str) -> F,
) -> Vec<(&'a str, Result<T, Failure>)>
where
    F: Future<Output = Result<T, Failure>>,
{
    let asked = |name: &'a String| {
        let answer = ask(name);
        async move { (name.as_str(), answer.await) }
    };
    stream::iter(names).map(asked).buffered(CONCURRENT_CALLS).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{DeviceOwner, VirtualMfaDevice};

    const HEADER: &str = "user,arn,mfa_active,access_key_1_active,access_key_2_active";

    fn report(csv: &str) -> CredentialReport {
        CredentialReport { content: BASE64.encode(csv), report_format: None, generated_time: None }
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
        let needs = Needs::of(&report(&csv), Some(&devices)).unwrap();
        assert_eq!(needs.access_keys, ["ann", "zoe"]);
        assert_eq!(needs.mfa_devices, ["zoe"]);
        assert_eq!(Needs::of(&report(&csv), None).unwrap().mfa_devices, ["ann", "zoe"]);
    }

    #[test]
    fn a_comma_in_the_name_shifts_nothing() {
        let plain = "a,b,arn:aws:iam::111122223333:user/a,b,true,true,false";
        let quoted = "\"a,b\",\"arn:aws:iam::111122223333:user/a,b\",true,true,false";
        for row in [plain, quoted] {
            let needs = Needs::of(&report(&format!("{HEADER}\r\n{row}\r\n")), None).unwrap();
            assert_eq!(needs.access_keys, ["a,b"], "{row}");
            assert_eq!(needs.mfa_devices, ["a,b"], "{row}");
        }
    }

    #[test]
    fn what_is_no_report_names_nobody() {
        assert!(Needs::of(&report("<html>"), None).is_err());
        assert!(Needs::of(&report("user,arn\nann,arn:x"), None).is_err());
    }
}
