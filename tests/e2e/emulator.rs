//! The emulator: one process, shared by all tests, that ends when the tests do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use portcullis_model::Report;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::support::{Run, Sandbox, repository};

/// Accounts of the scenarios in `tests/emulator/scenarios`, by what is special about them.
pub(crate) const COMPANY: &str = "111122223333";
pub(crate) const OVER_HTTP: &str = "222233334444";
pub(crate) const WITHOUT_REPORT: &str = "333344445555";
pub(crate) const HUNDRED_USERS: &str = "444400000100";
pub(crate) const OLD_REPORT: &str = "555566667777";
pub(crate) const HEALTHY: &str = "666677778888";
/// The account that manages an organization of fifty: see `tests/emulator/fleet.py`.
pub(crate) const FLEET: &str = "777700000001";

/// Persons are to sign in through the identity provider, but for those of an emergency.
const HEALTHY_CLASSES: &str = "[classes.break-glass]\nnames = [\"alice\", \"bob\"]\n";

const SCENARIOS: [&str; 7] =
    ["company", "over-http", "empty", "users:100", "old-report", "healthy", "fleet:50"];

/// The line that the launcher prints when the accounts are there.
#[derive(Deserialize)]
struct Ready {
    endpoint: String,
    region: String,
    accounts: BTreeMap<String, BTreeMap<String, String>>,
}

struct Emulator {
    ready: Ready,
    /// What it prints after the first line.
    output: Mutex<BufReader<ChildStdout>>,
    /// Its standard input closes when this process ends, and then it stops.
    process: Child,
}

/// The Python that has the emulator and the AWS CLI.
pub(crate) fn python() -> PathBuf {
    std::env::var_os("PORTCULLIS_TEST_PYTHON")
        .expect("needs the emulator; run tests/run")
        .into()
}

/// The emulator that all tests share, in which everything is allowed.
fn shared() -> Arc<Emulator> {
    static EMULATOR: OnceLock<Arc<Emulator>> = OnceLock::new();
    EMULATOR
        .get_or_init(|| Arc::new(Emulator::start(&[], &SCENARIOS)))
        .clone()
}

impl Emulator {
    fn start(options: &[&str], scenarios: &[&str]) -> Emulator {
        let mut process = Command::new(python())
            .arg(repository("tests/emulator/launch.py"))
            .args(options)
            .args(scenarios)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Emulator { ready, output: Mutex::new(output), process }
    }
}

/// One test's own view of an account: its calls are counted, and its faults injected, apart from
/// those of other tests.
pub(crate) struct Lane {
    emulator: Arc<Emulator>,
    name: String,
    environment: BTreeMap<String, String>,
    sandbox: Sandbox,
}

impl Lane {
    pub(crate) fn of(account: &str) -> Lane {
        Lane::new(shared(), account)
    }

    /// A lane in an emulator of its own, where IAM allows that policy and nothing else.
    pub(crate) fn limited(account: &str, policy: &str) -> Lane {
        let file = Sandbox::new();
        let path = file.write("policy.json", policy);
        let options = ["--allow", path.to_str().unwrap()];
        Lane::new(Arc::new(Emulator::start(&options, &SCENARIOS)), account)
    }

    /// A lane in an emulator of its own, which holds the account of that bundle and no other.
    pub(crate) fn of_bundle(directory: &str) -> Lane {
        let emulator = Emulator::start(&[], &[&format!("bundle:{directory}")]);
        let account = emulator.ready.accounts.keys().next().unwrap().clone();
        Lane::new(Arc::new(emulator), &account)
    }

    /// Makes the accounts of the lane's emulator as they were when it started.
    pub(crate) fn refill(&self) {
        writeln!(self.emulator.process.stdin.as_ref().unwrap()).unwrap();
        let mut line = String::new();
        self.emulator
            .output
            .lock()
            .unwrap()
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "filled\n");
    }

    fn new(emulator: Arc<Emulator>, account: &str) -> Lane {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lane-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let ready = &emulator.ready;
        let mut environment = ready.accounts[account].clone();
        environment.insert("AWS_ENDPOINT_URL".into(), format!("{}/{name}", ready.endpoint));
        environment.insert("AWS_REGION".into(), ready.region.clone());
        let add = |sandbox: Sandbox, (name, value): (&String, &String)| sandbox.env(name, value);
        let sandbox = environment.iter().fold(Sandbox::new(), add);
        if account == HEALTHY {
            sandbox.write("portcullis.toml", HEALTHY_CLASSES);
        }
        Lane { emulator, name, environment, sandbox }
    }

    /// What an AWS client needs in order to reach the account.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// A path in a directory of the lane's own, as text.
    pub(crate) fn path(&self, name: &str) -> String {
        self.sandbox.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.sandbox.command(arguments)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.sandbox.run(arguments)
    }

    /// The exit status and report of an audit by all rules that lists every verdict.
    pub(crate) fn audit(&self, options: &[&str]) -> (i32, Report) {
        let all = ["audit", "-o=json", "--rule-set=strict", "--include=pass,not_applicable"];
        let run = self.run(&[&all, options].concat());
        (run.status, report(&run))
    }

    /// Replaces the lane's faults: `{"ACTION": {"kind": "AccessDenied"}}`; see `proxy.py`.
    pub(crate) fn inject(&self, faults: &Json) {
        self.control("faults", &faults.to_string());
    }

    /// Replaces the lane's faults by one.
    pub(crate) fn fail(&self, action: &str, kind: &str) {
        self.inject(&json!({ action: { "kind": kind } }));
    }

    /// How often each IAM action was called, every attempt counted.
    pub(crate) fn calls(&self) -> BTreeMap<String, u32> {
        serde_json::from_str(&self.control("calls", "")).unwrap()
    }

    fn control(&self, command: &str, body: &str) -> String {
        let address = self.emulator.ready.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let (lane, length) = (&self.name, body.len());
        write!(
            stream,
            "POST /{lane}/_control/{command} HTTP/1.1\r\nHost: {address}\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        content.to_owned()
    }
}

/// The report that a run printed as JSON.
#[track_caller]
pub(crate) fn report(run: &Run) -> Report {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error} in {run:?}"))
}
