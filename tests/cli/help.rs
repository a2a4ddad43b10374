//! Help texts: they fit a terminal, and change only on purpose.

use crate::support::Sandbox;

fn help(command: &[&str]) -> String {
    let run = Sandbox::new().run(command.iter().chain(&["--help"]));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    run.stdout
}

macro_rules! help_texts {
    ($($name:ident: [$($command:literal),*],)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(help(&[$($command),*]));
        }
    )*};
}

help_texts! {
    portcullis: [],
    audit: ["audit"],
    diff: ["diff"],
    merge: ["merge"],
    collect: ["collect"],
    doctor: ["doctor"],
    facts: ["facts"],
    signins: ["signins"],
    verify: ["verify"],
    rules: ["rules"],
    rules_list: ["rules", "list"],
    rules_explain: ["rules", "explain"],
    rules_check: ["rules", "check"],
    rules_new: ["rules", "new"],
    permissions: ["permissions"],
    frameworks: ["frameworks"],
    frameworks_list: ["frameworks", "list"],
    frameworks_explain: ["frameworks", "explain"],
    waivers: ["waivers"],
    waivers_check: ["waivers", "check"],
    completions: ["completions"],
}

#[test]
fn the_version_is_that_of_the_package() {
    let run = Sandbox::new().run(["--version"]);
    let version = concat!("portcullis ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!((run.status, run.stdout.as_str()), (0, version));
}
