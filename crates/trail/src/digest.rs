//! Digests: what a trail delivered in an hour, so that nothing can be missing unseen.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>

use portcullis_model::Period;
use serde_json::Value;

use crate::event::text;

/// The log files of a trail in an account's region, for an hour.
#[derive(Debug)]
pub(crate) struct Digest {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) period: Period,
    /// The [names](file_name) of the log files.
    pub(crate) files: Vec<String>,
}

/// None if it lacks what makes it a digest.
pub(crate) fn read(record: &Value) -> Option<Digest> {
    let time = |path| text(record, path)?.parse().ok();
    let object = text(record, "/digestS3Object")?;
    let mut folders = object.split('/').skip_while(|folder| *folder != "CloudTrail-Digest");
    let files = record["logFiles"].as_array()?.iter().map(|file| {
        let object = text(file, "/s3Object")?;
        Some(file_name(object).to_owned())
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
