//! Wrong usage: exit status 2, nothing on standard output, and what to do on standard error.

use crate::support::Sandbox;
use crate::{FAILING, audit, sandbox};

fn refused(arguments: &[&str], says: &[&str]) {
    let run = sandbox().run(arguments);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    for words in says {
        assert!(run.stderr.contains(words), "`{words}` is not in: {}", run.stderr);
    }
}

#[test]
fn a_misspelt_option_is_corrected() {
    refused(&["audit", "--proflie", "x"], &["did you mean `--profile`?"]);
    refused(&["adit"], &["did you mean `audit`?"]);
    refused(&audit(&["--fail-on", "hihg"]), &["did you mean `high`?"]);
    refused(&audit(&["-o", "jsn"]), &["unknown format; did you mean `json`?"]);
    refused(
        &["audit", "bundle", "--as-of", "yesterday"],
        &["expected now, or a date or time such as 2026-11-02 or 2026-11-02T10:00:00Z"],
    );
}

/// By the names of other tools: `prowler --severity`, `checkov --check`, `trivy --format`, `cloudsplaining scan`.
#[test]
fn the_names_of_other_tools_lead_to_ours() {
    refused(&audit(&["--format", "json"]), &["did you mean `-o`?"]);
    refused(&["rules", "list", "-f", "json"], &["did you mean `-o`?"]);
    refused(&audit(&["--rule", FAILING]), &["did you mean `--only`?"]);
    refused(&audit(&["--severity", "high"]), &["did you mean `--fail-on`?"]);
    refused(&["scan"], &["did you mean `audit`?"]);
    let format = sandbox().run(audit(&["--format", "json"]));
    assert!(!format.stderr.contains("--log-format"), "{}", format.stderr);
    let verify = sandbox().run(["verify", "bundle", "--format", "json"]);
    assert!(!verify.stderr.contains("`-o`"), "{}", verify.stderr);
    let policy = |option: &str| sandbox().run(["permissions", option, "terraform"]).stdout;
    assert!(policy("-o").contains("aws_iam_policy_document"), "{}", policy("-o"));
    assert_eq!(policy("-o"), policy("--format"));
}

/// Nor is a command suggested that the help does not show.
#[test]
fn what_is_not_similar_is_not_suggested() {
    for arguments in [&["inventory"][..], &["version"], &["merge", "x", "--redact"]] {
        let run = sandbox().run(arguments);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert!(!run.stderr.contains("tip:"), "{}", run.stderr);
    }
}

#[test]
fn words_are_taken_in_any_case() {
    let run = sandbox().run(audit(&["--fail-on", "High", "-o", "JSON"]));
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stdout.starts_with('{'), "{}", run.stdout);
}

#[test]
fn a_region_has_the_form_of_one() {
    let says = "expected the name of an AWS region";
    for (region, help) in [
        ("europe", ", such as eu-west-1"),
        ("eu-west1", "; did you mean `eu-west-1`?"),
        ("us-gov-wset-1", "; did you mean `us-gov-west-1`?"),
    ] {
        refused(&["audit", "--region", region], &[region, &format!("{says}{help}")]);
        for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            let run = Sandbox::new().env(variable, region).run(["audit"]);
            assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
            let named = format!("error: {variable} is `{region}`: {says}{help}\n");
            assert_eq!(run.stderr, named);
        }
    }
}

#[test]
fn what_is_given_in_place_of_a_report_is_named() {
    let sandbox = sandbox();
    sandbox.write("empty.json", "");
    for (path, says) in [
        ("report.csv", "report.csv is a credential report: `portcullis audit` reads it"),
        ("bundle", "bundle is a directory: `portcullis audit bundle` audits a bundle"),
        ("empty.json", "empty.json is empty"),
    ] {
        for arguments in [&["report", path][..], &["merge", path, path]] {
            let run = sandbox.run(arguments);
            assert_eq!(run.status, 2);
            let is_merge_of_directories = path == "bundle" && arguments[0] == "merge";
            assert!(run.stderr.contains(says) || is_merge_of_directories, "{}", run.stderr);
        }
    }
}

/// A moment long before the evidence makes most of it lie in the future.
#[test]
fn a_moment_before_the_evidence_is_warned_of() {
    let leaky = crate::support::repository("examples/leaky");
    let run = sandbox().run(["audit", &leaky, "--as-of", "2026-11-17"]);
    let says = "--as-of (2026-11-17 00:00 UTC) is before this evidence was collected (2026-11-18 09:00 UTC)";
    assert!(run.stderr.contains(says), "{}", run.stderr);
    assert!(run.stdout.contains("of 64 rules not"), "{}", run.stdout);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in
        ["Evidence credential report from a later time", "Measure ages at a later time (--as-of)"]
    {
        assert!(text.contains(words), "{text}");
    }
    assert!(!text.contains("Collect credential-report again"), "{text}");
}

#[test]
fn an_argument_of_any_length_is_quoted_in_a_line() {
    let (long, short) = ("x".repeat(100_000), "x".repeat(900));
    let option = format!("--{long}");
    let arguments = [
        vec![option.as_str()],
        vec!["audit", &option],
        vec![&long],
        audit(&["--fail-on", &long]),
        vec!["audit", "bundle", "--as-of", &long],
    ];
    for arguments in arguments {
        let run = sandbox().run(&arguments);
        assert_eq!(run.status, 2);
        assert!(run.stderr.len() < 2000 && run.stderr.contains("xx…xx"), "{}", run.stderr);
    }
    refused(&audit(&["--fail-on", &short]), &[&format!("'{short}'")]);
}

