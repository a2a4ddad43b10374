//! `doctor` where there is no AWS to ask.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Run, Sandbox};

#[test]
fn without_credentials_it_says_where_they_were_looked_for() {
    // A proxy that refuses every connection fails alike each time, which lookups of names do not.
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "eu-west-9")
        .env("HTTPS_PROXY", "http://127.0.0.1:1");
    let run = sandbox.run(["doctor"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    for words in [
        "skipped    environment",
        "skipped    profile default",
        "skipped    web identity",
        "skipped    container",
        "region     eu-west-9",
        "eu-west-9.signin.aws",
        "1. there are no AWS credentials",
    ] {
        assert!(run.stdout.contains(words), "no {words:?} in {}", run.stdout);
    }
    let audit = sandbox.run(["audit"]);
    assert_eq!((audit.status, audit.stdout.as_str()), (2, ""));
    assert!(
        audit
            .stderr
            .starts_with("error: there are no AWS credentials"),
        "{}",
        audit.stderr
    );
    for heading in ["CREDENTIALS", "SERVICES", "SIGN-IN DOMAINS", "PERMISSIONS", "FIX FIRST"] {
        assert!(run.stdout.contains(heading), "{}", run.stdout);
    }
    let (_, checks) = audit.stderr.split_once("\n\n").unwrap();
    assert_eq!(without_names(checks), without_names(&run.stdout));
}

/// What doctor prints but for the lookups of names, which may fail in another way each time.
fn without_names(text: &str) -> [&str; 2] {
    let (before, rest) = text.split_once("SIGN-IN DOMAINS").unwrap();
    let (_, after) = rest.split_once("PERMISSIONS").unwrap();
    [before, after]
}

/// Instance metadata that is switched off answers 403.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>
#[test]
fn an_instance_whose_metadata_is_switched_off_has_no_credentials() {
    let url = server("403 Forbidden", "");
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "eu-west-9")
        .env("AWS_EC2_METADATA_DISABLED", "false")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url);
    let run = sandbox.run(["audit"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let words = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.starts_with("error: there are no AWS credentials"), "{words}");
    assert!(words.contains("skipped EC2 instance: instance metadata is switched off"), "{words}");
    assert!(!words.contains("insufficient permissions"), "{words}");
}

/// An audit asks CloudTrail nothing, and `signins` little else.
#[test]
fn the_services_are_those_that_the_command_asks() {
    let sandbox = Sandbox::new().env("AWS_REGION", "eu-west-9");
    for (command, asks) in [("signins", true), ("audit", false)] {
        let run = sandbox.run([command]);
        assert_eq!(run.status, 2, "{}", run.stderr);
        let (_, services) = run.stderr.split_once("SERVICES").unwrap();
        let (services, _) = services.split_once("SIGN-IN DOMAINS").unwrap();
        assert_eq!(services.contains("cloudtrail"), asks, "{services}");
    }
}

/// What is wrong is known, so nothing else is looked into.
#[test]
fn a_misspelt_profile_is_corrected_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write(".aws/config", "[profile prod]\nregion = eu-west-9\n[profile sso]\n");
    let run = sandbox.run(["audit", "--profile", "prd"]);
    let says = "error: there is no AWS profile \"prd\"\nhelp: did you mean `prod`? choose one of these: \
                prod, sso; `portcullis doctor` shows what else needs fixing\n";
    assert_eq!((run.status, run.stderr.as_str()), (2, says));
}

#[test]
fn half_of_an_access_key_and_a_wrong_file_of_certificates_are_named() {
    let id = "AWS_ACCESS_KEY_ID";
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "eu-west-9")
        .env(id, "AKIAIOSFODNN7EXAMPLE");
    let run = sandbox.run(["audit"]);
    let says = format!("{id} is set, but AWS_SECRET_ACCESS_KEY is not");
    assert!(run.stderr.lines().next().unwrap().ends_with(&says), "{}", run.stderr);
    let run = Sandbox::new()
        .env("AWS_CA_BUNDLE", "/nowhere")
        .run(["audit"]);
    assert!(run.stderr.contains("correct AWS_CA_BUNDLE, or unset it"), "{}", run.stderr);
}

