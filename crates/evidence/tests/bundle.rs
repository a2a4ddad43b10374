//! Bundles on disk: written whole, read with a reason for all that is absent, verified by hash.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use portcullis_evidence::{
    Bundle, BundleError, Change, ChangeKind, Document, FileEntry, Manifest, verify,
};
use portcullis_model::{AccountId, Gap, Source};
use serde_json::Value as Json;
use tempfile::TempDir;

/// The SHA-256 of `{}` and of a line break, by `printf '{}\n' | sha256sum`.
const SHA256: &str = "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356";

/// When the files were collected.
const MOMENT: &str = "2026-01-02T03:04:05.678Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn entry() -> FileEntry {
    let sha256 = Some(SHA256.to_owned());
    FileEntry { sha256, collected_at: time(MOMENT), listed_twice: false }
}

/// A collected bundle with a `{}` for each of these sources, and a gap for each other.
fn bundle(sources: &[Source]) -> Bundle {
    let document = |&source: &Source| {
        (source, Document { file: format!("{source}.json"), bytes: b"{}\n".to_vec() })
    };
    let absent = Source::ALL
        .into_iter()
        .filter(|source| !sources.contains(source));
    let mut gaps: Vec<Gap> = absent
        .map(|source| Gap::new(source, "AccessDenied", "no"))
        .collect();
    gaps.sort();
    let manifest = Manifest {
        schema: "portcullis/bundle/v1".to_owned(),
        tool: "portcullis 0.1.0".to_owned(),
        account: Some("111122223333".to_owned()),
        partition: Some("aws".to_owned()),
        caller: None,
        region: Some("eu-central-1".to_owned()),
        endpoints: Vec::new(),
        name: None,
        unreached: None,
        collected_from: time("2026-01-02T03:04:05Z"),
        collected_to: time("2026-01-02T03:04:06Z"),
        files: sources
            .iter()
            .map(|source| (format!("{source}.json"), entry()))
            .collect(),
        gaps: gaps.clone(),
    };
    Bundle { manifest: Some(manifest), documents: sources.iter().map(document).collect(), gaps }
}

const TWO: [Source; 2] = [Source::AccountSummary, Source::AccountAliases];

/// A directory that holds the bundle of [`TWO`] as `bundle`.
fn written() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    bundle(&TWO).write(&dir.path().join("bundle")).unwrap();
    dir
}

fn by_hand(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    dir
}

/// The code of the gap of a source, which must have one and no document.
fn code(bundle: &Bundle, source: Source) -> &str {
    assert!(!bundle.documents.contains_key(&source), "{source} has a document");
    let mut gaps = bundle.gaps.iter().filter(|gap| gap.source == source);
    let code = &gaps.next().expect("a gap").code;
    assert_eq!(gaps.next(), None);
    code
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_written_is_read_and_verified() {
    let dir = written();
    let path = dir.path().join("bundle");
    assert_eq!(Bundle::read(&path).unwrap(), bundle(&TWO));
    assert_eq!(verify(&path).unwrap(), []);
    assert_eq!(names(&path), ["account-aliases.json", "account-summary.json", "manifest.json"]);
    assert_eq!(names(dir.path()), ["bundle"]);
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = written();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = dir.path().join("bundle");
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("manifest.json")), 0o600);
    assert_eq!(mode(&path.join("account-summary.json")), 0o600);
}

#[test]
fn a_changed_file_is_a_gap_and_named() {
    let dir = written();
    let path = dir.path().join("bundle");
    fs::write(path.join("account-summary.json"), "{ }\n").unwrap();
    fs::remove_file(path.join("account-aliases.json")).unwrap();
    fs::write(path.join("mfa-devices.json"), "{}").unwrap();
    let read = Bundle::read(&path).unwrap();
    assert_eq!(code(&read, Source::AccountSummary), "Modified");
    assert_eq!(code(&read, Source::AccountAliases), "Missing");
    assert_eq!(code(&read, Source::MfaDevices), "AccessDenied");
    let change = |file: &str, kind| Change { file: file.to_owned(), kind };
    let expected = [
        change("account-aliases.json", ChangeKind::Missing),
        change("account-summary.json", ChangeKind::Modified),
        change("mfa-devices.json", ChangeKind::Added),
    ];
    assert_eq!(verify(&path).unwrap(), expected);
}

