//! Each part of a bundle, damaged in each way, one at a time: what was wrong never looks right then, unless
//! a gap names the source that was damaged.

mod csv;
mod json;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use portcullis_model::Source;

use crate::{Audit, all_rules, audit, example};

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
    let intact = audit(&bundle, &rules);
    let mut damages = Vec::new();
    for (source, document) in &bundle.documents {
        damages.extend(json::damages(*source, &document.bytes));
    }
    damages.extend(csv::damages(&bundle.documents[&Source::CredentialReport].bytes));
    assert!(damages.len() > 1000, "{}", damages.len());
    let (next, hidden) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut bundle = bundle.clone();
                while let Some(damage) = damages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let document = bundle.documents.get_mut(&damage.source).unwrap();
                    let whole = std::mem::replace(&mut document.bytes, damage.bytes.clone());
                    let struck = audit(&bundle, &rules);
                    bundle.documents.get_mut(&damage.source).unwrap().bytes = whole;
                    hidden.lock().unwrap().extend(hides(damage, &intact, &struck));
                }
            });
        }
    });
    let mut hidden = hidden.into_inner().unwrap();
    hidden.sort();
    hidden
}

/// What the damage changes that no new gap of its source explains.
fn hides(damage: &Damage, intact: &Audit, struck: &Audit) -> Option<String> {
    if struck.gaps.difference(&intact.gaps).any(|gap| gap.source == damage.source) {
        return None;
    }
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
