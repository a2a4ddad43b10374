//! Live runs against servers that mean harm, or just never end.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portcullis_model::{AccountStatus, Gap, Report, Source, Verdict};
use serde_json::json;

use crate::support::{Run, Sandbox, repository};

/// What a run may take, in kB.
const MEMORY: u64 = 300_000;
/// No output of any run holds it.
const SECRET: &str = "S3cr3tThatNobodyMayRead";

/// What the server does once it has said who asks.
#[derive(Clone, Copy)]
enum Harm {
    EndlessPages,
    EndlessBodies,
    Throttling,
    /// Pages without end, and no more than ten a second.
    Limited,
    Silence,
    /// An error of that code, whose message repeats the whole request.
    Echo(&'static str),
    /// Credentials that are asked for are given, and what else is asked for repeats the whole request.
    Mirror,
}

/// A server that answers every call so, until the tests end.
struct Server {
    address: String,
    /// How many calls have come.
    calls: Arc<AtomicU32>,
    /// What was called.
    operations: Arc<Mutex<BTreeSet<String>>>,
    /// When those were answered that were not throttled.
    answered: Arc<Mutex<Vec<Instant>>>,
}

impl Server {
    fn start(harm: Harm) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let calls = Arc::new(AtomicU32::new(0));
        let answered = Arc::new(Mutex::new(Vec::new()));
        let operations = Arc::new(Mutex::new(BTreeSet::new()));
        let server = (calls.clone(), answered.clone(), operations.clone());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (calls, answered, operations) = server.clone();
                thread::spawn(move || {
                    // A client that has had enough hangs up.
                    let Ok(request) = read_request(&connection) else {
                        return;
                    };
                    operations.lock().unwrap().insert(request.operation.clone());
                    let _ = answer(&connection, &request, harm, &calls, &answered);
                });
            }
        });
        Server { address, calls, operations, answered }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn answer(
    connection: &TcpStream,
    request: &Request,
    harm: Harm,
    calls: &AtomicU32,
    answered: &Mutex<Vec<Instant>>,
) -> std::io::Result<()> {
    let Request { operation, text } = request;
    let call = calls.fetch_add(1, Ordering::Relaxed);
    match harm {
        Harm::Echo(_) if operation.contains("/federation/credentials") => {
            let error = json!({"__type": "UnauthorizedException", "message": text});
            send(connection, 401, &error.to_string())
        }
        Harm::Echo(code) => send(connection, 400, &error(code, text)),
        Harm::Mirror if operation.contains("/federation/credentials") => {
            let keys = json!({
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE", "secretAccessKey": SECRET,
                "sessionToken": SECRET, "expiration": 4_000_000_000_000_u64,
            });
            send(connection, 200, &json!({"roleCredentials": keys}).to_string())
        }
        Harm::Mirror if operation.starts_with("AssumeRole") => {
            let keys = format!(
                "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\
                 <SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{SECRET}</SessionToken>\
                 <Expiration>2090-01-01T00:00:00Z</Expiration></Credentials>"
            );
            send(connection, 200, &whole(operation, &keys))
        }
        _ if operation == "GetCallerIdentity" => {
            let who = "<Account>111122223333</Account><UserId>AIDA1</UserId>\
                       <Arn>arn:aws:iam::111122223333:user/auditor</Arn>";
            send(connection, 200, &whole(operation, who))
        }
        Harm::Mirror => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let alias = format!("<AccountAliases><member>{text}</member></AccountAliases>");
            send(connection, 200, &whole(operation, &alias))
        }
        Harm::Limited if is_too_fast(&mut answered.lock().unwrap()) => {
            send(connection, 400, &error("Throttling", "Rate exceeded"))
        }
        Harm::EndlessPages | Harm::Limited => {
            send(connection, 200, &whole(operation, &full_page(call)))
        }
        Harm::EndlessBodies => {
            let mut connection = connection;
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n")?;
            let piece = "<member>x</member>".repeat(4096);
            loop {
                connection.write_all(piece.as_bytes())?;
            }
        }
        Harm::Throttling => send(connection, 400, &error("Throttling", "Rate exceeded")),
        Harm::Silence => {
            thread::sleep(Duration::from_mins(1));
            Ok(())
        }
    }
}