#[test]
fn a_source_that_was_denied_stays_so_though_its_file_is_listed() {
    let mut bundle = bundle(&TWO);
    let denied = Gap::new(Source::AccountSummary, "AccessDenied", "no");
    bundle.manifest.as_mut().unwrap().gaps.push(denied);
    let dir = tempfile::tempdir().unwrap();
    bundle.write(&dir.path().join("bundle")).unwrap();
    let read = Bundle::read(&dir.path().join("bundle")).unwrap();
    assert_eq!(code(&read, Source::AccountSummary), "AccessDenied");
}

#[test]
fn a_gap_of_one_user_leaves_the_document() {
    let mut bundle = bundle(&TWO);
    let gap = Gap::new(Source::AccountSummary, "Throttling", "no").for_resource("ann");
    bundle.manifest.as_mut().unwrap().gaps.push(gap.clone());
    let dir = tempfile::tempdir().unwrap();
    bundle.write(&dir.path().join("bundle")).unwrap();
    let read = Bundle::read(&dir.path().join("bundle")).unwrap();
    assert!(read.documents.contains_key(&Source::AccountSummary) && read.gaps.contains(&gap));
}

#[test]
fn what_the_manifest_does_not_mention_is_a_gap() {
    let mut bundle = bundle(&TWO);
    bundle.manifest.as_mut().unwrap().gaps.clear();
    let dir = tempfile::tempdir().unwrap();
    bundle.write(&dir.path().join("bundle")).unwrap();
    fs::write(dir.path().join("bundle/mfa-devices.json"), "{}").unwrap();
    let read = Bundle::read(&dir.path().join("bundle")).unwrap();
    assert_eq!(code(&read, Source::MfaDevices), "Absent");
    assert_eq!(code(&read, Source::CredentialReport), "Absent");
}