/// Every command that asks AWS shows it, and takes no longer than five seconds, and one more on a busy machine.
#[test]
fn each_command_says_at_once_what_is_wrong_with_the_credentials() {
    let profiles = "\
        [profile sso]\nregion = eu-west-9\nsso_start_url = https://example.awsapps.com/start\n\
        sso_region = eu-west-9\nsso_account_id = 111122223333\nsso_role_name = audit\n\
        [profile fails]\nregion = eu-west-9\ncredential_process = sh -c 'echo S3cret >&2; exit 3'\n\
        [profile hangs]\nregion = eu-west-9\ncredential_process = sleep 60\n\
        [profile garbage]\nregion = eu-west-9\ncredential_process = echo S3cret\n\
        [profile token]\nregion = eu-west-9\nweb_identity_token_file = /nowhere/token\n\
        role_arn = arn:aws:iam::111122223333:role/audit\n\
        [profile login]\nregion = eu-west-9\nlogin_session = arn:aws:iam::111122223333:user/ann\n\
        [profile lost]\nregion = eu-west-9\nsource_profile = nowhere\n\
        role_arn = arn:aws:iam::111122223333:role/audit\n";
    let sandbox = Sandbox::new();
    sandbox.write(".aws/config", profiles);
    let org = ["audit", "--org", "--role-name", "audit"];
    for (profile, command, what, fix) in [
        (
            "sso",
            &["audit"][..],
            "the SSO session of the profile \"sso\" has expired",
            "run `aws sso login --profile sso`",
        ),
        ("fails", &["collect", "-o", "out"], "ended with exit status: 3", "correct their source"),
        ("hangs", &["signins"], "credential_process does not answer in time", "pass --profile"),
        (
            "garbage",
            &["facts"],
            "did not print credentials in version 1 of the format",
            "correct their source",
        ),
        ("token", &org, "a file that holds them cannot be read", "correct their source"),
        ("lost", &["audit"], "could not find source profile nowhere", "correct the AWS config"),
        ("login", &["audit"], "signs in with `aws login`", "aws configure export-credentials"),
    ] {
        let start = Instant::now();
        let mut run = sandbox.command(command);
        let run = Run::from(run.env("AWS_PROFILE", profile).output().unwrap());
        assert!(start.elapsed() < Duration::from_secs(6), "{profile}: {:?}", start.elapsed());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{profile}");
        let words = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["CREDENTIALS", what, "FIX FIRST 1. ", fix] {
            assert!(words.contains(part), "{profile}: no {part:?} in {words}");
        }
        assert!(!words.contains("S3cret") && !words.contains("Attempted"), "{words}");
    }
}

#[test]
fn the_answer_for_a_ticket_holds_no_secret() {
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "eu-west-9")
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

/// A server that answers each request so, until the tests end; its URL.
fn server(head: &'static str, body: &'static str) -> String {
    serve("x-amzn-requestid: 7a62c49f", head, body)
}

/// Such a server, whose answers all have that header.
fn serve(header: &'static str, head: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            // Requests are small, and come at once.
            let _ = connection.read(&mut vec![0; 65_536]);
            let length = body.len();
            let _ = write!(
                connection,
                "HTTP/1.1 {head}\r\n{header}\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{body}"
            );
        }
    });
    format!("http://{address}")
}

/// With keys, and with no way out of this machine.
fn sandbox(region: &str) -> Sandbox {
    Sandbox::new()
        .env("AWS_REGION", region)
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "SECRET")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
}

