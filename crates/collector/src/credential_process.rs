//! Credentials from the user's `credential_process`, which is killed if it hangs.
//!
//! The SDK can run it too, but leaves it running when it gives up or is killed, and repeats its
//! output.

use std::fs::File;
use std::process::{self, Stdio};

use aws_config::profile::Profile;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// Far more than any credentials take.
const MAX_BYTES: u64 = 1 << 20;

/// Settings of a profile that take precedence over its `credential_process`.
const OUTRANKING: [&str; 6] = [
    "role_arn",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
    "login_session",
    "aws_access_key_id",
];

/// Runs a command, and kills its process group once our own process is gone, which a signal may
/// kill at any time. The watcher that checks every second is not a child of the command, which may
/// wait for its children.
const WATCHED: &str = r#"( (
    while kill -0 $$; do
        kill -0 $PPID || kill -- -$$
        sleep 1
    done
) </dev/null >/dev/null 2>&1 & )
exec sh -c "$1""#;

/// The program of a profile.
#[derive(Debug)]
pub(crate) struct CredentialProcess {
    command: String,
    /// Whether there is a terminal on which the program may ask for a code.
    in_terminal: bool,
}

/// The output of the program.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<Timestamp>,
}

impl CredentialProcess {
    /// Returns the profile's program, if it is the only source of the profile's credentials.
    pub(crate) fn from_profile(profile: &Profile) -> Option<CredentialProcess> {
        if OUTRANKING
            .iter()
            .any(|setting| profile.get(setting).is_some())
        {
            return None;
        }
        let command = profile.get("credential_process")?.to_owned();
        let in_terminal = File::open("/dev/tty").is_ok();
        Some(CredentialProcess { command, in_terminal })
    }

    async fn run(&self) -> provider::Result {
        let failed = |reason: String| {
            CredentialsError::provider_error(format!("the credential_process {reason}"))
        };
        let mut command = Command::new("sh");
        if self.in_terminal {
            // Only the foreground process group may read from the terminal. Ctrl-C ends all of it.
            command.args(["-c", &self.command]);
        } else {
            command.args(["-c", WATCHED, "sh", &self.command]);
            // A process group of its own can be killed as a whole.
            #[cfg(unix)]
            command.process_group(0);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let cannot_run = |error| failed(format!("cannot be run: {error}"));
        let mut process = command.kill_on_drop(true).spawn().map_err(cannot_run)?;
        let mut group = Group(process.id().filter(|_| !self.in_terminal));
        let mut printed = Vec::new();
        if let Some(output) = process.stdout.take() {
            output
                .take(MAX_BYTES)
                .read_to_end(&mut printed)
                .await
                .map_err(cannot_run)?;
        }
        if printed.len() as u64 == MAX_BYTES {
            return Err(failed("prints something besides credentials".to_owned()));
        }
        let status = process.wait().await.map_err(cannot_run)?;
        group.0 = None;
        if !status.success() {
            return Err(failed(format!("ended with {status}")));
        }
        // The output may contain a secret, and so may the parser's error.
        match serde_json::from_slice::<Output>(&printed) {
            Ok(output) if output.version == 1 => Ok(output.into()),
            _ => Err(failed("did not print credentials in version 1 of the format".to_owned())),
        }
    }
}

/// The id of a process group that is killed on drop; none if it has ended or is our own.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0 {
            let _ = process::Command::new("sh")
                .args(["-c", &format!("kill -- -{id}")])
                .status();
        }
    }
}

impl ProvideCredentials for CredentialProcess {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.run())
    }
}

impl From<Output> for Credentials {
    fn from(output: Output) -> Credentials {
        Credentials::new(
            output.access_key_id,
            output.secret_access_key,
            output.session_token,
            output.expiration.map(Into::into),
            "credential_process",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn run(command: &str) -> Result<Credentials, String> {
        run_in(false, command).await
    }

    async fn run_in(in_terminal: bool, command: &str) -> Result<Credentials, String> {
        let process = CredentialProcess { command: command.to_owned(), in_terminal };
        process
            .run()
            .await
            .map_err(|error| format!("{error}: {error:?}"))
    }

    #[tokio::test]
    async fn what_it_prints_are_credentials() {
        let json = r#"{"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "s",
            "SessionToken": "t", "Expiration": "2026-01-02T03:04:05Z"}"#;
        let credentials = run(&format!("echo '{json}'")).await.unwrap();
        assert_eq!(credentials.access_key_id(), "AKIA1");
        assert_eq!(credentials.session_token(), Some("t"));
        let expiry = credentials
            .expiry()
            .and_then(|time| Timestamp::try_from(time).ok());
        assert_eq!(expiry.unwrap().to_string(), "2026-01-02T03:04:05Z");
    }

    /// Reading from a terminal stops who is in another group than that in front.
    #[cfg(unix)]
    #[tokio::test]
    async fn in_a_terminal_it_stays_in_front() {
        let command = r#"kill -0 -$$ && KEY=LEADS || KEY=FOLLOWS
            echo "{\"Version\": 1, \"AccessKeyId\": \"$KEY\", \"SecretAccessKey\": \"s\"}""#;
        for (in_terminal, key) in [(true, "FOLLOWS"), (false, "LEADS")] {
            let credentials = run_in(in_terminal, command).await.unwrap();
            assert_eq!(credentials.access_key_id(), key);
        }
    }

    #[tokio::test]
    async fn what_else_it_prints_is_not_repeated() {
        for (command, words) in [
            ("echo SECRET >&2; exit 3", "ended with exit status: 3"),
            ("echo '{\"Version\": 2, \"AccessKeyId\": \"SECRET\"}'", "did not print credentials"),
            ("echo SECRET", "did not print credentials"),
            ("yes SECRET", "prints something besides credentials"),
        ] {
            let error = run(command).await.unwrap_err();
            assert!(error.contains(words) && !error.contains("SECRET"), "{error}");
        }
    }

    #[tokio::test]
    async fn one_that_hangs_is_ended() {
        let directory = tempfile::tempdir().unwrap();
        let alive = directory.path().join("alive");
        let command = format!("while :; do touch {}; sleep 0.05; done", alive.display());
        // Some shells run the last command as a process of its own.
        let command = format!("sh -c '{command}'; true");
        tokio::time::timeout(Duration::from_millis(500), run(&command))
            .await
            .unwrap_err();
        tokio::time::sleep(Duration::from_millis(200)).await;
        std::fs::remove_file(&alive).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!alive.exists(), "it still runs");
    }
}