/// Of two entries for a file, nothing says which counts.
#[test]
fn a_file_that_the_manifest_lists_twice_is_a_gap() {
    let dir = written();
    let path = dir.path().join("bundle");
    let manifest = fs::read_to_string(path.join("manifest.json")).unwrap();
    for other in ["00".to_owned(), SHA256.to_owned()] {
        let entry = format!(r#"{{"sha256": "{other}", "collected_at": "2026-01-02T03:04:05Z"}}"#);
        let twice = format!(r#""files": {{"account-summary.json": {entry},"#);
        fs::write(path.join("manifest.json"), manifest.replace("\"files\": {", &twice)).unwrap();
        let read = Bundle::read(&path).unwrap();
        assert_eq!(code(&read, Source::AccountSummary), "Contradictory");
        assert!(read.documents.contains_key(&Source::AccountAliases));
        let changed =
            [Change { file: "account-summary.json".to_owned(), kind: ChangeKind::Modified }];
        assert_eq!(verify(&path).unwrap(), changed);
    }
}

#[test]
fn a_file_that_the_manifest_lists_without_a_hash_is_a_gap() {
    let dir = written();
    let path = dir.path().join("bundle");
    let mut manifest: Json =
        serde_json::from_slice(&fs::read(path.join("manifest.json")).unwrap()).unwrap();
    for none in [None, Some(Json::Null)] {
        let entry = manifest["files"]["account-summary.json"]
            .as_object_mut()
            .unwrap();
        entry.remove("sha256");
        entry.extend(none.map(|null| ("sha256".to_owned(), null)));
        fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
        let read = Bundle::read(&path).unwrap();
        let gap = read
            .gaps
            .iter()
            .find(|gap| gap.source == Source::AccountSummary)
            .unwrap();
        assert_eq!(
            gap.message,
            "account-summary.json is listed in the manifest without its SHA-256, so it is not used"
        );
        assert!(read.documents.contains_key(&Source::AccountAliases));
    }
}

#[test]
fn a_manifest_that_is_not_ours_is_an_error() {
    let read = |manifest: &str| Bundle::read(by_hand(&[("manifest.json", manifest)]).path());
    let other = read(r#"{"schema": "portcullis/bundle/v2"}"#).unwrap_err();
    assert!(other.to_string().contains("\"portcullis/bundle/v2\""), "{other}");
    assert!(matches!(read("{").unwrap_err(), BundleError::BrokenManifest { .. }));
    assert!(matches!(read("").unwrap_err(), BundleError::BrokenManifest { .. }));
    let cut = read(r#"{"schema": "portcullis/bundle/v1"}"#).unwrap_err();
    assert!(matches!(cut, BundleError::BrokenManifest { .. }), "{cut}");
}

#[test]
fn a_manifest_cannot_reach_outside_the_bundle() {
    for name in ["../x", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "C:x", "x/", "./x"] {
        let mut manifest = bundle(&TWO).manifest.unwrap();
        let entry = manifest.files.pop_first().unwrap().1;
        manifest.files.insert(name.to_owned(), entry);
        let json = serde_json::to_string(&manifest).unwrap();
        let dir = by_hand(&[("manifest.json", &json)]);
        let error = Bundle::read(dir.path()).unwrap_err();
        assert!(matches!(error, BundleError::HostileName { .. }), "{name}: {error}");
        let error = verify(dir.path()).unwrap_err();
        assert!(matches!(error, BundleError::HostileName { .. }), "{name}: {error}");
    }
}

#[test]
fn a_directory_made_by_hand_is_as_good() {
    let dir = by_hand(&[
        ("account-summary.json", r#"{"SummaryMap": {}}"#),
        ("account-aliases.json", ""),
        ("mfa-devices.json", " \n"),
        ("notes.txt", "mine"),
    ]);
    fs::create_dir(dir.path().join("access-keys.json")).unwrap();
    let read = Bundle::read(dir.path()).unwrap();
    assert_eq!(read.manifest, None);
    assert_eq!(read.documents[&Source::AccountSummary].bytes, br#"{"SummaryMap": {}}"#);
    assert_eq!(code(&read, Source::AccountAliases), "Empty");
    assert_eq!(code(&read, Source::MfaDevices), "Empty");
    assert_eq!(code(&read, Source::AccessKeys), "Unreadable");
    assert_eq!(code(&read, Source::CredentialReport), "Absent");
    assert!(matches!(verify(dir.path()).unwrap_err(), BundleError::NoManifest { .. }));
    assert!(matches!(read.write(&dir.path().join("copy")).unwrap_err(), BundleError::NotCollected));
}

#[test]
fn a_file_beyond_all_measure_is_not_read() {
    let dir = by_hand(&[("account-summary.json", "{}")]);
    let huge = fs::File::create(dir.path().join("account-aliases.json")).unwrap();
    huge.set_len((1 << 30) + 1).unwrap();
    let read = Bundle::read(dir.path()).unwrap();
    assert_eq!(code(&read, Source::AccountAliases), "TooLarge");
}

#[test]
fn a_bare_report_is_a_bundle() {
    let dir = by_hand(&[
        ("status_reports.csv", "user,arn\n"),
        ("report.out", "\n{\"Content\": \"\", \"GeneratedTime\": \"2024-01-01T02:00:00+02:00\"}"),
    ]);
    let csv = Bundle::read(&dir.path().join("status_reports.csv")).unwrap();
    assert_eq!(csv.documents[&Source::CredentialReport].file, "credential-report.csv");
    assert_eq!(csv.collected_at(Timestamp::MAX), None);
    assert_eq!(code(&csv, Source::AccountSummary), "Absent");
    let json = Bundle::read(&dir.path().join("report.out")).unwrap();
    assert_eq!(json.documents[&Source::CredentialReport].file, "credential-report.json");
    assert_eq!(json.collected_at(Timestamp::MAX), Some(time("2024-01-01T00:00:00Z")));
    assert_eq!(json.collected_at(time("2023-12-31T23:54:59Z")), None, "it is still to come");
}

/// Of each, what it is and what to do.
#[test]
fn a_file_that_is_no_evidence_is_named_as_what_it_is() {
    let dir = by_hand(&[
        ("report.json", "\u{feff}{\"schema\": \"portcullis/report/v1\"}"),
        ("manifest.json", "{\"schema\": \"portcullis/bundle/v1\"}"),
        ("groups.json", "{\"Groups\": []}"),
        ("notes.txt", "mine\nuser,arn"),
        ("empty.csv", "\n"),
        ("people.csv", "Name;Mail\nuser;arn"),
        ("rows.csv", "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00"),
    ]);
    for (file, says) in [
        ("report.json", "is a saved report: use `portcullis report`"),
        ("manifest.json", "is the manifest of a bundle: give the directory"),
        ("groups.json", "is JSON, but not a credential report"),
        ("notes.txt", "is neither a bundle nor a credential report"),
        ("empty.csv", "is empty"),
        ("people.csv", "is not a credential report: its first line lacks the columns user and arn"),
        ("rows.csv", "is not a credential report: its first line lacks the columns user and arn"),
    ] {
        let error = Bundle::read(&dir.path().join(file))
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// Windows PowerShell's `>` writes UTF-16 with a mark.
#[test]
fn a_report_in_utf_16_is_dated() {
    let json = "{\"Content\": \"\", \"GeneratedTime\": \"2024-01-01T00:00:00Z\"}";
    let utf16 = json.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16).collect();
    let dir = by_hand(&[]);
    let path = dir.path().join("report.out");
    fs::write(&path, bytes).unwrap();
    let bundle = Bundle::read(&path).unwrap();
    assert_eq!(bundle.documents[&Source::CredentialReport].file, "credential-report.json");
    assert_eq!(bundle.collected_at(Timestamp::MAX), Some(time("2024-01-01T00:00:00Z")));
}

#[test]
fn a_collected_bundle_speaks_for_the_end_of_its_collecting() {
    assert_eq!(bundle(&TWO).collected_at(Timestamp::MIN), Some(time("2026-01-02T03:04:06Z")));
}

#[test]
fn two_reports_are_one_too_many() {
    let dir = by_hand(&[("credential-report.csv", "user"), ("credential-report.json", "{}")]);
    assert!(matches!(Bundle::read(dir.path()).unwrap_err(), BundleError::TwoReports { .. }));

    let mut collected = bundle(&TWO);
    let manifest = collected.manifest.as_mut().unwrap();
    for name in ["credential-report.json", "credential-report.csv"] {
        manifest.files.insert(name.to_owned(), entry());
    }
    manifest.gaps.clear();
    let dir = tempfile::tempdir().unwrap();
    collected.write(&dir.path().join("bundle")).unwrap();
    let read = Bundle::read(&dir.path().join("bundle")).unwrap();
    assert_eq!(code(&read, Source::CredentialReport), "Contradictory");
}

#[test]
fn the_activity_and_the_rest_make_the_whole() {
    let mut collected = bundle(&TWO);
    collected.add_activity(b"{}".to_vec(), time(MOMENT));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bundle");
    collected.write(&path).unwrap();
    for content in ["{}", "changed"] {
        fs::write(path.join("cloudtrail.json"), content).unwrap();
        let mut whole = Bundle::read(&path).unwrap();
        let activity = Bundle::read_activity(&path).unwrap();
        let document = whole.documents.remove(&Source::CloudTrail);
        assert_eq!(activity.documents.values().next(), document.as_ref());
        assert_eq!(Bundle::read_rest(&path, &activity).unwrap(), whole);
    }
    let alone = by_hand(&[("cloudtrail.json", "{}")]);
    let activity = Bundle::read_activity(alone.path()).unwrap();
    let rest = Bundle::read_rest(alone.path(), &activity).unwrap();
    assert_eq!(rest.gaps, Bundle::read(alone.path()).unwrap().gaps);
}

/// As <https://docs.aws.amazon.com/cli/latest/reference/sts/get-caller-identity.html> and
/// <https://docs.aws.amazon.com/cli/latest/reference/iam/list-virtual-mfa-devices.html> show them.
#[test]
fn whose_a_directory_is_says_its_caller_or_else_another_answer() {
    let caller = (
        "caller-identity.json",
        r#"{"UserId": "AIDAEXAMPLE", "Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/audit"}"#,
    );
    let devices = (
        "virtual-mfa-devices.json",
        r#"{"VirtualMFADevices": [{"SerialNumber": "arn:aws:iam::444455556666:mfa/ann"}]}"#,
    );
    let summary = ("account-summary.json", r#"{"SummaryMap": {"Users": 1}}"#);
    for (files, account) in [
        (vec![devices, caller], Some("111122223333")),
        (vec![devices, summary], Some("444455556666")),
        (vec![summary], None),
        (vec![("notes.txt", "mine")], None),
    ] {
        let found = Bundle::account_at(by_hand(&files).path());
        assert_eq!(found.as_ref().map(AccountId::as_str), account, "{files:?}");
    }
}

#[test]
fn a_directory_without_a_bundle_says_what_would_be_one() {
    let error = Bundle::read(by_hand(&[("notes.txt", "mine")]).path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not a bundle: it holds no credential-report.csv"), "{error}");
    let error = Bundle::read(Path::new("no/such/bundle")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the bundle no/such/bundle: it does not exist");
}

/// What a run leaves that is killed before the rename: the files, and the mark of the unfinished.
#[test]
fn a_killed_run_leaves_nothing_that_reads_as_a_bundle() {
    let dir = by_hand(&[("UNFINISHED", ""), ("account-summary.json", "{}")]);
    assert!(matches!(Bundle::read(dir.path()).unwrap_err(), BundleError::Unfinished { .. }));
    assert!(matches!(verify(dir.path()).unwrap_err(), BundleError::NoManifest { .. }));
}

#[test]
fn an_older_bundle_and_an_empty_directory_are_replaced() {
    let dir = written();
    let path = dir.path().join("bundle");
    bundle(&[Source::MfaDevices]).write(&path).unwrap();
    assert_eq!(Bundle::read(&path).unwrap(), bundle(&[Source::MfaDevices]));
    assert_eq!(names(&path), ["manifest.json", "mfa-devices.json"]);
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    bundle(&TWO).write(&empty).unwrap();
    assert_eq!(Bundle::read(&empty).unwrap(), bundle(&TWO));
    assert_eq!(names(dir.path()), ["bundle", "empty"]);
}

#[test]
fn nothing_else_is_overwritten() {
    let web = by_hand(&[("manifest.json", r#"{"name": "web app"}"#)]);
    let files = by_hand(&[("account-summary.json", "{}")]);
    let extra = written();
    fs::write(extra.path().join("bundle/notes.txt"), "mine").unwrap();
    let plain = by_hand(&[("file", "")]);
    let targets =
        [web.path(), files.path(), &extra.path().join("bundle"), &plain.path().join("file")];
    for target in targets {
        let before = target.is_dir().then(|| names(target));
        let error = bundle(&TWO).write(target).unwrap_err();
        assert!(matches!(error, BundleError::Occupied { .. }), "{error}");
        assert_eq!(target.is_dir().then(|| names(target)), before);
    }
}

#[test]
fn directories_on_the_way_are_made() {
    let dir = tempfile::tempdir().unwrap();
    bundle(&TWO).write(&dir.path().join("a/b/bundle")).unwrap();
    assert_eq!(Bundle::read(&dir.path().join("a/b/bundle")).unwrap(), bundle(&TWO));
}

#[test]
fn what_replacing_a_bundle_would_lose_is_known_before() {
    let dir = written();
    let place = dir.path().join("bundle");
    let losses = |sources: &[Source]| bundle(sources).losses(&place).unwrap();
    assert_eq!(losses(&TWO), []);
    assert_eq!(losses(&Source::ALL), []);
    assert_eq!(losses(&[Source::AccountAliases, Source::AccessKeys]), [Source::AccountSummary]);

    // One user of whom nothing is known is a loss too, but not where it was so before.
    let mut partial = bundle(&TWO);
    let gap = Gap::new(Source::AccountSummary, "Throttling", "no").for_resource("bob");
    partial.manifest.as_mut().unwrap().gaps.push(gap);
    assert_eq!(partial.losses(&place).unwrap(), [Source::AccountSummary]);
    partial.write(&place).unwrap();
    assert_eq!(partial.losses(&place).unwrap(), []);

    assert_eq!(bundle(&[]).losses(&dir.path().join("nothing")).unwrap(), []);
}

#[test]
fn whether_a_bundle_may_be_written_is_known_before() {
    let dir = written();
    Bundle::check_target(&dir.path().join("bundle")).unwrap();
    Bundle::check_target(&dir.path().join("new/deep")).unwrap();
    let error = Bundle::check_target(dir.path()).unwrap_err();
    assert!(matches!(error, BundleError::Occupied { .. }), "{error}");
    assert!(!dir.path().join("new").exists());
}
