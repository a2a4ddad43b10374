//! `doctor` where there is no AWS to ask.

use serde_json::Value as Json;

use crate::support::Sandbox;

#[test]
fn without_credentials_it_says_where_they_were_looked_for() {
    let sandbox = Sandbox::new().env("AWS_REGION", "eu-test-1");
    let run = sandbox.run(["doctor"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    for words in [
        "passed over: environment",
        "passed over: profile default",
        "passed over: web identity",
        "passed over: container",
        "region     eu-test-1",
        "eu-test-1.signin.aws",
        "1. there are no AWS credentials",
    ] {
        assert!(run.stdout.contains(words), "no {words:?} in {}", run.stdout);
    }
    let audit = sandbox.run(["audit"]);
    assert_eq!((audit.status, audit.stdout.as_str()), (2, ""));
    assert!(audit.stderr.contains("credentials passed over: environment"), "{}", audit.stderr);
    assert!(audit.stderr.contains("`portcullis doctor` shows more"), "{}", audit.stderr);
}

#[test]
fn the_answer_for_a_ticket_holds_no_secret() {
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "eu-test-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "SECRET")
        .env("AWS_SESSION_TOKEN", "TOKEN")
        .env("AWS_ENDPOINT_URL", "http://ann:PASSWORD@127.0.0.1:9");
    let run = sandbox.run(["doctor", "-o", "json"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let answer: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["looks"][0]["place"], "environment");
    assert_eq!(answer["looks"][0]["result"], "used");
    assert_eq!(answer["permissions"][0]["access"], "unknown");
    for secret in ["SECRET", "TOKEN", "PASSWORD", "AKIAEXAMPLE"] {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret}");
    }
}
