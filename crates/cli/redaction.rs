//! `--redact`: pseudonyms under a salt, which comes from a file or the environment and never from the
//! command line, where others could read it.

use std::env;

use portcullis_evidence::{read_file, to_utf8};
use portcullis_model::Report;
use portcullis_report::{Salt, redact};

use crate::args::RedactionArgs;
use crate::failure::Failure;
use crate::joined::Filed;

/// The environment variable that holds the salt where no file is named.
pub(crate) const SALT: &str = "PORTCULLIS_SALT";

/// Far above any salt.
const MAX_BYTES: u64 = 1 << 16;

const HELP: &str = "\
keep one salt, and keep it secret, so that pseudonyms stay the same from run to run:
  openssl rand -hex 32 > portcullis.salt
then add --salt-file portcullis.salt, or set PORTCULLIS_SALT";

/// The salt to redact under; none if that is not asked for.
pub(crate) fn salt(args: &RedactionArgs) -> Result<Option<Salt>, Failure> {
    if !args.redact {
        return Ok(None);
    }
    let (place, secret) = match (&args.salt_file, env::var_os(SALT)) {
        (Some(path), _) => {
            let place = path.display().to_string();
            let secret = read_file(path, MAX_BYTES);
            let told = |error| Failure::with_help(format!("cannot read {place}: {error}"), HELP);
            // A salt need not be text; one that is counts as what it says, however it was saved.
            (place.clone(), to_utf8(&secret.map_err(told)?).into_owned())
        }
        (None, Some(secret)) => (SALT.to_owned(), secret.into_encoded_bytes()),
        (None, None) => return Err(Failure::with_help("--redact needs a salt", HELP)),
    };
    let salt = Salt::new(&secret);
    salt.map(Some).map_err(|error| Failure::with_help(format!("{place}: {error}"), HELP))
}

/// The report, with pseudonyms if there is a salt.
pub(crate) fn apply(report: Report, salt: Option<&Salt>) -> Result<Report, Failure> {
    let Some(salt) = salt else { return Ok(report) };
    redact(report, salt)
        .map_err(|error| Failure::with_help(error, "leave out --redact to write it unchanged"))
}

/// The saved report with pseudonyms if there is a salt; one that is redacted already stays as it is, so that it can be
/// compared with another.
pub(crate) fn once(report: Filed, salt: Option<&Salt>) -> Result<Filed, Failure> {
    match salt {
        Some(salt) if !report.head().options.redacted => report.redacted(salt),
        _ => Ok(report),
    }
}
