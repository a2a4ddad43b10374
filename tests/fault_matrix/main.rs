//! Each file of a bundle, broken in each way: what it would have told is unknown then, never a pass.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use support::{Sandbox, repository};

/// What can happen to a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    Removed,
    Truncated,
    Empty,
    Garbage,
    /// A JSON document of another shape, as an error page or a wrong command would leave.
    Foreign,
    /// The manifest says that the call was denied, though the file is there.
    Denied,
    /// The manifest no longer fits the file.
    Altered,
}

const FAULTS: [Fault; 7] = [
    Fault::Removed,
    Fault::Truncated,
    Fault::Empty,
    Fault::Garbage,
    Fault::Foreign,
    Fault::Denied,
    Fault::Altered,
];

impl Fault {
    /// Does it to a copy of a bundle, whose files count as they are unless the fault is about the manifest.
    fn strike(self, bundle: &Path, source: &str) {
        let file = bundle.join(format!("{source}.json"));
        let bytes = fs::read(&file).unwrap();
        let manifest = bundle.join("manifest.json");
        match self {
            Fault::Denied => return deny(&manifest, source),
            Fault::Altered => return fs::write(&file, [&bytes[..], b"\n"].concat()).unwrap(),
            Fault::Removed => fs::remove_file(&file).unwrap(),
            Fault::Truncated => fs::write(&file, &bytes[..bytes.len() / 2]).unwrap(),
            Fault::Empty => fs::write(&file, "").unwrap(),
            Fault::Garbage => fs::write(&file, b"\xff\x00<html>").unwrap(),
            Fault::Foreign => fs::write(&file, r#"{"Message": "Rate exceeded"}"#).unwrap(),
        }
        fs::remove_file(manifest).unwrap();
    }
}

fn deny(manifest: &Path, source: &str) {
    let mut json: Json = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    json["gaps"].as_array_mut().unwrap().push(json!({
        "source": source,
        "operation": "GetSomething",
        "action": "iam:GetSomething",
        "code": "AccessDenied",
        "message": "not authorized",
    }));
    fs::write(manifest, json.to_string()).unwrap();
}

/// A verdict by rule and resource.
type Verdicts = BTreeMap<(String, String), String>;

/// What an audit of all rules says, and its exit status.
struct Audit {
    status: i32,
    verdicts: Verdicts,
}

fn audit(sandbox: &Sandbox, bundle: &str) -> Audit {
    let run = sandbox.run([
        "audit",
        bundle,
        "--rule-set=strict",
        "--include=pass,not_applicable",
        "--as-of=2026-11-18T12:00:00Z",
        "--output=json",
    ]);
    let report: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let verdicts = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let resource = text(&finding["resource"]["id"]);
            ((text(&finding["rule"]), resource), text(&finding["verdict"]))
        });
    Audit { status: run.status, verdicts: verdicts.collect() }
}

/// Strikes every file of an example in every way and hands the outcome to the check.
#[allow(clippy::print_stdout, reason = "shown when a check fails, to tell where")]
fn each_fault(example: &str, check: impl Fn(&str, Fault, &Audit, &Audit)) {
    let intact = audit(&Sandbox::new(), &repository(example));
    for source in needs().keys() {
        for fault in FAULTS {
            let sandbox = Sandbox::new();
            for entry in fs::read_dir(repository(example)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                sandbox.write(&format!("bundle/{name}"), fs::read(path).unwrap());
            }
            fault.strike(&sandbox.path("bundle"), source);
            let struck = audit(&sandbox, "bundle");
            println!("{example}: {source} {fault:?}");
            check(source, fault, &intact, &struck);
        }
    }
}

/// Rules by source.
type Rules = BTreeMap<String, BTreeSet<String>>;

fn needs() -> Rules {
    expectations()["needs"].clone()
}

fn expectations() -> BTreeMap<String, Rules> {
    toml::from_str(include_str!("needs.toml")).unwrap()
}

#[test]
fn no_rule_passes_without_what_it_needs() {
    let needs = needs();
    each_fault("examples/clean", |source, _, _, struck| {
        for ((rule, resource), verdict) in &struck.verdicts {
            let needed = needs[source].contains(rule);
            assert!(!needed || verdict != "pass", "{rule} passes on {resource}");
        }
        let some_unknown = struck.verdicts.values().any(|verdict| verdict == "unknown");
        assert_eq!(struck.status, if some_unknown { 3 } else { 0 });
        assert!(some_unknown || needs[source].is_empty(), "nothing is unknown");
    });
}

#[test]
fn no_failure_becomes_a_pass() {
    let outweighed = expectations()["outweighed"].clone();
    each_fault("examples/leaky", |source, fault, intact, struck| {
        for (id, verdict) in &intact.verdicts {
            let is_outweighed = fault == Fault::Removed
                && outweighed
                    .get(source)
                    .is_some_and(|rules| rules.contains(&id.0));
            if verdict != "fail" || is_outweighed {
                continue;
            }
            match struck.verdicts.get(id).map(String::as_str) {
                Some("fail" | "unknown") => {}
                // The resource itself is not known any more: the rule is unknown on what owns it.
                None => assert!(owner_is_unknown(&struck.verdicts, id), "{id:?} vanished"),
                Some(other) => panic!("{id:?} became {other}"),
            }
        }
        assert_ne!(struck.status, 0);
    });
}

/// Whether the rule is unknown on the user or the account that the resource belongs to.
fn owner_is_unknown(verdicts: &Verdicts, (rule, resource): &(String, String)) -> bool {
    verdicts.iter().any(|((other_rule, owner), verdict)| {
        let owns = resource.starts_with(&format!("{owner}/")) || owner.ends_with(":account");
        rule == other_rule && owns && verdict == "unknown"
    })
}

#[test]
fn every_source_of_a_bundle_is_in_the_matrix() {
    let files = fs::read_dir(repository("examples/clean")).unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let sources: BTreeSet<_> = names
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .filter(|name| name != "manifest")
        .collect();
    assert_eq!(needs().into_keys().collect::<BTreeSet<_>>(), sources);
}
