//! Whether GetAccountAuthorizationDetails lists all that the account summary counts.

use std::collections::BTreeSet;

use portcullis_model::{Arn, Fact, Gap, Source};

use super::answers::Answers;
use super::gaps::Gaps;

/// Which lists hold at least as many as the account summary counts: asked with a filter, AWS answers
/// with empty ones, and an output put together by hand may hold a part of them.
#[derive(Clone, Copy)]
pub(super) struct Lists {
    pub(super) users: bool,
    pub(super) groups: bool,
    pub(super) roles: bool,
    pub(super) policies: bool,
}

impl Lists {
    pub(super) const WHOLE: Lists =
        Lists { users: true, groups: true, roles: true, policies: true };

    /// Compares them with the summary. A list that is not there at all is short of nothing.
    pub(super) fn compare(answers: &Answers, gaps: &mut Gaps) -> Lists {
        let Fact::Known(details) = &answers.details else {
            return Lists::WHOLE;
        };
        let users = details.user_detail_list.iter().map(|user| user.arn.as_str());
        let groups = details.group_detail_list.iter().map(|group| group.arn.as_str());
        let roles = details.role_detail_list.iter().map(|role| role.arn.as_str());
        // The summary counts customer-managed policies; the list holds those of AWS in use too.
        let all_policies = details.policies.iter().map(|policy| policy.arn.as_str());
        let policies = all_policies.filter(|arn| !Arn::parse(arn).is_some_and(Arn::is_aws_managed));
        let mut short = Vec::new();
        let mut is_whole = |key: &str, listed: BTreeSet<&str>| {
            let (listed, counted) = (listed.len(), answers.counted(key).unwrap_or_default());
            if listed < counted {
                short.push(format!("{listed} of {counted} {}", key.to_ascii_lowercase()));
            }
            listed >= counted
        };
        let lists = Lists {
            users: is_whole("Users", users.collect()),
            groups: is_whole("Groups", groups.collect()),
            roles: is_whole("Roles", roles.collect()),
            policies: is_whole("Policies", policies.collect()),
        };
        if !short.is_empty() {
            let what = short.join(", ");
            let message = format!("holds fewer than the account summary counts: {what}");
            gaps.push(Gap::new(Source::AccountAuthorizationDetails, "Incomplete", message));
        }
        lists
    }
}
