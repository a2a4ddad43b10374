//! What proves that nothing is missing unseen: digests, which name what a trail delivered in an hour, and
//! look-ups in the event history that were read to the last page.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>

use portcullis_model::Period;
use serde_json::Value;

/// Proof that a period of an account's region was read in whole.
#[derive(Debug)]
pub(crate) struct Digest {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) period: Period,
    /// The log files that must have been read; none for a look-up.
    pub(crate) files: Vec<LogFile>,
}

/// A log file as a digest names it.
#[derive(Debug)]
pub(crate) struct LogFile {
    /// Its [name](file_name).
    pub(crate) name: String,
    /// The SHA-256 of what it holds once decompressed, in hexadecimal digits.
    pub(crate) sha256: String,
}

/// How far a look-up was read, as `portcullis collect --signins` writes it; none: not at all.
pub(crate) fn read_lookup(lookup: &Value) -> Option<Digest> {
    let time = |path| text(lookup, path)?.parse().ok();
    Some(Digest {
        account: text(lookup, "/Account")?.to_owned(),
        region: text(lookup, "/Region")?.to_owned(),
        period: Period { from: time("/From")?, to: time("/To")? },
        files: Vec::new(),
    })
}

/// The text at the end of that path, such as `/Account`, unless it is empty.
fn text<'a>(record: &'a Value, path: &str) -> Option<&'a str> {
    record.pointer(path)?.as_str().filter(|text| !text.is_empty())
}

/// None if it lacks what makes it a digest.
pub(crate) fn read(record: &Value) -> Option<Digest> {
    let time = |path| text(record, path)?.parse().ok();
    let object = text(record, "/digestS3Object")?;
    let mut folders = object.split('/').skip_while(|folder| *folder != "CloudTrail-Digest");
    let files = record["logFiles"].as_array()?.iter().map(|file| {
        let sha256 = text(file, "/hashValue")?.to_owned();
        Some(LogFile { name: file_name(text(file, "/s3Object")?).to_owned(), sha256 })
    });
    Some(Digest {
        account: text(record, "/awsAccountId")?.to_owned(),
        region: folders.nth(1)?.to_owned(),
        period: Period { from: time("/digestStartTime")?, to: time("/digestEndTime")? },
        files: files.collect::<Option<_>>()?,
    })
}

/// The name of a log file, the same whether it is packed or not.
pub(crate) fn file_name(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".gz").unwrap_or(name)
}
