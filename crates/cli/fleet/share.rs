//! `--shard`: the share of the accounts for one of several machines.

use std::env;

use portcullis_model::Share;

use crate::failure::Failure;

/// The variables in which AWS Batch and Kubernetes give the index of a job, from 0.
///
/// <https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html>
/// <https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode>
const INDICES: [&str; 2] = ["AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"];

/// The share requested by `--shard` or `--shards`; none for all accounts.
pub(crate) fn requested_share(
    shard: Option<Share>,
    shards: Option<u64>,
) -> Result<Option<Share>, Failure> {
    let Some(count) = shards else {
        return Ok(shard);
    };
    let mut indices = INDICES.into_iter();
    let set = indices.find_map(|name| {
        let text = env::var(name).ok()?;
        (!text.is_empty()).then_some((name, text))
    });
    let Some((name, text)) = set else {
        let what = "nothing says which share --shards should take";
        let help = format!("pass --shard I/{count}, or set {}", INDICES.join(" or "));
        return Err(Failure::with_help(what, help));
    };
    match text.parse::<u64>() {
        Ok(index) if index < count => Ok(Some(Share { count, index: index + 1 })),
        _ => Err(format!("{name} is {text:?}, which is not below --shards {count}").into()),
    }
}
