//! Reads proof that no event is missing: digests, which name the files that a trail delivered in an hour, and lookups
//! in the event history that were read to the last page.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>

use portcullis_model::Period;
use serde_json::Value;

/// Proof that all events of a period in an account's region were read.
#[derive(Debug)]
pub(crate) struct Digest {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) period: Period,
    /// The log files that must have been read; empty for a lookup.
    pub(crate) files: Vec<LogFile>,
}

/// A log file as a digest names it.
#[derive(Debug)]
pub(crate) struct LogFile {
    /// Its [name](file_name).
    pub(crate) name: String,
    /// The SHA-256 of its decompressed bytes in hexadecimal.
    pub(crate) sha256: String,
}

/// Reads the extent of a lookup, as `portcullis collect --signins` writes it; none if nothing was read.
pub(crate) fn read_lookup(lookup: &Value) -> Option<Digest> {
    let time = |path| text(lookup, path)?.parse().ok();
    Some(Digest {
        account: text(lookup, "/Account")?.to_owned(),
        region: text(lookup, "/Region")?.to_owned(),
        period: Period { from: time("/From")?, to: time("/To")? },
        files: Vec::new(),
    })
}

/// The text at the end of a path such as `/Account`, unless it is empty.
fn text<'a>(record: &'a Value, path: &str) -> Option<&'a str> {
    record
        .pointer(path)?
        .as_str()
        .filter(|text| !text.is_empty())
}

/// Reads a digest; none if it lacks a needed field.
pub(crate) fn read(record: &Value) -> Option<Digest> {
    let time = |path| text(record, path)?.parse().ok();
    let object = text(record, "/digestS3Object")?;
    let mut folders = object
        .split('/')
        .skip_while(|folder| *folder != "CloudTrail-Digest");
    let mut files = Vec::new();
    for file in record["logFiles"].as_array()? {
        files.push(LogFile {
            name: file_name(text(file, "/s3Object")?).to_owned(),
            sha256: text(file, "/hashValue")?.to_owned(),
        });
    }
    Some(Digest {
        account: text(record, "/awsAccountId")?.to_owned(),
        region: folders.nth(1)?.to_owned(),
        period: Period { from: time("/digestStartTime")?, to: time("/digestEndTime")? },
        files,
    })
}

/// The name of a log file without its folder, the same whether it is compressed or not.
pub(crate) fn file_name(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".gz").unwrap_or(name)
}
