//! The crates as they would be published.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::repository;

/// The files of a package.
fn listed(package: &str) -> Vec<String> {
    let arguments = ["package", "--list", "--allow-dirty", "--offline", "--package", package];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    // Windows has its own separator.
    list.lines().map(|path| path.replace('\\', "/")).collect()
}

/// The files below a directory of the repository, seen from there.
fn files(directory: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(repository(directory)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{directory}/{}", entry.file_name().display());
        if entry.path().is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn a_package_holds_what_it_is_built_from_and_no_more() {
    for (package, root, directories) in [
        ("portcullis", "", &["crates/cli"][..]),
        ("portcullis-collector", "crates/collector/", &["src"]),
        ("portcullis-evidence", "crates/evidence/", &["src"]),
        ("portcullis-iam", "crates/iam/", &["src", "data"]),
        ("portcullis-model", "crates/model/", &["src"]),
        ("portcullis-report", "crates/report/", &["src", "templates"]),
        ("portcullis-rules", "crates/rules/", &["src", "rules"]),
        ("portcullis-trail", "crates/trail/", &["src"]),
    ] {
        let listed = listed(package);
        for directory in directories {
            let files = files(&format!("{root}{directory}"));
            for file in files.iter().filter(|file| !file.ends_with("/README.md")) {
                assert!(listed.contains(&file[root.len()..].to_owned()), "{file} in {package}");
            }
        }
        assert!(listed.contains(&"README.md".to_owned()), "{package}");
        let tests = listed
            .iter()
            .filter(|file| Path::new(file).starts_with("tests"));
        assert_eq!(tests.count(), 0, "{package}");
    }
}
