//! Each call under each fault: the run ends, a gap says what failed, and no rule that needs the call passes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use portcullis_evidence::Declarations;
use portcullis_model::{AccountId, RunOptions, Tally};
use portcullis_rules::{RuleSet, Settings, embedded, evaluate};

use super::fake::*;
use super::*;
use crate::account::CONTACT_TYPES;
use crate::lookup::tests::read_one_region;
use crate::root::RootAccess;
use crate::session::tests::enter;

/// The calls that fill no source: they assume the role of a run, and list the accounts of an organization or of a unit.
const WITHOUT_SOURCE: [&str; 4] = [
    "sts:AssumeRole",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
];

/// What a call meets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    AccessDenied,
    Throttling,
    ThrottlingOnce,
    LimitExceeded,
    Html500,
    Empty503,
    Html200,
    Empty200,
    /// Half of the body, as if it were all.
    Truncated,
    WrongContentType,
    /// A byte now and then.
    SlowDrip,
    /// The connection closes in mid-body.
    Reset,
    NeverAnswers,
    /// The first page is there, and the second is denied.
    LaterPage,
    /// Each page says that the same one follows.
    RepeatedToken,
    /// The clock here is 20 minutes behind that of AWS.
    ClockSkew,
}

const FAULTS: [Fault; 16] = [
    Fault::AccessDenied,
    Fault::Throttling,
    Fault::ThrottlingOnce,
    Fault::LimitExceeded,
    Fault::Html500,
    Fault::Empty503,
    Fault::Html200,
    Fault::Empty200,
    Fault::Truncated,
    Fault::WrongContentType,
    Fault::SlowDrip,
    Fault::Reset,
    Fault::NeverAnswers,
    Fault::LaterPage,
    Fault::RepeatedToken,
    Fault::ClockSkew,
];

impl Fault {
    /// The code of the gap; none: the call succeeds in the end.
    fn code(self, was_paged: bool) -> Option<&'static str> {
        match self {
            Fault::ThrottlingOnce | Fault::WrongContentType => None,
            Fault::LaterPage => was_paged.then_some("AccessDenied"),
            Fault::RepeatedToken => was_paged.then_some("MalformedResponse"),
            Fault::AccessDenied => Some("AccessDenied"),
            Fault::Throttling => Some("Throttling"),
            Fault::LimitExceeded => Some("LimitExceeded"),
            Fault::Html500 => Some("HttpError 500"),
            Fault::Empty503 => Some("HttpError 503"),
            Fault::Html200 | Fault::Empty200 | Fault::Truncated => Some("MalformedResponse"),
            Fault::SlowDrip | Fault::NeverAnswers => Some("Timeout"),
            Fault::Reset => Some("ConnectionError"),
            Fault::ClockSkew => Some("SignatureDoesNotMatch"),
        }
    }
}

/// One fault at one call, and what has been asked so far.
struct Case {
    /// What the call fills; none: no source.
    source: Option<Source>,
    /// The IAM action of the call.
    action: &'static str,
    fault: Fault,
    calls: AtomicUsize,
    was_paged: AtomicBool,
    /// Whether a new credential report was asked for, and granted.
    was_generated: AtomicBool,
}

impl Case {
    fn operation(&self) -> &'static str {
        self.action.split_once(':').unwrap().1
    }

    /// Whether the answer never arrives in full.
    fn never_ends(&self) -> bool {
        matches!(self.fault, Fault::SlowDrip | Fault::NeverAnswers)
    }

    /// The code that the call fails with; none: it succeeds in the end.
    fn code(&self) -> Option<&'static str> {
        let code = self.fault.code(self.was_paged.load(Ordering::SeqCst));
        let is_of_root = self.source == Some(Source::RootCredentials);
        // A session as root may do all that it does, unless a guardrail denies it.
        let by_guardrail = is_of_root && self.operation() != "AssumeRoot";
        code.map(|code| {
            if by_guardrail && code == "AccessDenied" {
                "DeniedToRoot"
            } else {
                code
            }
        })
    }
}

/// Every call of every source, and those that fill none, under every fault.
fn cases() -> Vec<Case> {
    let mut calls: Vec<_> = WITHOUT_SOURCE.map(|action| (None, action)).to_vec();
    for source in Source::every() {
        calls.extend(
            source
                .actions()
                .iter()
                .map(|action| (Some(source), *action)),
        );
    }
    let mut cases = Vec::new();
    for (source, action) in calls {
        for fault in FAULTS {
            cases.push(Case {
                source,
                action,
                fault,
                calls: AtomicUsize::new(0),
                was_paged: AtomicBool::new(false),
                was_generated: AtomicBool::new(false),
            });
        }
    }
    cases
}