/// Whether ten calls were answered within a second; else this one is.
fn is_too_fast(answered: &mut Vec<Instant>) -> bool {
    let latest = answered
        .iter()
        .rev()
        .take_while(|at| at.elapsed() < Duration::from_secs(1));
    let is_too_fast = latest.count() >= 10;
    if !is_too_fast {
        answered.push(Instant::now());
    }
    is_too_fast
}

struct Request {
    /// What is asked for, where the body names it; else the first line.
    operation: String,
    /// All of it, on one line.
    text: String,
}

fn read_request(connection: &TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(connection);
    let (mut length, mut text) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        text = format!("{text}{} ", line.trim());
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    let action = body
        .split('&')
        .find_map(|field| field.strip_prefix("Action="));
    let line = text.split(" HTTP/").next().unwrap_or_default();
    Ok(Request { operation: action.unwrap_or(line).to_owned(), text: text.clone() + &body })
}

fn send(mut connection: &TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status} x\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

fn whole(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
    )
}

fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>\
         </Error><RequestId>r-1</RequestId></ErrorResponse>"
    )
}

/// A thousand devices and a thousand users, and the token of a page that nobody has seen.
fn full_page(page: u32) -> String {
    let (mut devices, mut users) = (String::new(), String::new());
    for number in 0..1000 {
        let name = format!("u{page}-{number}");
        let arn = format!("arn:aws:iam::111122223333:user/{name}");
        let serial = format!("arn:aws:iam::111122223333:mfa/{name}");
        devices += &["<member><SerialNumber>", &serial, "</SerialNumber></member>"].concat();
        let made = "<CreateDate>2023-01-01T00:00:00Z</CreateDate></member>";
        users += &["<member><UserName>", &name, "</UserName><Arn>", &arn, "</Arn>", made].concat();
    }
    format!(
        "<IsTruncated>true</IsTruncated><isTruncated>true</isTruncated><Marker>m{page}</Marker>\
         <VirtualMFADevices>{devices}</VirtualMFADevices><UserDetailList>{users}</UserDetailList>\
         <AccountAliases/><ServerCertificateMetadataList/><ServiceSpecificCredentials/>\
         <DelegationRequests/>"
    )
}

fn sandbox(endpoint: &str) -> Sandbox {
    Sandbox::new()
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_SESSION_TOKEN", SECRET)
        .env("RUST_LOG", "trace")
}

