//! The same account in each partition of AWS: what does not exist there applies to nothing, and is not unknown
//! for ever.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use portcullis_iam::judge;
use portcullis_model::{Source, Verdict};
use serde_json::{Value as Json, json};

use super::{all_rules, audit, example, snapshot};
use crate::bundle::Bundle;

const CONTACTS: [&str; 2] = ["no-security-contact", "shared-alternate-contacts"];
const STS: &str = "legacy-sts-token-version";
const ANALYZER: &str = "no-external-access-analyzer";
const ROOT_MFA: &str = "root-without-mfa";
const HARDWARE_MFA: &str = "user-without-hardware-mfa";
/// The rules about root.
const ROOT: [&str; 7] = [
    ROOT_MFA,
    "root-access-key",
    "root-credentials-unmanaged",
    "root-recent-use",
    "root-signing-certificate",
    "root-sources-disagree",
    "root-without-hardware-mfa",
];

/// The clean example in another partition, with what a collector gets there.
fn clean_in(partition: &str) -> Bundle {
    let own = format!("arn:{partition}:");
    let mut bundle = example("clean");
    for (source, document) in &mut bundle.documents {
        let text = String::from_utf8(document.bytes.clone()).unwrap();
        let mut json: Json = serde_json::from_str(&text.replace("arn:aws:", &own)).unwrap();
        if *source == Source::CredentialReport {
            let csv = BASE64.decode(json["Content"].as_str().unwrap()).unwrap();
            let csv = String::from_utf8(csv).unwrap().replace("arn:aws:", &own);
            let is_there = |line: &&str| has_root(partition) || !line.starts_with("<root_account>");
            let lines: Vec<&str> = csv.lines().filter(is_there).collect();
            json["Content"] = json!(BASE64.encode(lines.join("\n")));
        }
        if *source == Source::AccountSummary && !has_root(partition) {
            for flag in ["AccountMFAEnabled", "AccountPasswordPresent"] {
                json["SummaryMap"][flag] = json!(0);
            }
        }
        document.bytes = json.to_string().into_bytes();
    }
    bundle
        .documents
        .retain(|source, _| source.is_offered_in(partition));
    bundle.manifest.as_mut().unwrap().partition = Some(partition.to_owned());
    bundle
}

/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html>,
/// <https://github.com/hashicorp/terraform-provider-aws/issues/18889>
fn has_root(partition: &str) -> bool {
    !matches!(partition, "aws-cn" | "aws-iso-b")
}

/// Endpoints as botocore lists them; root of GovCloud as
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-account-root-user.html> has it.
#[test]
fn what_a_partition_does_not_have_applies_to_nothing() {
    let rules = all_rules();
    let commercial = audit(&snapshot(&example("clean"), &judge), &rules, true).tallies;
    for (partition, contacts, others) in [
        ("aws", true, vec![]),
        ("aws-cn", true, vec![STS, HARDWARE_MFA]),
        ("aws-us-gov", false, vec![STS, ROOT_MFA]),
        ("aws-iso", false, vec![STS, ANALYZER]),
        ("aws-iso-b", false, vec![STS, ANALYZER]),
        ("aws-iso-e", false, vec![STS]),
        ("aws-iso-f", false, vec![STS]),
        ("aws-eusc", false, vec![STS]),
    ] {
        let mut expected = others;
        expected.extend(CONTACTS.iter().filter(|_| !contacts));
        expected.extend(ROOT.iter().filter(|_| !has_root(partition)));
        expected.sort_unstable();
        let there = audit(&snapshot(&clean_in(partition), &judge), &rules, true);
        assert!(
            there
                .verdicts
                .values()
                .all(|verdict| *verdict != Verdict::Unknown),
            "{partition}"
        );
        let mut not_there = Vec::new();
        for (rule, tally) in &there.tallies {
            if commercial[rule].pass > 0 && tally.pass == 0 && tally.not_applicable > 0 {
                not_there.push(rule.as_str());
            }
        }
        assert_eq!(not_there, expected, "{partition}");
    }
}