#[test]
fn a_misspelt_rule_is_corrected_wherever_it_stands() {
    let misspelt = "console-user-without-mfaa";
    for arguments in [
        audit(&["--only", misspelt]),
        audit(&["--skip", misspelt]),
        audit(&["--allow-unknown", misspelt]),
        vec!["rules", "explain", misspelt],
    ] {
        refused(&arguments, &[misspelt, "did you mean", FAILING]);
    }
}

/// IAM.3 of Security Hub is about keys that are not rotated; 1.14 is a number in several versions of CIS.
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html>
#[test]
fn the_number_of_a_control_leads_to_its_framework() {
    let says = "there is no rule `IAM.3`\nhelp: it is a control of aws-fsbp: use `--framework \
                aws-fsbp`; its rules there: stale-access-key";
    refused(&audit(&["--only", "iam.3"]), &[says]);
    refused(&audit(&["--only", "1.14"]), &["it is a control of cis-aws-", " more frameworks: use"]);
    refused(&audit(&["--only", "IAM.300"]), &["there is no rule `iam.300`"]);
}

/// As with an empty variable of the environment.
#[test]
fn an_empty_name_in_a_list_counts_as_none() {
    for option in ["--only", "--skip", "--allow-unknown"] {
        let run = sandbox().run(audit(&[option, ""]));
        assert_eq!(run.status, 1, "{option}: {}", run.stderr);
    }
    let run = sandbox().run(audit(&["--only", &format!("{FAILING},")]));
    assert_eq!(run.status, 1, "{}", run.stderr);
    refused(&audit(&["--only", "a,"]), &["there is no rule `a`"]);
}

#[test]
fn options_of_a_live_account_do_not_go_with_a_bundle() {
    let role = ["--role-arn", "arn:aws:iam::111122223333:role/auditor"];
    for option in [&["--profile", "p"][..], &["--region", "eu-west-1"], &role, &["--quick"]] {
        let why = format!("`{}` is only for live accounts", option[0]);
        refused(&audit(option), &["cannot be used with", &why]);
    }
    refused(&["audit", "--external-id", "x"], &["--role-arn"]);
    refused(&["audit", "--role-arn", "auditor"], &["expected the ARN of a role"]);
}

#[test]
fn outputs_do_not_overwrite_each_other() {
    refused(&audit(&["-o", "table", "-o", "json"]), &["two outputs go to standard output"]);
    refused(&audit(&["-o", "table=a", "-o", "json=a"]), &["two outputs go to a"]);
    for same in ["json=./a", "json=bundle/../a"] {
        refused(&audit(&["-o", "table=a", "-o", same]), &["two outputs go to "]);
    }
    refused(&audit(&["-o", "table=/dev/stdout", "-o", "json"]), &["standard output"]);
}

#[test]
fn a_place_that_is_not_there_is_told_before_anything_is_asked() {
    let nowhere = "cannot write nowhere/out.json: ";
    refused(&["audit", "no-bundle", "-o", "json=nowhere/out.json"], &[nowhere]);
    let directory = "cannot write bundle: it is a directory";
    refused(&["audit", "no-bundle", "-o", "json=bundle"], &[directory]);
}

#[test]
fn an_audit_of_no_rule_is_refused() {
    refused(&audit(&["--skip", FAILING]), &["no rule is left: skip fewer rules"]);
}

#[test]
fn a_missing_bundle_is_named() {
    refused(&["audit", "nowhere"], &["nowhere"]);
    refused(&["facts", "nowhere"], &["nowhere"]);
    refused(&["verify", "nowhere"], &["nowhere"]);
}

#[test]
fn a_directory_that_is_no_bundle_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("empty/notes.txt", "");
    let run = sandbox.run(["audit", "empty"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr
            .contains("is not a bundle: it holds no credential-report.csv"),
        "{}",
        run.stderr
    );
}

/// As `collect --org -o DIR` and `audit --collect-to` leave it.
#[test]
fn a_directory_of_bundles_leads_to_them() {
    let sandbox = Sandbox::new();
    sandbox.write("all of us/444455556666/account-aliases.json", "{\"AccountAliases\": []}");
    sandbox.write("all of us/111122223333/manifest.json", "{}");
    sandbox.write("all of us/notes/notes.txt", "");
    for command in ["audit", "facts"] {
        let run = sandbox.run([command, "all of us"]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""));
        let says = "error: all of us is not a bundle itself, but contains bundles\nhelp: name one or \
                    several of them, such as 'all of us/111122223333'\n";
        assert_eq!(run.stderr, says);
    }
}

/// A framework and a choice by id say which rules are judged, whatever their set.
#[test]
fn a_rule_set_without_effect_is_warned_of() {
    let audit = |more: &[&str]| sandbox().run(["audit", "bundle"].iter().chain(more));
    let warned = |more: &[&str]| {
        let run = audit(more);
        assert_ne!(run.status, 2, "{}", run.stderr);
        run.stderr
            .lines()
            .find(|line| line.contains("--rule-set"))
            .map(str::to_owned)
    };
    let strict = ["--rule-set", "strict"];
    let says =
        |other: &str| Some(format!("warning: --rule-set has no effect together with {other}"));
    assert_eq!(warned(&[&strict[..], &["--framework", "soc2"]].concat()), says("--framework"));
    assert_eq!(warned(&[&strict[..], &["--only", FAILING]].concat()), says("--only"));
    assert_eq!(warned(&strict), None);
    assert_eq!(warned(&["--framework", "soc2"]), None);
    let html = |more: &[&str]| audit(&[&["-o", "html"], more].concat()).stdout;
    assert!(html(&["--framework", "soc2"]).contains(">of the frameworks, "));
    assert!(html(&["--only", FAILING]).contains(">chosen by id, "));
    assert!(html(&strict).contains(">strict, "));
}

#[test]
fn nothing_is_collected_without_a_place_for_it() {
    refused(&["collect"], &["--output <DIR>"]);
}