/// The most memory that a process has had so far, in kB; none: it has ended.
fn peak(process: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Audits by all rules with a deadline of so many seconds: it ends in time and in bounds, every source is
/// a gap, and no rule passes.
#[track_caller]
fn assert_bounded(harm: Harm, seconds: u64) {
    let sandbox = sandbox(&Server::start(harm).url());
    let deadline = seconds.to_string();
    let arguments =
        ["audit", "-o=json", "--rule-set=strict", "--include=pass", "--deadline", &deadline];
    let start = Instant::now();
    let mut command = sandbox.command(arguments);
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let printed = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let mut most = 0;
    while process.try_wait().unwrap().is_none() {
        most = most.max(peak(&process).unwrap_or(0));
        thread::sleep(Duration::from_millis(20));
    }
    let took = start.elapsed();
    // Evaluating and printing come after the deadline.
    assert!(took < Duration::from_secs(seconds + 10), "{took:?}");
    assert!(most < MEMORY, "{most} kB");
    let report: Report = serde_json::from_str(&printed.join().unwrap().unwrap()).unwrap();
    let account = &report.accounts[0];
    for source in Source::ALL
        .into_iter()
        .filter(|&source| source != Source::CallerIdentity)
    {
        assert!(account.gaps.iter().any(|gap| gap.source == source), "{source}");
    }
    let passed = report
        .findings
        .iter()
        .find(|finding| finding.verdict == Verdict::Pass);
    assert!(passed.is_none(), "{passed:?}");
    assert_eq!(process.wait().unwrap().code(), Some(3));
}

#[test]
fn endless_pages_end() {
    assert_bounded(Harm::EndlessPages, 10);
}

#[test]
fn endless_answers_end() {
    assert_bounded(Harm::EndlessBodies, 10);
}

#[test]
fn throttling_for_ever_ends() {
    assert_bounded(Harm::Throttling, 10);
}

/// The first call is made at once, so that there is one more.
#[test]
fn no_more_calls_are_made_than_allowed() {
    let server = Server::start(Harm::EndlessPages);
    let start = Instant::now();
    sandbox(&server.url()).run(["audit", "--max-calls-per-second", "5", "--deadline", "4"]);
    let most = 5 * u32::try_from(start.elapsed().as_secs() + 1).unwrap() + 1;
    let calls = server.calls.load(Ordering::Relaxed);
    assert!((10..=most).contains(&calls), "{calls} of {most}");
}

/// What AWS throttles, a run learns from: it goes on, about as fast as it may, and asks little in vain.
#[test]
fn a_throttled_run_keeps_to_what_is_answered() {
    let server = Server::start(Harm::Limited);
    let start = Instant::now();
    sandbox(&server.url()).run(["audit", "--deadline", "12"]);
    let seconds = start.elapsed().as_secs();
    let answered = server.answered.lock().unwrap().len();
    let calls = server.calls.load(Ordering::Relaxed) as usize;
    assert!(answered > 40, "{answered} of {calls} in {seconds} s");
    assert!(calls - answered < calls / 3, "{answered} of {calls} in {seconds} s");
}

/// Interrupts a run after that time: it ends at once, and leaves nothing behind. To die of the signal is
/// what a shell reports as exit status 130.
#[cfg(unix)]
#[track_caller]
fn assert_interrupted(mut process: Child, after: Duration, sandbox: &Sandbox) {
    use std::os::unix::process::ExitStatusExt;

    thread::sleep(after);
    let files = || fs::read_dir(sandbox.path(".")).unwrap().count();
    assert_eq!((process.try_wait().unwrap(), files()), (None, 0), "nothing is written yet");
    let start = Instant::now();
    let id = process.id().to_string();
    std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    let status = process.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let shown = status.code().or(status.signal().map(|signal| 128 + signal));
    assert_eq!((shown, files()), (Some(130), 0));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_while_it_collects_leaves_nothing() {
    let sandbox = sandbox(&Server::start(Harm::Silence).url());
    for arguments in [vec!["collect", "-o", "bundle"], vec!["audit", "-o", "json=report.json"]] {
        let process = sandbox
            .command(&arguments)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        assert_interrupted(process, Duration::from_secs(1), &sandbox);
    }
}

#[test]
fn a_role_of_another_partition_is_refused_before_any_account_is_asked() {
    let server = Server::start(Harm::Silence);
    let sandbox = sandbox(&server.url());
    let role = "arn:aws-cn:iam::444455556666:role/audit";
    sandbox.write("list.csv", format!("id,role_arn\n444455556666,{role}\n"));
    let run = sandbox.run(["audit", "--accounts", "list.csv"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    let words = "the role of account 444455556666 is in the partition aws-cn, but the credentials are in aws";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let asked: Vec<_> = server.operations.lock().unwrap().iter().cloned().collect();
    assert_eq!(asked, ["GetCallerIdentity"]);
}

/// Nothing can be written below /proc, which shows only when it is tried.
#[cfg(target_os = "linux")]
#[test]
fn a_bundle_that_cannot_be_written_costs_only_its_account() {
    let sandbox = sandbox(&Server::start(Harm::Throttling).url());
    sandbox.write("list.csv", "id\n111122223333\n");
    let run = sandbox.run([
        "audit",
        "--accounts",
        "list.csv",
        "--collect-to",
        "/proc/nowhere",
        "--deadline",
        "2",
        "-o",
        "json",
    ]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let words = "the bundle of account 111122223333 is lost: cannot access /proc/nowhere";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let report: Report = serde_json::from_str(&run.stdout).unwrap();
    let account = &report.accounts[0];
    assert_eq!(account.status, AccountStatus::Failed);
    assert_eq!(account.gaps[0].code, Gap::NOT_KEPT);
    assert!(account.gaps[0].message.contains("/proc/nowhere"), "{:?}", account.gaps);
}

/// As the container image runs it: for the first process of a container the system does nothing about
/// signals, so that the program itself must end with the status that a shell reports.
#[cfg(target_os = "linux")]
#[test]
fn the_first_process_of_a_container_ends_by_a_signal() {
    let namespace = ["--user", "--map-root-user", "--pid", "--fork"];
    let mut attempt = std::process::Command::new("unshare");
    if !attempt
        .args(namespace)
        .arg("true")
        .status()
        .is_ok_and(|status| status.success())
    {
        eprintln!("not tried: this system lets nobody make a namespace of processes");
        return;
    }
    let sandbox = sandbox(&Server::start(Harm::Silence).url());
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let program = env!("CARGO_BIN_EXE_portcullis");
        let arguments = [&namespace[..], &[program, "audit", "--deadline", "20"]].concat();
        let command = sandbox
            .command_of("unshare", arguments)
            .stderr(Stdio::null())
            .spawn();
        let mut process = command.unwrap();
        thread::sleep(Duration::from_secs(2));
        let children = format!("/proc/{0}/task/{0}/children", process.id());
        let first = fs::read_to_string(children).unwrap();
        let start = Instant::now();
        std::process::Command::new("kill")
            .args([signal, first.trim()])
            .status()
            .unwrap();
        assert_eq!(process.wait().unwrap().code(), Some(status));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
}

/// Reading so many users takes about a tenth of the time, and judging them the rest.
#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_while_it_judges_leaves_nothing() {
    let report = Sandbox::new();
    let path = report.write("report.csv", credential_report(19_000));
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["audit", "-", "-o", "json=report.json"]);
    let command = command
        .stdin(fs::File::open(&path).unwrap())
        .stderr(Stdio::null());
    assert_interrupted(command.spawn().unwrap(), Duration::from_secs(5), &sandbox);
}

/// A report of so many users with passwords and keys that are old.
#[cfg(unix)]
fn credential_report(users: usize) -> String {
    let arn = "arn:aws:iam::111122223333";
    let (old, no_key) = ("2020-01-01T00:00:00+00:00", "false,N/A,N/A,N/A,N/A");
    let heading = format!(
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
         password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
         access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
         access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
         access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
         cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n\
         <root_account>,{arn}:root,{old},not_supported,{old},not_supported,not_supported,false,\
         {no_key},{no_key},false,N/A,false,N/A\n"
    );
    let user = |number| {
        format!(
            "u{number},{arn}:user/u{number},{old},true,{old},{old},N/A,false,\
             true,{old},N/A,N/A,N/A,{no_key},false,N/A,false,N/A\n"
        )
    };
    heading + &(0..users).map(user).collect::<String>()
}

/// Each call once at -v, each attempt too at -vv, and no word of the SDK.
#[test]
fn the_log_names_each_call_and_each_attempt() {
    let sandbox = sandbox(&Server::start(Harm::Throttling).url());
    let collect = ["collect", "--deadline", "3", "-o", "out"];
    let silent = sandbox.run(collect);
    assert!(!silent.stderr.contains("operation="), "{}", silent.stderr);
    let calls = sandbox.run([&collect[..], &["-v"]].concat());
    assert!(!calls.stderr.contains("DEBUG"), "{}", calls.stderr);
    let line = |text: &str| {
        let line = calls.stderr.lines().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("{text}: {}", calls.stderr))
            .to_owned()
    };
    let who = line("operation=\"GetCallerIdentity\"");
    for part in [" INFO ", "service=\"STS\"", "attempts=1", "status=200", " ms="] {
        assert!(who.contains(part), "{part}: {who}");
    }
    line("abandoned at the deadline operation=\"ListAccountAliases\"");

    let attempts = sandbox.run([&collect[..], &["-vv", "--log-format", "json"]].concat());
    let mut seen = 0;
    for line in attempts.stderr.lines().filter(|line| line.starts_with('{')) {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["target"].as_str().unwrap().starts_with("portcullis"), "{line}");
        let fields = &event["fields"];
        seen += usize::from(fields["attempt"].is_u64() && fields["code"] == "Throttling");
    }
    assert!(seen > 3, "{}", attempts.stderr);
}

/// Runs all commands that take part in a live run, or read files, and looks for the secret in what they
/// print and write.
fn assert_kept(what: &str, sandbox: &Sandbox, more: &[&str]) {
    for (number, command) in [
        &[
            "audit",
            "--deadline=3",
            "-o",
            "table",
            "-o",
            "json=r.json",
            "-o",
            "html=r.html",
            "-o",
            "sarif=r.sarif",
        ][..],
        &["collect", "--deadline=3", "-o", "out", "-vv"],
        &["audit", "--deadline=3", "-vv", "--log-format=json"],
        &["doctor", "--deadline=3", "-vv", "--log-format=json"],
        &["doctor", "--deadline=3", "-o=json"],
    ]
    .into_iter()
    .enumerate()
    {
        let run = sandbox.run([command, more].concat());
        assert_silent(&format!("{what}, {number}"), &run);
    }
    for command in [&["facts", "out"][..], &["audit", "out", "-vv"], &["permissions", "-vv"]] {
        assert_silent(&format!("{what}, {command:?}"), &sandbox.run(command));
    }
    for name in ["r.json", "r.html", "r.sarif", "out"] {
        assert_unwritten(what, &sandbox.path(name));
    }
}

fn assert_silent(what: &str, run: &Run) {
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{what}: {run:?}");
}

fn assert_unwritten(what: &str, path: &Path) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            assert_unwritten(what, &entry.unwrap().path());
        }
    } else if path.exists() {
        let bytes = fs::read(path).unwrap();
        let found = bytes
            .windows(SECRET.len())
            .any(|window| window == SECRET.as_bytes());
        assert!(!found, "{what}: {}", path.display());
    }
}

