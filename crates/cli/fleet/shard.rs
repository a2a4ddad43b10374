//! `--shard`: the share of the accounts for one of several machines.

use std::env;
use std::str::FromStr;

use portcullis_model::{AccountId, Share};

use crate::failure::Failure;

/// The variables in which AWS Batch and Kubernetes give the index of a job, from 0.
///
/// <https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html>
/// <https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode>
const INDICES: [&str; 2] = ["AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"];

/// One of several shares, such as `2/5`. The share of an account depends only on its id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shard {
    /// From 1.
    pub(crate) index: u64,
    count: u64,
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Shard, &'static str> {
        if let Some((index, count)) = text.split_once('/')
            && let (Ok(index), Ok(count)) = (index.parse(), count.parse())
            && (1..=count).contains(&index)
        {
            return Ok(Shard { index, count });
        }
        Err("expected a share such as 2/5: the second of five")
    }
}

impl Shard {
    /// The share requested by `--shard` or `--shards`; none for all accounts.
    pub(crate) fn asked(
        shard: Option<Shard>,
        shards: Option<u64>,
    ) -> Result<Option<Shard>, Failure> {
        let Some(count) = shards else {
            return Ok(shard);
        };
        let set = INDICES
            .into_iter()
            .filter_map(|name| Some((name, env::var(name).ok()?)));
        let mut set = set.filter(|(_, text)| !text.is_empty());
        let Some((name, text)) = set.next() else {
            let what = "nothing says which share --shards should take";
            let help = format!("pass --shard I/{count}, or set {}", INDICES.join(" or "));
            return Err(Failure::with_help(what, help));
        };
        match text.parse::<u64>() {
            Ok(index) if index < count => Ok(Some(Shard { index: index + 1, count })),
            _ => Err(format!("{name} is {text:?}, which is not below --shards {count}").into()),
        }
    }

    /// Whether the account is in this share.
    pub(crate) fn holds(self, account: AccountId) -> bool {
        let number: u64 = account.as_str().parse().unwrap_or_default();
        number % self.count == self.index - 1
    }

    /// The share as a report records it.
    pub(crate) fn share(self) -> Share {
        Share { count: self.count, index: self.index }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_of_several() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, count: 5 }));
        for text in ["", "2", "0/5", "6/5", "1/0", "a/b", "-1/5"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_account_is_in_one_share() {
        for number in [0, 1, 111_122_223_333_u64, 999_999_999_999] {
            let id = AccountId::parse(&format!("{number:012}")).unwrap();
            let holding = (1..=7).filter(|&index| Shard { index, count: 7 }.holds(id));
            assert_eq!(holding.collect::<Vec<_>>(), [number % 7 + 1]);
        }
    }
}
