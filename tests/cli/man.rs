//! Manual pages.

use std::fs;

use crate::support::Sandbox;

#[test]
fn every_listed_command_has_a_page() {
    let sandbox = Sandbox::new();
    let pages = sandbox.path("man");
    fs::create_dir(&pages).unwrap();
    let run = sandbox.run(["man", "man"]);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    let page = |name: &str| fs::read_to_string(pages.join(name)).unwrap_or_default();
    assert!(page("portcullis.1").contains("portcullis\\-audit(1)"), "{}", page("portcullis.1"));
    assert!(page("portcullis-audit.1").contains("\\-\\-allow\\-unknown"));
    assert!(page("portcullis-audit.1").contains(".SH \"\\&EXIT STATUS\"\n.nf\n\\&  0  nothing"));
    assert!(page("portcullis-rules-explain.1").contains(".TH"));
    assert!(!pages.join("portcullis-man.1").exists());
    let names = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let of_help: Vec<_> = names
        .filter(|name| name.to_string_lossy().contains("help"))
        .collect();
    assert!(of_help.is_empty(), "{of_help:?}");
    assert!(!page("portcullis.1").contains("\\-help(1)"), "{}", page("portcullis.1"));
}

#[test]
fn a_directory_that_does_not_exist_is_named() {
    let run = Sandbox::new().run(["man", "nowhere"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.starts_with("error: nowhere is not a directory"), "{}", run.stderr);
}
