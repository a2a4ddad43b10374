//! Ids for credentials that have neither an ARN nor an id in the credential report.

use std::collections::HashMap;

use jiff::Timestamp;

/// Generates ids of the form `USER-ARN/KIND/DATE`, with the suffix `-2` and so on for equal dates.
///
/// The date is the one fact about a credential that every source has, so ids do not depend on which
/// sources were collected.
pub(super) struct ResourceIds {
    prefix: String,
    given: HashMap<String, u32>,
}

impl ResourceIds {
    pub(super) fn new(user_arn: &str, kind: &str) -> ResourceIds {
        ResourceIds { prefix: format!("{user_arn}/{kind}"), given: HashMap::new() }
    }

    pub(super) fn next(&mut self, date: Option<Timestamp>) -> String {
        let date = match date {
            Some(date) => date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            None => "undated".to_owned(),
        };
        let count = self.given.entry(date.clone()).or_default();
        *count += 1;
        match *count {
            1 => format!("{}/{date}", self.prefix),
            count => format!("{}/{date}-{count}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_dates_are_counted() {
        let mut ids = ResourceIds::new("arn:aws:iam::1:user/a", "access-key");
        let date = Some("2024-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(ids.next(date), "arn:aws:iam::1:user/a/access-key/2024-01-01T00:00:00Z");
        assert_eq!(ids.next(date), "arn:aws:iam::1:user/a/access-key/2024-01-01T00:00:00Z-2");
        assert_eq!(ids.next(None), "arn:aws:iam::1:user/a/access-key/undated");
    }
}
