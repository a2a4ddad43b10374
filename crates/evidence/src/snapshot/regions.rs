//! The regions in use, and their access analyzers.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Arn, Fact, Region, Source, is_region};

use super::answers::{Answers, Identity};
use super::documents::{self, Documents, Pages, Problem, each_once};
use super::facts::if_complete;
use crate::bundle::Document;
use crate::shapes::{AccessAnalyzers, Analyzer};

const SOURCE: Source = Source::AccessAnalyzers;

/// Returns the regions in use, sorted; missing if any source that names regions is incomplete,
/// since a missing analyzer would go unnoticed in a region that is not listed.
pub(super) fn regions(answers: &Answers, documents: &mut Documents<'_>) -> Fact<Vec<Region>> {
    let is_offered = SOURCE.is_offered_in(&answers.identity.partition);
    let analyzers = if is_offered {
        documents.read(SOURCE, |document| analyzers_by_region(document, &answers.identity))
    } else {
        Fact::Known(BTreeMap::new())
    };
    let Identity { partition, account, .. } = &answers.identity;
    analyzers
        .both(regions_used(answers))
        .and_then(|(analyzers, mut names)| {
            names.extend(analyzers.keys().cloned());
            names.extend(documents.gaps.resources(SOURCE));
            if is_offered && names.is_empty() {
                let message = "it is not known which regions were asked for their analyzers";
                return documents.gaps.require(None, SOURCE, "", message);
            }
            let mut regions = Vec::new();
            for name in names {
                let message = "was not asked for its analyzers";
                let analyzers = if is_offered {
                    documents
                        .gaps
                        .require(analyzers.get(&name), SOURCE, &name, message)
                        .map(Some)
                } else {
                    Fact::Known(None)
                };
                regions.push(Region {
                    resource_id: format!("arn:{partition}:iam::{account}:region/{name}"),
                    name,
                    external_access_analyzers: analyzers
                        .map(|analyzers| analyzers.map(|analyzers| external_access(analyzers))),
                });
            }
            Fact::Known(regions)
        })
}

/// Returns the regions where keys and roles were last used.
fn regions_used(answers: &Answers) -> Fact<BTreeSet<String>> {
    let report = answers
        .report
        .as_ref()
        .and_then(|report| if_complete(report, report.complete, Source::CredentialReport));
    let details = answers.details.as_ref().and_then(|details| {
        if_complete(details, answers.lists.roles, Source::AccountAuthorizationDetails)
    });
    report.both(details).and_then(|(report, details)| {
        let mut names = BTreeSet::new();
        for key in report.rows().flat_map(|row| &row.keys) {
            match &key.last_used_region {
                Fact::Known(region) => names.extend(region.clone()),
                Fact::Missing(sources) => return Fact::Missing(*sources),
            }
        }
        for role in &details.role_detail_list {
            names.extend(
                role.role_last_used
                    .as_ref()
                    .and_then(|used| used.region.clone()),
            );
        }
        names.retain(|name| is_region(name));
        Fact::Known(names)
    })
}

/// Reads the analyzers by region; a region is absent if it did not answer.
fn analyzers_by_region(
    document: &Document,
    identity: &Identity,
) -> Result<BTreeMap<String, Vec<Analyzer>>, Problem> {
    let pages: Vec<AccessAnalyzers> = documents::all(document, Pages::ListingPerUser)?;
    let mut regions: BTreeMap<String, Vec<Analyzer>> = BTreeMap::new();
    let mut analyzers = Vec::new();
    for page in pages {
        for region in page.regions.unwrap_or_default() {
            if !is_region(&region) {
                let message = format!("names {region:?}, which is not a region");
                return Err(Problem::malformed(message));
            }
            regions.entry(region).or_default();
        }
        analyzers.extend(page.analyzers);
    }
    each_once(&mut analyzers, |analyzer| &analyzer.arn)?;
    for analyzer in analyzers {
        identity.check(&analyzer.arn)?;
        let region = Arn::parse(&analyzer.arn).map_or("", |arn| arn.region);
        if !is_region(region) {
            return Err(Problem::malformed("contains an analyzer without a region"));
        }
        regions.entry(region.to_owned()).or_default().push(analyzer);
    }
    Ok(regions)
}

/// Returns the names of the active analyzers that look for external access; those for unused or
/// internal access do not see it.
///
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzerSummary.html>
fn external_access(analyzers: &[Analyzer]) -> Vec<String> {
    let mut names = Vec::new();
    for analyzer in analyzers {
        let is_external = matches!(&*analyzer.r#type, "ACCOUNT" | "ORGANIZATION");
        if is_external && analyzer.status == "ACTIVE" {
            names.push(analyzer.name.clone());
        }
    }
    names.sort();
    names
}