#[test]
fn secrets_of_the_environment_are_in_no_output() {
    for harm in [Harm::Echo("ValidationError"), Harm::Mirror] {
        let server = Server::start(harm);
        assert_kept("keys", &sandbox(&server.url()), &[]);
        let with_password = format!("http://user:{SECRET}@{}", server.address);
        assert_kept("password of the endpoint", &sandbox(&with_password), &[]);
    }
    let throttled = Server::start(Harm::Throttling);
    assert_kept("keys, throttled for ever", &sandbox(&throttled.url()), &[]);
    let nobody = format!("http://user:{SECRET}@127.0.0.1:1/{SECRET}?{SECRET}");
    assert_kept("endpoint that nobody listens at", &sandbox(&nobody), &[]);
    let not_encoded = format!("http://user:{SECRET}/@127.0.0.1:1");
    assert_kept("endpoint whose password is not encoded", &sandbox(&not_encoded), &[]);
    let broken = sandbox(&format!("htp//user:{SECRET}@ x"));
    assert_kept("endpoint that is not a URL", &broken, &[]);
    let container = format!("http://user:{SECRET}@192.0.2.1/{SECRET}");
    let container = Sandbox::new().env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container);
    assert_kept("container", &container.env("AWS_REGION", "us-east-1"), &[]);
}

