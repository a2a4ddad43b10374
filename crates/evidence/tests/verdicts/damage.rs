//! Each part of a bundle, damaged in each way, one at a time: what was wrong never looks right then, unless
//! a gap names the source that was damaged.

mod csv;
mod json;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use portcullis_model::{Snapshot, Source};

use crate::{Audit, all_rules, audit, example, snapshot};

/// One damage to one document of a bundle.
struct Damage {
    source: Source,
    /// Where and how, in words.
    what: String,
    bytes: Vec<u8>,
    /// Whether AWS answers so nowhere: then no rule passes more than before without a gap.
    is_foreign: bool,
}

/// Does each damage to a bundle of its own, and says which of them hide something.
fn hidden_by(name: &str) -> Vec<String> {
    let (bundle, rules) = (example(name), all_rules());
    let intact = snapshot(&bundle);
    let verdicts = audit(&intact, &rules);
    let documents = bundle.documents.iter();
    let damages = documents.flat_map(|(source, document)| json::damages(*source, &document.bytes));
    let damages = damages.chain(csv::damages(&bundle.documents[&Source::CredentialReport].bytes));
    let (damages, hidden) = (Mutex::new(damages), Mutex::new(Vec::new()));
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut bundle = bundle.clone();
                let next = || damages.lock().unwrap().next();
                while let Some(damage) = next() {
                    count.fetch_add(1, Ordering::Relaxed);
                    let document = bundle.documents.get_mut(&damage.source).unwrap();
                    let whole = std::mem::replace(&mut document.bytes, damage.bytes.clone());
                    let struck = snapshot(&bundle);
                    bundle.documents.get_mut(&damage.source).unwrap().bytes = whole;
                    // Most damages have a gap, or change no fact: there is nothing to judge then.
                    if struck != intact && !is_explained(&damage, &intact, &struck) {
                        let struck = audit(&struck, &rules);
                        hidden.lock().unwrap().extend(hides(&damage, &verdicts, &struck));
                    }
                }
            });
        }
    });
    let count = count.into_inner();
    assert!(count > 1000, "{count}");
    let mut hidden = hidden.into_inner().unwrap();
    hidden.sort();
    hidden
}

/// Whether its source has a new gap.
fn is_explained(damage: &Damage, intact: &Snapshot, struck: &Snapshot) -> bool {
    let mut of_source = struck.gaps.iter().filter(|gap| gap.source == damage.source);
    of_source.any(|gap| !intact.gaps.contains(gap))
}

/// What the damage changes.
fn hides(damage: &Damage, intact: &Audit, struck: &Audit) -> Option<String> {
    let mut changed = Vec::new();
    for (rule, resource) in intact.verdicts.keys().filter(|id| !struck.verdicts.contains_key(*id)) {
        changed.push(format!("{rule} on {resource}"));
    }
    for (rule, before) in intact.tallies.iter().filter(|_| damage.is_foreign) {
        if struck.tallies[rule].pass > before.pass {
            changed.push(format!("{rule} passes more"));
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