/// A request, as far as it tells calls apart.
struct Asked {
    /// The number of the case, which is the first part of the path.
    case: usize,
    operation: String,
    /// Whether it is tried again: an earlier attempt may arrive later, on a busy machine.
    is_retry: bool,
    /// The path and the body.
    text: String,
}

fn read(connection: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let path = head.split(' ').nth(1)?.to_owned();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    let (case, rest) = path.trim_start_matches('/').split_once('/').unwrap();
    let operation = match rest.split('?').next().unwrap() {
        "analyzer" => "ListAnalyzers",
        "getAlternateContact" => "GetAlternateContact",
        _ => match header("x-amz-target") {
            Some(target) => target.rsplit('.').next().unwrap(),
            None => body
                .strip_prefix("Action=")
                .unwrap()
                .split('&')
                .next()
                .unwrap(),
        },
    };
    let attempt = header("amz-sdk-request").unwrap_or_default();
    Some(Asked {
        case: case.parse().unwrap(),
        is_retry: !attempt.starts_with("attempt=1"),
        operation: operation.to_owned(),
        text: format!("{rest} {body}"),
    })
}

/// The server of all cases, which ends with the tests.
fn serve(cases: Arc<Vec<Case>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let cases = cases.clone();
            thread::spawn(move || {
                if let Some(asked) = read(&connection) {
                    // A client that has given up is not news.
                    let _ = answer_to(&asked, &cases[asked.case], &connection);
                }
            });
        }
    });
    format!("http://{address}")
}

