//! `verify`: checks that a bundle has not changed since it was collected.

use portcullis_evidence::verify;
use portcullis_report::bold;

use crate::args::VerifyArgs;
use crate::failure::Failure;
use crate::terminal;

/// Names each changed file. The exit status is 1 if there is one.
pub(crate) fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    if !args.bundle.exists() {
        return Err(
            format!("cannot read the bundle {}: it does not exist", args.bundle.display()).into()
        );
    }
    let changes = verify(&args.bundle)?;
    terminal::print_page(|page| {
        for change in &changes {
            page.line(bold(), &format!("{:8}  {}", change.kind.to_string(), change.file))?;
        }
        if changes.is_empty() {
            page.line(bold(), "Every file is as it was collected.")?;
        }
        Ok(())
    })?;
    Ok(u8::from(!changes.is_empty()))
}
