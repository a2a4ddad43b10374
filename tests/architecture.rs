//! The walls between the crates, as ARCHITECTURE.md draws them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The workspace packages that each workspace package depends on, without its tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let names = dependencies
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
                .collect();
            (package["name"].as_str().unwrap().to_owned(), names)
        })
        .collect()
}

/// What each library may import of ours.
const ARROWS: [(&str, &[&str]); 7] = [
    ("portcullis-model", &[]),
    ("portcullis-iam", &["portcullis-model"]),
    ("portcullis-evidence", &["portcullis-iam", "portcullis-model"]),
    ("portcullis-collector", &["portcullis-evidence", "portcullis-model"]),
    ("portcullis-rules", &["portcullis-model"]),
    ("portcullis-report", &["portcullis-model"]),
    ("portcullis-trail", &["portcullis-model"]),
];

#[test]
fn libraries_import_along_the_arrows_only() {
    let dependencies = dependencies();
    assert_eq!(dependencies.len(), ARROWS.len() + 1, "the libraries and the binary");
    for (package, arrows) in ARROWS {
        let ours: Vec<_> = dependencies[package]
            .iter()
            .filter(|it| it.starts_with("portcullis-"))
            .collect();
        assert_eq!(ours, arrows, "{package}");
    }
}

/// IAM is evaluated without bundles, facts, gaps and rules; of the model it takes AWS's names and words.
#[test]
fn iam_knows_nothing_of_facts() {
    let facts = ["Fact", "Gap", "Snapshot", "Sources", "Finding", "Report", "Escalation"];
    for (path, text) in sources("crates/iam/src") {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let imports = code
            .lines()
            .filter(|line| line.starts_with("use portcullis_model"));
        for line in imports {
            assert!(!facts.iter().any(|fact| line.contains(fact)), "{path}: {line}");
        }
    }
}

/// What is decided about findings does not hang on how they are shown.
#[test]
fn deciding_knows_nothing_of_rendering() {
    for (path, text) in sources("crates/report/src/decide") {
        assert!(!text.contains("crate::render"), "{path}");
    }
}

#[test]
fn only_the_collector_can_talk_to_the_network() {
    for (package, dependencies) in dependencies() {
        let network: Vec<_> = dependencies
            .iter()
            .filter(|name| {
                ["aws-", "hyper", "reqwest", "ureq"]
                    .iter()
                    .any(|p| name.starts_with(p))
            })
            .collect();
        assert!(network.is_empty() || package == "portcullis-collector", "{package}: {network:?}");
    }
}

#[test]
fn async_lives_in_the_collector() {
    for (package, dependencies) in dependencies() {
        // The binary owns the runtime that the collector's futures run on.
        let may = package == "portcullis-collector" || package == "portcullis";
        assert!(may || !dependencies.contains("tokio"), "{package} imports tokio");
    }
}

/// A dependency of the tests turns this feature on for them, so no test of what the binary prints would
/// miss it.
#[test]
fn the_binary_reads_the_numbers_that_it_wrote() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--invert", "serde_json"])
        .args(["--depth", "0", "--format", "{f}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let features = String::from_utf8(output.stdout).unwrap();
    assert!(features.contains("float_roundtrip"), "{features}");
}

/// `clippy.toml` lists what reads the clock and the environment; printing warns everywhere.
#[test]
fn libraries_have_clippy_refuse_clock_and_environment() {
    for (package, _) in ARROWS {
        let library = package.trim_start_matches("portcullis-");
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("crates/{library}/src/lib.rs"));
        let text = std::fs::read_to_string(root).unwrap();
        assert!(text.contains("\n#![warn(clippy::disallowed_methods)]\n"), "{package}");
    }
}

/// What CONTRIBUTING.md says how to add; how an example of it is called in the code of those crates; and
/// how many Rust files name it at most.
const ADDITIONS: [(&str, &[&str], &[&str], usize); 5] = [
    ("Add a rule", &["crates"], &["legacy-sts-token-version"], 0),
    ("Add a source", &["crates"], &["OutboundWebIdentityFederation", "web_identity_issuer"], 6),
    ("Add a fact", &["crates"], &["sts_token_version"], 2),
    (
        "Add a scope",
        &["crates/model", "crates/rules"],
        &["server_certificates", "ServerCertificate "],
        3,
    ),
    ("Add a format", &["crates"], &["junit", "Junit"], 2),
];

#[test]
fn contributing_names_every_file_that_an_addition_touches() {
    let contributing = include_str!("../CONTRIBUTING.md");
    for (heading, crates, names, most) in ADDITIONS {
        let section = contributing
            .split("\n## ")
            .find(|it| it.starts_with(heading))
            .unwrap();
        let named: BTreeSet<_> = section
            .split('`')
            .filter(|it| is_code(it))
            .map(str::to_owned)
            .collect();
        let mut touched = BTreeSet::new();
        for (path, text) in crates.iter().flat_map(|directory| sources(directory)) {
            let code = text.split("#[cfg(test)]").next().unwrap();
            let (_, path) = path
                .split_once(concat!(env!("CARGO_MANIFEST_DIR"), "/"))
                .unwrap();
            if is_code(path) && names.iter().any(|name| code.contains(name)) {
                touched.insert(path.to_owned());
            }
        }
        assert_eq!(touched, named, "{heading}");
        assert!(touched.len() <= most, "{heading}: {touched:?}");
    }
}

/// ARCHITECTURE.md leaves out most of `crates/…/src/`.
#[test]
fn architecture_names_files_that_exist() {
    let mut paths = BTreeSet::new();
    for (path, _) in sources("crates").into_iter().chain(sources("tests")) {
        paths.insert(path.replace("/src/", "/"));
        paths.insert(path);
    }
    for name in include_str!("../ARCHITECTURE.md").split('`') {
        if Path::new(name)
            .extension()
            .is_some_and(|ending| ending == "rs")
        {
            let ending = format!("/{name}");
            assert!(paths.iter().any(|path| path.ends_with(&ending)), "{name}");
        }
    }
}

/// Whether that is the path of a Rust file that is more than tests.
fn is_code(path: &str) -> bool {
    let is_rust = Path::new(path)
        .extension()
        .is_some_and(|ending| ending == "rs");
    let is_test = path.contains("/tests/") || path.ends_with("tests.rs");
    is_rust && path.starts_with("crates/") && !is_test
}

fn sources(directory: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
    while let Some(directory) = pending.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}
