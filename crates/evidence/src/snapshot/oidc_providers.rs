//! The facts about OIDC providers.

use portcullis_model::{Arn, Fact, OidcProvider, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use crate::shapes;

const SOURCE: Source = Source::OpenIdConnectProviders;

/// The OIDC providers, sorted by ARN.
pub(super) fn oidc_providers(answers: &Answers, gaps: &mut Gaps) -> Fact<Vec<OidcProvider>> {
    answers.oidc_providers.as_ref().map(|all| {
        let mut providers = Vec::new();
        for entry in &all.list {
            providers.push(provider(&entry.arn, all.answers.get(&entry.arn), gaps));
        }
        providers.sort_by(|a, b| a.arn.cmp(&b.arn));
        providers
    })
}

fn provider(arn: &str, detail: Option<&shapes::OidcProvider>, gaps: &mut Gaps) -> OidcProvider {
    let client_ids = detail.map(|detail| {
        let mut ids = detail.client_ids.clone();
        ids.sort();
        ids
    });
    if client_ids.is_none() {
        gaps.explain(SOURCE.into(), arn, "NotTold", "what it accepts was not asked for");
    }
    OidcProvider {
        arn: arn.to_owned(),
        url: url(arn).to_owned(),
        client_ids: client_ids.map_or(Fact::missing(SOURCE), Fact::Known),
    }
}

/// The ARN of an OIDC provider ends in the URL, so that it is known where only the list is.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn url(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or(arn, |arn| arn.resource);
    resource.strip_prefix("oidc-provider/").unwrap_or(resource)
}