fn answer_to(asked: &Asked, case: &Case, connection: &TcpStream) -> std::io::Result<()> {
    let whole = match asked.operation.as_str() {
        "GetAlternateContact" => {
            let kind = CONTACT_TYPES
                .into_iter()
                .find(|kind| asked.text.contains(kind));
            healthy("GetAlternateContact").replace("SECURITY", kind.unwrap_or_default())
        }
        "ListAccessKeys" if asked.text.contains("UserName=bob") => {
            answer("ListAccessKeys", &key("bob"))
        }
        "ListMFADevices" if asked.text.contains("UserName=bob") => {
            answer("ListMFADevices", &own_device("bob", "mfa/bob"))
        }
        other => healthy(other),
    };
    let is_generating = case.operation() == "GenerateCredentialReport";
    if is_generating && asked.operation == "GetCredentialReport" {
        if case.was_generated.load(Ordering::SeqCst) {
            return send(connection, 200, "text/xml", &whole);
        }
        let absent = error("GetCredentialReport", "ReportNotPresent");
        return send(connection, 410, "text/xml", &absent);
    }
    if asked.operation != case.operation() {
        return send(connection, 200, "text/xml", &whole);
    }
    case.calls.fetch_add(1, Ordering::SeqCst);
    let tokens = ["Marker=", "nextToken=", "NextToken"];
    let is_later = tokens.iter().any(|token| asked.text.contains(token));
    case.was_paged.fetch_or(is_later, Ordering::SeqCst);
    let fail = |status: u16, code: &str| {
        send(connection, status, "text/xml", &error(case.operation(), code))
    };
    match case.fault {
        Fault::AccessDenied => fail(403, "AccessDenied"),
        Fault::Throttling => fail(400, "Throttling"),
        Fault::ThrottlingOnce if !asked.is_retry => fail(400, "Throttling"),
        Fault::LimitExceeded => fail(409, "LimitExceeded"),
        Fault::ClockSkew => fail(403, "SignatureDoesNotMatch"),
        Fault::LaterPage if is_later => fail(403, "AccessDenied"),
        Fault::LaterPage | Fault::RepeatedToken => {
            case.was_generated.store(is_generating, Ordering::SeqCst);
            send(connection, 200, "text/xml", &with_another_page(case.operation(), &whole))
        }
        Fault::Html500 => send(connection, 500, "text/html", HTML),
        Fault::Empty503 => send(connection, 503, "text/html", ""),
        Fault::Html200 => send(connection, 200, "text/html", HTML),
        Fault::Empty200 => send(connection, 200, "text/xml", ""),
        Fault::Truncated => send(connection, 200, "text/xml", &whole[..whole.len() / 2]),
        Fault::ThrottlingOnce | Fault::WrongContentType => {
            case.was_generated.store(is_generating, Ordering::SeqCst);
            send(connection, 200, "application/octet-stream", &whole)
        }
        Fault::SlowDrip => {
            let mut connection = connection;
            write!(connection, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", whole.len())?;
            for byte in whole.bytes() {
                connection.write_all(&[byte])?;
                thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        }
        Fault::Reset => {
            let (mut connection, half) = (connection, &whole[..whole.len() / 2]);
            write!(connection, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{half}", whole.len())
        }
        Fault::NeverAnswers => {
            thread::sleep(Duration::from_secs(10));
            Ok(())
        }
    }
}

fn send(mut connection: &TcpStream, status: u16, kind: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

/// The answer of a page that is not the last, where the operation has pages.
fn with_another_page(operation: &str, whole: &str) -> String {
    if let Some(fields) = whole.strip_prefix('{') {
        return format!("{{\"nextToken\": \"m2\", \"NextToken\": \"m2\", {fields}");
    }
    let last = ["<IsTruncated>false</IsTruncated>", "<isTruncated>false</isTruncated>"];
    let open = last
        .iter()
        .fold(whole.to_owned(), |text, flag| text.replace(flag, ""));
    let result = format!("<{operation}Result>");
    open.replace(&result, &format!("{result}{}", first_page("")))
}

/// How many verdicts of each kind each rule has.
fn tallies(bundle: &Bundle, rules: &RuleSet) -> BTreeMap<String, Tally> {
    let snapshot = bundle.snapshot(now(), &Declarations::default()).unwrap();
    let report = evaluate(&snapshot, rules, RunOptions::default(), "test");
    report.accounts[0].tallies.clone()
}

/// The rules that cannot pass on any resource without a source.
fn needs() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../../../../../tests/fault_matrix/needs.toml");
    let mut sections: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> =
        toml::from_str(text).unwrap();
    sections.remove("needs").unwrap()
}

/// What came of a call under a fault.
enum Outcome {
    /// The bundle, in which all but the call's source is healthy.
    Collected(Box<Bundle>),
    /// Why there is no answer, where there is none.
    Answered(Result<(), String>),
}

/// Makes the call, within the time that a run would have.
async fn strike(endpoint: &str, case: &Case, healthy: &Bundle) -> Outcome {
    let mut start = Instant::now();
    let outcome = match case.source {
        Some(Source::CallerIdentity) => Outcome::Answered(first_call(endpoint, false).await),
        Some(Source::CloudTrail) => {
            Outcome::Answered(read_one_region(endpoint).await.missing.map_or(Ok(()), Err))
        }
        Some(source) => {
            Outcome::Collected(Box::new(collect(endpoint, case, source, healthy).await))
        }
        None if case.operation() == "AssumeRole" => {
            let mut answer = first_call(endpoint, true).await;
            // Now and then the attempts, each after a random wait, take longer than a run may.
            let is_late = answer
                .as_ref()
                .is_err_and(|said| said.contains("(Timeout)"));
            if is_late && !case.never_ends() {
                start = Instant::now();
                answer = first_call(endpoint, true).await;
            }
            Outcome::Answered(answer)
        }
        None => Outcome::Answered(list(endpoint, case.operation()).await),
    };
    let (fault, action, took) = (case.fault, case.action, start.elapsed());
    assert!(took < Duration::from_secs(12), "{fault:?} at {action}: {took:?}");
    outcome
}

/// Finds out who calls, under a role or not.
async fn first_call(endpoint: &str, has_role: bool) -> Result<(), String> {
    match enter(config(endpoint), has_role).await {
        Ok(session) => session
            .caller
            .map(drop)
            .map_err(|failure| failure.explanation()),
        Err(error) => Err(error.to_string()),
    }
}

/// Lists accounts by the calls of which that is one.
async fn list(endpoint: &str, operation: &str) -> Result<(), String> {
    let calls = Calls::new(&options(false));
    let services = JsonServices::new(config(endpoint), "aws", &calls);
    let accounts = match operation {
        "ListAccounts" => services.accounts(None).await,
        _ => {
            services
                .accounts_below(&["ou-ab12-34cd56ef".to_owned()])
                .await
        }
    };
    accounts.map(drop).map_err(|failure| failure.explanation())
}

/// Collects one source under a fault, and puts the outcome in the place of the healthy one.
async fn collect(endpoint: &str, case: &Case, source: Source, healthy: &Bundle) -> Bundle {
    let mut alone = gather_alone(endpoint, source).await;
    // On a busy machine an answer may be later than these tests wait.
    let is_late = alone.gaps.iter().any(|gap| gap.code == Failure::TIMEOUT);
    if is_late && !case.never_ends() {
        alone = gather_alone(endpoint, source).await;
    }
    let mut bundle = healthy.clone();
    bundle.gaps = alone
        .gaps
        .into_iter()
        .filter(|gap| gap.source == source)
        .collect();
    bundle.documents.remove(&source);
    let mut documents = alone.documents;
    bundle
        .documents
        .extend(documents.remove(&source).map(|it| (source, it)));
    bundle
}

/// A bundle with that source, and what it needs.
async fn gather_alone(endpoint: &str, source: Source) -> Bundle {
    let sources = Sources::from(source);
    let options = Options { sources, deadline: Duration::from_secs(8), ..options(false) };
    let calls = Calls::new(&options);
    let config = config(endpoint);
    let mut access = None;
    if source == Source::RootCredentials {
        access = Some(RootAccess::open(&config, "aws", &calls).await);
    }
    let root = access.as_ref().map(|access| AccountRoot {
        access,
        account: AccountId::parse("444455556666").unwrap(),
        config: config.clone(),
        calls: &calls,
        diagnosis: &options.diagnosis,
    });
    let denied = Err(Failure::new("AccessDenied", "no"));
    let collection = Collection::new(&options, config, denied, root, &calls);
    Box::pin(collection.run(now())).await
}

/// Clocks, codes and quotas are AWS's: <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
#[tokio::test]
async fn no_fault_of_any_call_is_a_pass() {
    let healthy = FakeAws::start().await.collect().await;
    let rules = RuleSet::load(&embedded(), &Settings::default()).unwrap();
    let needs = needs();
    let cases = Arc::new(cases());
    let endpoint = serve(cases.clone());
    let strikes = cases.iter().enumerate().map(async |(number, case)| {
        (case, strike(&format!("{endpoint}/{number}"), case, &healthy).await)
    });
    // They wait more than they compute; were they too many, calls would time out that should not.
    let struck: Vec<_> = stream::iter(strikes).buffer_unordered(8).collect().await;
    let before = tallies(&healthy, &rules);
    for (case, outcome) in struck {
        let what = format!("{:?} at {}", case.fault, case.action);
        assert!(case.calls.load(Ordering::SeqCst) > 0, "{what}: not called");
        let (source, bundle) = match (case.source, outcome) {
            (Some(source), Outcome::Collected(bundle)) => (source, bundle),
            (_, Outcome::Collected(_)) => panic!("{what}: a bundle"),
            (_, Outcome::Answered(answer)) => {
                check_answer(&what, case, answer);
                continue;
            }
        };
        let Some(code) = case.code() else {
            assert_eq!(bundle.gaps, [], "{what}");
            assert!(bundle.documents.contains_key(&source), "{what}");
            let kept = |bundle: &Bundle| bundle.documents.get(&source).map(|it| it.bytes.clone());
            let is_paged = matches!(case.fault, Fault::LaterPage | Fault::RepeatedToken);
            let is_in_both = healthy.documents.contains_key(&source) && !is_paged;
            assert!(!is_in_both || kept(&bundle) == kept(&healthy), "{what}");
            continue;
        };
        assert!(!bundle.gaps.is_empty(), "{what}: no gap");
        for gap in &bundle.gaps {
            let told = (gap.operation.as_str(), gap.action.as_str(), gap.code.as_str());
            assert_eq!(told, (case.operation(), case.action, code), "{what}");
            assert!(!gap.message.is_empty() && !gap.message.contains('\n'), "{what}");
        }
        let voided = !bundle.documents.contains_key(&source);
        for (rule, tally) in tallies(&bundle, &rules) {
            assert!(tally.pass <= before[&rule].pass, "{what}: {rule} passes more");
            let is_needed = needs
                .get(source.name())
                .is_some_and(|rules| rules.contains(&rule));
            assert!(!(voided && is_needed) || tally.pass == 0, "{what}: {rule} passes");
        }
    }
}

/// A call before a run, or apart from it, ends with the code, or with what keeps AWS from answering at all.
fn check_answer(what: &str, case: &Case, answer: Result<(), String>) {
    let Some(code) = case.code() else {
        return assert_eq!(answer, Ok(()), "{what}");
    };
    let said = answer.expect_err(what);
    let words = match code {
        "Timeout" if case.source == Some(Source::CallerIdentity) => {
            "AWS does not answer at the test: "
        }
        code => code,
    };
    assert!(said.contains(words) && !said.contains('\n'), "{what}: {said}");
}