fn examine(sandbox: &Sandbox) -> Json {
    let run = sandbox.run(["doctor", "-o", "json"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The hosts are those of <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>,
/// `sts.html` and `ao.html` beside it.
#[test]
fn each_service_is_expected_at_the_host_of_partition_and_settings() {
    let custom = "AWS_ENDPOINT_URL_ORGANIZATIONS";
    for (region, (name, value), iam, sts, organizations) in [
        (
            "eu-central-1",
            ("", ""),
            "https://iam.amazonaws.com",
            "https://sts.eu-central-1.amazonaws.com",
            "https://organizations.us-east-1.amazonaws.com",
        ),
        (
            "us-west-2",
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            "https://iam-fips.amazonaws.com",
            "https://sts-fips.us-west-2.amazonaws.com",
            "https://organizations-fips.us-east-1.amazonaws.com",
        ),
        (
            "cn-north-1",
            ("", ""),
            "https://iam.cn-north-1.amazonaws.com.cn",
            "https://sts.cn-north-1.amazonaws.com.cn",
            "https://organizations.cn-northwest-1.amazonaws.com.cn",
        ),
        (
            "us-gov-east-1",
            (custom, "https://user:SECRET@proxy.example.com/path"),
            "https://iam.us-gov.amazonaws.com",
            "https://sts.us-gov-east-1.amazonaws.com",
            "https://proxy.example.com",
        ),
    ] {
        let sandbox = sandbox(region);
        let sandbox = if name.is_empty() {
            sandbox
        } else {
            sandbox.env(name, value)
        };
        let answer = examine(&sandbox);
        let services = answer["services"].as_array().unwrap();
        for (service, url) in [("iam", iam), ("sts", sts), ("organizations", organizations)] {
            let found = services
                .iter()
                .find(|each| each["service"] == service)
                .unwrap();
            assert_eq!(found["url"], url, "{region}");
            assert_eq!(found["is_custom"], service == "organizations" && name == custom);
            assert_eq!(found["answers"], false, "{region}");
        }
        let fixes = answer["fixes"].as_array().unwrap();
        assert_eq!(fixes.len(), 1, "{fixes:?}");
        assert!(
            fixes[0]
                .as_str()
                .unwrap()
                .starts_with("let this machine reach sts"),
            "{fixes:?}"
        );
    }
}

/// The message is that of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.
#[test]
fn a_clock_that_is_off_is_the_one_thing_to_fix() {
    let url = server(
        "403 x\r\ndate: Sat, 28 Nov 2020 18:20:00 GMT",
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature not yet current: \
         20261128T180000Z is still later than 20201128T182500Z (20201128T182000Z + 5 min.)</Message>\
         </Error></ErrorResponse>",
    );
    let answer = examine(&sandbox("us-east-1").env("AWS_ENDPOINT_URL", &url));
    let fixes = answer["fixes"].as_array().unwrap();
    assert_eq!(fixes.len(), 1, "{fixes:?}");
    assert!(
        fixes[0]
            .as_str()
            .unwrap()
            .starts_with("set this machine's clock: it is "),
        "{fixes:?}"
    );
    assert!(
        fixes[0]
            .as_str()
            .unwrap()
            .contains(" seconds ahead of AWS's"),
        "{fixes:?}"
    );
    let call = &answer["calls"][0];
    assert_eq!(call["operation"], "GetCallerIdentity");
    assert_eq!(call["code"], "SignatureDoesNotMatch");
    assert_eq!((&call["status"], &call["request_id"]), (&json!(403), &json!("7a62c49f")));
    assert!(call["at"].is_string());
}

#[test]
fn expired_keys_are_told_from_an_unreachable_host() {
    let url = server(
        "403 x",
        "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token included in the \
         request is expired</Message></Error></ErrorResponse>",
    );
    let answer = examine(&sandbox("us-east-1").env("AWS_ENDPOINT_URL", &url));
    let fixes = answer["fixes"].as_array().unwrap();
    assert_eq!(fixes.len(), 1, "{fixes:?}");
    let words = "the AWS credentials in the environment have expired (ExpiredToken); set new values of AWS_ACCESS_KEY_ID,";
    assert!(fixes[0].as_str().unwrap().starts_with(words), "{fixes:?}");
    assert_eq!(answer["services"][0]["answers"], true);

    // What has expired, and what renews it, for each way in which a profile comes by credentials.
    let keys =
        "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = S\naws_session_token = T\n";
    let process = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"2026-11-10T06:31:09Z"}"#;
    let profiles = format!(
        "[profile keys]\n{keys}[profile process]\ncredential_process = echo '{process}'\n\
         [profile role]\nrole_arn = arn:aws:iam::111122223333:role/audit\nsource_profile = keys\n\
         [profile second]\nrole_arn = arn:aws:iam::111122223333:role/audit\nsource_profile = process\n"
    );
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", &url);
    sandbox.write(".aws/config", &profiles);
    let unreached = Sandbox::new().env("AWS_REGION", "us-east-1");
    let unreached = unreached.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    unreached.write(".aws/config", &profiles);
    let fixes = unreached
        .run(["doctor", "--profile", "process", "-o", "json"])
        .stdout;
    let fixes: Json = serde_json::from_str(&fixes).unwrap();
    let words = "the AWS credentials of the profile \"process\" expired at 2026-11-10 06:31 UTC; sign in to";
    assert!(fixes["fixes"][1].as_str().unwrap().starts_with(words), "{fixes}");
    for (profile, owner, what, fix) in [
        ("keys", "keys", "have expired (ExpiredToken)", "write new values of aws_access_key_id,"),
        ("role", "keys", "have expired (ExpiredToken)", "write new values of aws_access_key_id,"),
        (
            "process",
            "process",
            "expired at 2026-11-10 06:31 UTC (ExpiredToken)",
            "sign in to the program",
        ),
        ("second", "process", "have expired (ExpiredToken)", "sign in to the program"),
    ] {
        let run = sandbox.run(["audit", "--profile", profile]);
        let words = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let what = format!("the AWS credentials of the profile \"{owner}\" {what}");
        assert!(words.starts_with(&format!("error: {what}")), "{profile}: {words}");
        assert!(words.contains(&format!("{what}; {fix}")), "{profile}: {words}");
        assert!(words.contains(&format!("the profile \"{owner}\"")), "{profile}: {words}");
    }
}

/// The SDK does not read `mfa_serial`, so the role is assumed without a code.
#[test]
fn a_role_that_needs_a_code_is_not_just_denied() {
    let url = server(
        "403 x",
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::111122223333:user/ann is not \
         authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>",
    );
    let sandbox = Sandbox::new()
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", &url);
    let profiles = "\
        [profile keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = S\n\
        [profile mfa]\nrole_arn = arn:aws:iam::111122223333:role/audit\nsource_profile = keys\n\
        mfa_serial = arn:aws:iam::111122223333:mfa/ann\n";
    sandbox.write(".aws/config", profiles);
    let audit = sandbox.run(["audit", "--profile", "mfa"]);
    assert_eq!(audit.status, 2, "{}", audit.stderr);
    let doctor = sandbox.run(["doctor", "--profile", "mfa"]);
    for text in [audit.stderr, doctor.stdout] {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "the role of the profile \"mfa\" cannot be assumed: User: arn:aws:iam::111122223333:user/ann is not",
            "The profile names an MFA device (mfa_serial), and Portcullis does not ask for its code; run \
             `eval \"$(aws configure export-credentials --profile mfa --format env)\"`, then",
            "MFA the profile names a device, but Portcullis does not ask for its code",
        ] {
            assert!(words.contains(part), "no {part:?} in {words}");
        }
    }
}

#[test]
fn a_page_in_place_of_the_caller_is_to_be_fixed() {
    let url = server("200 x", "<html>Sign in to the network</html>");
    let run = sandbox("us-east-1")
        .env("AWS_ENDPOINT_URL", &url)
        .run(["doctor", "-o", "json"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    let answer: Json = serde_json::from_str(&run.stdout).unwrap();
    let first = answer["fixes"][0].as_str().unwrap();
    assert!(first.starts_with("AWS does not say whose credentials these are: "), "{first}");
}

#[test]
fn a_proxy_that_answers_in_place_of_aws_is_not_aws() {
    let url = serve("date: Sat, 28 Nov 2020 18:20:00 GMT", "404 x", "no such page");
    let answer = examine(&sandbox("us-east-1").env("AWS_ENDPOINT_URL", &url));
    assert_eq!(answer["services"][0]["answers"], false);
    let reason = "HTTP status 404 from something other than AWS";
    assert_eq!(answer["services"][0]["reason"], reason);
    assert_eq!(answer["clock_ahead"], Json::Null);
    let fixes = answer["fixes"].as_array().unwrap();
    assert_eq!(fixes.len(), 1, "{fixes:?}");
    assert!(
        fixes[0]
            .as_str()
            .unwrap()
            .starts_with("let this machine reach "),
        "{fixes:?}"
    );
}

/// No word of the SDK's own.
#[test]
fn a_program_that_fails_is_named_as_the_reason() {
    let sandbox = Sandbox::new().env("HTTPS_PROXY", "http://127.0.0.1:9");
    let profile = "[default]\nregion = eu-west-9\ncredential_process = /nowhere/program\n";
    sandbox.write(".aws/config", profile);
    let answer = examine(&sandbox);
    let look = json!({
        "place": "credential_process",
        "result": "failed",
        "reason": "the credential_process ended with exit status: 127",
    });
    assert_eq!(answer["looks"], json!([look]));
}