#[test]
fn secrets_of_a_proxy_are_in_no_output() {
    let server = Server::start(Harm::Echo("ValidationError"));
    for proxy in [&server.address, "127.0.0.1:1", " x"] {
        let proxy = format!("http://user:{SECRET}@{proxy}");
        let proxied = sandbox("https://aws.example.com").env("HTTPS_PROXY", &proxy);
        assert_kept(&proxy, &proxied, &[]);
    }
    assert_called(&server, "CONNECT aws.example.com:443");
}

#[track_caller]
fn assert_called(server: &Server, operation: &str) {
    let called = server.operations.lock().unwrap();
    assert!(called.contains(operation), "{operation}: {called:?}");
}

#[cfg(unix)]
#[test]
fn secrets_of_a_program_are_in_no_output() {
    let keys = program_keys();
    for (output, status) in [(keys.as_str(), 0), (SECRET, 0), ("", 1)] {
        let sandbox = Sandbox::new()
            .env("AWS_ENDPOINT_URL", &Server::start(Harm::Echo("ValidationError")).url())
            .env("AWS_REGION", "us-east-1")
            .env("PATH", "/usr/bin:/bin");
        let program = program(&sandbox, output, status);
        sandbox.write(".aws/config", format!("[default]\n{program}"));
        assert_kept(&format!("{output} {status}"), &sandbox, &[]);
        assert_kept("a profile", &sandbox, &["--profile", "default"]);
    }
}

