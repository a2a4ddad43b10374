//! Each part of a bundle, damaged in each way, one at a time: what was wrong never looks right then, and
//! nothing passes on what is damaged, unless a gap names the source.

mod csv;
mod json;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use portcullis_iam::{Account, judge};
use portcullis_model::{Fact, Gap, Source, Verdict};

use super::{Audit, all_rules, as_of, audit, example, snapshot};
use crate::bundle::{Bundle, Document};
use crate::snapshot::answers::Answers;
use crate::snapshot::documents::Documents;
use crate::snapshot::gaps::Gaps;
use crate::snapshot::permissions;

/// One damage to one document of a bundle.
struct Damage {
    source: Source,
    /// Where and how, in words.
    what: String,
    /// Makes the damaged document.
    bytes: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
    /// Whether AWS answers so nowhere: then no rule passes what it did not pass before without a gap.
    is_foreign: bool,
}

/// Does each damage to a bundle of its own, and says which of them hide something.
fn hidden_by(name: &str) -> Vec<String> {
    let (bundle, rules) = (example(name), all_rules());
    let mut damages = csv::damages(&bundle.documents[&Source::CredentialReport].bytes);
    let mut gaps_before = BTreeMap::new();
    for (source, document) in &bundle.documents {
        damages.extend(json::damages(*source, &document.bytes));
        gaps_before.insert(*source, gaps_alone(&bundle, *source, document.bytes.clone()));
    }
    assert!(damages.len() > 2000, "{}", damages.len());

    // Most damages leave the permissions alone, and to judge these takes longer than all the rest.
    let judged = RefCell::new(None);
    let intact = snapshot(&bundle, &|account, generous| {
        let judgement = judge(account, generous);
        judged.replace(Some((account.clone(), generous, judgement.clone())));
        judgement
    });
    let (account, generous, judgement) = judged.take().unwrap();
    let remember = |other: &Account, is_generous: bool| {
        let is_same = *other == account && is_generous == generous;
        if is_same {
            judgement.clone()
        } else {
            judge(other, is_generous)
        }
    };

    let verdicts = audit(&intact, &rules, true);
    let (next, hidden) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut bundle = bundle.clone();
                while let Some(damage) = damages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (source, bytes) = (damage.source, (damage.bytes)());
                    let alone = gaps_alone(&bundle, source, bytes.clone());
                    if has_more(&alone, &gaps_before[&source], source) {
                        continue;
                    }
                    let document = bundle.documents.get_mut(&source).unwrap();
                    let whole = std::mem::replace(&mut document.bytes, bytes);
                    let struck = snapshot(&bundle, &remember);
                    bundle.documents.get_mut(&source).unwrap().bytes = whole;
                    // Most others change no fact, or have a gap beside other documents.
                    if struck != intact && !has_more(&struck.gaps, &intact.gaps, source) {
                        let struck = audit(&struck, &rules, damage.is_foreign);
                        hidden
                            .lock()
                            .unwrap()
                            .extend(hides(damage, &verdicts, &struck));
                    }
                }
            });
        }
    });
    let mut hidden = hidden.into_inner().unwrap();
    hidden.sort();
    hidden
}

/// The gaps that a document of the bundle has by itself, with these bytes.
fn gaps_alone(bundle: &Bundle, source: Source, bytes: Vec<u8>) -> Vec<Gap> {
    let file = bundle.documents[&source].file.clone();
    let documents = BTreeMap::from([(source, Document { file, bytes })]);
    let alone = Bundle { documents, manifest: bundle.manifest.clone(), gaps: Vec::new() };
    let mut gaps = Gaps::default();
    let answers = Answers::read(&mut Documents { bundle: &alone, gaps: &mut gaps }, as_of());
    if let Fact::Known(details) = &answers.details {
        permissions::read(details, &answers, &mut gaps);
    }
    gaps.gaps
}

/// Whether the source has a gap that it did not have before.
fn has_more(gaps: &[Gap], before: &[Gap], source: Source) -> bool {
    gaps.iter()
        .any(|gap| gap.source == source && !before.contains(gap))
}

/// What the damage changes.
fn hides(damage: &Damage, intact: &Audit, struck: &Audit) -> Option<String> {
    let is_said =
        |verdict: Option<&Verdict>| matches!(verdict, Some(Verdict::Fail | Verdict::Unknown));
    let mut changed = Vec::new();
    for (id, before) in &intact.verdicts {
        if is_said(Some(before)) && !is_said(struck.verdicts.get(id)) {
            changed.push(format!("{} says nothing of {}", id.0, id.1));
        }
    }
    for (id, verdict) in struck.verdicts.iter().filter(|_| damage.is_foreign) {
        if *verdict == Verdict::Pass && intact.verdicts.get(id) != Some(verdict) {
            changed.push(format!("{} passes {}", id.0, id.1));
        }
    }
    let Damage { source, what, .. } = damage;
    (!changed.is_empty()).then(|| format!("{source} {what}: {}", changed.join(", ")))
}

#[test]
fn no_damage_hides_what_is_wrong() {
    let hidden = hidden_by("leaky");
    assert!(hidden.is_empty(), "{} of them:\n{}", hidden.len(), hidden.join("\n"));
}

#[test]
fn no_damage_is_read_as_something_else() {
    let hidden = hidden_by("clean");
    assert!(hidden.is_empty(), "{} of them:\n{}", hidden.len(), hidden.join("\n"));
}
