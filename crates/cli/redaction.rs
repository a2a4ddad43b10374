//! `--redact`: replaces names by pseudonyms under a salt. The salt comes from a file or the environment, never from the
//! command line, where others could read it.

use std::env;

use portcullis_evidence::{read_file, to_utf8};
use portcullis_model::Report;
use portcullis_report::{Salt, redact};

use crate::args::RedactionArgs;
use crate::failure::Failure;
use crate::joined::Filed;

/// The environment variable for the salt if no file is given.
pub(crate) const SALT: &str = "PORTCULLIS_SALT";

/// Far above any salt.
const MAX_BYTES: u64 = 1 << 16;

const HELP: &str = "\
keep one salt, and keep it secret, so that pseudonyms stay the same from run to run:
  openssl rand -hex 32 > portcullis.salt
then add --salt-file portcullis.salt, or set PORTCULLIS_SALT";

/// Reads the salt; none if the report is not to be redacted.
pub(crate) fn salt(args: &RedactionArgs) -> Result<Option<Salt>, Failure> {
    if !args.redact {
        return Ok(None);
    }
    let (place, secret) = match (&args.salt_file, env::var_os(SALT)) {
        (Some(path), _) => {
            let place = path.display().to_string();
            let secret = read_file(path, MAX_BYTES).map_err(|error| {
                Failure::with_help(format!("cannot read {place}: {error}"), HELP)
            })?;
            // The same text is the same salt in any encoding, though a salt need not be text.
            (place, to_utf8(&secret).into_owned())
        }
        (None, Some(secret)) => (SALT.to_owned(), secret.into_encoded_bytes()),
        (None, None) => return Err(Failure::with_help("--redact needs a salt", HELP)),
    };
    match Salt::new(&secret) {
        Ok(salt) => Ok(Some(salt)),
        Err(error) => Err(Failure::with_help(format!("{place}: {error}"), HELP)),
    }
}

/// Redacts the report if there is a salt.
pub(crate) fn apply(report: Report, salt: Option<&Salt>) -> Result<Report, Failure> {
    let Some(salt) = salt else { return Ok(report) };
    redact(report, salt)
        .map_err(|error| Failure::with_help(error, "leave out --redact to write it unchanged"))
}

/// Redacts a saved report if there is a salt, unless it is redacted already, so that it can be compared with another.
pub(crate) fn once(report: Filed, salt: Option<&Salt>) -> Result<Filed, Failure> {
    match salt {
        Some(salt) if !report.head.options.redacted => report.redacted(salt),
        _ => Ok(report),
    }
}
