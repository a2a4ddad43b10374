//! What the calls of each source need: other sources to know whom to ask, and IAM actions.

use portcullis_model::{Source, Sources};

/// The sources that tell what to ask for a source.
fn guides(source: Source) -> &'static [Source] {
    match source {
        // The users with keys, and those whose MFA device is no virtual one.
        Source::AccessKeys => &[Source::CredentialReport],
        Source::MfaDevices => &[Source::CredentialReport, Source::VirtualMfaDevices],
        // The regions in use.
        Source::AccessAnalyzers => &[Source::CredentialReport, Source::AccountAuthorizationDetails],
        // The paths of the users, which belong to the identity of their credentials.
        Source::ServiceSpecificCredentials => &[Source::AccountAuthorizationDetails],
        _ => &[],
    }
}

/// The sources that are asked for in order to have these: who asks and which account it is, which
/// every report names, and what tells whom to ask. A quick run makes no call per user.
#[must_use]
pub fn needed(sources: Sources, quick: bool) -> Sources {
    let per_user = [Source::AccessKeys, Source::MfaDevices];
    let made = sources.iter().filter(|source| !(quick && per_user.contains(source)));
    let with_guides = made.flat_map(|source| [source].into_iter().chain(guides(source).to_vec()));
    with_guides.chain([Source::CallerIdentity, Source::AccountAliases]).collect()
}

/// The IAM actions that collecting these sources needs, sorted: a policy that allows them on every
/// resource is the least that leaves no gap.
///
/// GetCallerIdentity needs none: AWS answers it whatever a policy says, even a denying one.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[must_use]
pub fn actions(sources: Sources, quick: bool) -> Vec<&'static str> {
    let asked = needed(sources, quick).iter().filter(|&source| source != Source::CallerIdentity);
    let mut actions: Vec<_> = asked.flat_map(Source::actions).copied().collect();
    actions.sort_unstable();
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_come_with_those_that_guide_them() {
        let keys = Sources::from(Source::AccessKeys);
        let expected = [
            "iam:GenerateCredentialReport",
            "iam:GetCredentialReport",
            "iam:ListAccessKeys",
            "iam:ListAccountAliases",
        ];
        assert_eq!(actions(keys, false), expected);
        assert_eq!(actions(keys, true), ["iam:ListAccountAliases"]);
        let devices = needed(Source::MfaDevices.into(), false);
        assert!(devices.contains(Source::VirtualMfaDevices));
    }

    #[test]
    fn no_action_is_given_twice() {
        let all = actions(Source::ALL.into_iter().collect(), false);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
        assert_eq!(all.len(), 21);
    }
}