#[cfg(unix)]
#[test]
fn a_program_ends_with_the_run_that_asked_it() {
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "us-east-1")
        .env("PATH", "/usr/bin:/bin");
    let alive = sandbox.path("alive");
    let text = format!("while :; do touch {}; sleep 0.1; done", alive.display());
    let program = sandbox.write("program", text);
    let profile = format!("[default]\ncredential_process = sh {}\n", program.display());
    sandbox.write(".aws/config", profile);
    let mut run = sandbox
        .command(["audit"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !alive.exists() {
        thread::sleep(Duration::from_millis(20));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    // It is looked after each second.
    thread::sleep(Duration::from_secs(3));
    fs::remove_file(&alive).unwrap();
    thread::sleep(Duration::from_secs(1));
    assert!(!alive.exists(), "it still runs");
}

/// What a program prints to give credentials.
#[cfg(unix)]
fn program_keys() -> String {
    let (key, token) = ("AKIAIOSFODNN7EXAMPLE", SECRET);
    json!({"Version": 1, "AccessKeyId": key, "SecretAccessKey": SECRET, "SessionToken": token})
        .to_string()
}

/// The setting that runs such a program, with a password on its command line.
#[cfg(unix)]
fn program(sandbox: &Sandbox, output: &str, status: i32) -> String {
    let program = sandbox.write(
        "program",
        format!("#!/bin/sh\necho {SECRET} >&2\ncat <<'END'\n{output}\nEND\nexit {status}\n"),
    );
    format!("credential_process = sh {} --password {SECRET}\n", program.display())
}

/// What a server makes of credentials that it is asked for.
const GIVEN_AND_REFUSED: [Harm; 3] =
    [Harm::Mirror, Harm::Echo("AccessDenied"), Harm::Echo("SignatureDoesNotMatch")];

#[cfg(unix)]
#[test]
fn secrets_of_a_role_are_in_no_output() {
    for harm in GIVEN_AND_REFUSED {
        let server = Server::start(harm);
        let sandbox = Sandbox::new()
            .env("AWS_ENDPOINT_URL", &server.url())
            .env("AWS_REGION", "us-east-1")
            .env("PATH", "/usr/bin:/bin");
        let program = program(&sandbox, &program_keys(), 0);
        let role = "role_arn = arn:aws:iam::111122223333:role";
        sandbox.write(
            ".aws/config",
            format!(
                "[profile far]\n{role}/far\nsource_profile = near\nexternal_id = {SECRET}\n\
                 role_session_name = {SECRET}\n[profile near]\n{role}/near\n\
                 source_profile = base\nmfa_serial = {SECRET}\n[profile base]\n{program}"
            ),
        );
        assert_kept("a chain of roles", &sandbox, &["--profile", "far"]);
        assert_called(&server, "AssumeRole");
    }
}

#[test]
fn secrets_of_a_token_file_are_in_no_output() {
    for harm in GIVEN_AND_REFUSED {
        let server = Server::start(harm);
        let sandbox = Sandbox::new();
        let token = sandbox.write("elsewhere/token", format!("eyJhbGciOiJSUzI1NiJ9.{SECRET}"));
        let sandbox = sandbox
            .env("AWS_ENDPOINT_URL", &server.url())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap())
            .env("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/audit")
            .env("AWS_ROLE_SESSION_NAME", SECRET);
        assert_kept("web identity", &sandbox, &[]);
        assert_called(&server, "AssumeRoleWithWebIdentity");
    }
}

/// The file is named by the SHA-1 of the portal's URL.
#[test]
fn secrets_of_a_sign_in_are_in_no_output() {
    for harm in GIVEN_AND_REFUSED {
        let server = Server::start(harm);
        let sandbox = Sandbox::new()
            .env("AWS_ENDPOINT_URL", &server.url())
            .env("AWS_REGION", "us-east-1");
        let cached = json!({
            "accessToken": SECRET, "refreshToken": SECRET, "clientId": SECRET,
            "clientSecret": SECRET, "expiresAt": "2090-01-01T00:00:00Z",
            "registrationExpiresAt": "2090-01-01T00:00:00Z", "region": "us-east-1",
            "startUrl": "https://example.awsapps.com/start",
        });
        let name = ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json";
        sandbox.write(name, cached.to_string());
        sandbox.write(
            ".aws/config",
            "[profile sso]\nsso_start_url = https://example.awsapps.com/start\n\
             sso_region = us-east-1\nsso_account_id = 111122223333\nsso_role_name = audit\n",
        );
        assert_kept("a sign-in", &sandbox, &["--profile", "sso"]);
        let call = "GET /federation/credentials?role_name=audit&account_id=111122223333";
        assert_called(&server, call);
    }
}

/// A pull request can carry links to files of whoever runs the audit.
#[cfg(unix)]
#[test]
fn secrets_in_linked_files_are_in_no_output() {
    let sandbox = Sandbox::new();
    let credentials = sandbox
        .write("elsewhere/credentials", format!("[default]\naws_secret_access_key = {SECRET}\n"));
    for name in ["rules/x.toml", "portcullis.toml", "bundle/account-summary.json", "report.json"] {
        let link = sandbox.path(name);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&credentials, link).unwrap();
    }
    let leaky = repository("examples/leaky");
    for command in [
        vec!["audit", &leaky],
        vec!["audit", "bundle", "--config", "none"],
        vec!["audit", &leaky, "--config", "portcullis.toml"],
        vec!["audit", &leaky, "--config", "none", "--rules", "rules"],
        vec!["audit", &leaky, "--config", "none", "--baseline", "report.json"],
        vec!["facts", "bundle", "--config", "none"],
        vec!["verify", "bundle"],
        vec!["rules", "check", "rules"],
        vec!["rules", "list", "--rules", "rules"],
        vec!["report", "report.json"],
        vec!["diff", "report.json", "report.json"],
        vec!["merge", "report.json", "report.json"],
        vec!["waivers", "check"],
        vec!["signins", "bundle"],
    ] {
        assert_silent(&command.join(" "), &sandbox.run(&command));
    }
}
