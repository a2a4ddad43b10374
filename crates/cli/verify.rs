//! `verify`: whether a bundle is as it was collected.

use portcullis_collector::{ChangeKind, verify};
use portcullis_report::{Page, bold};

use crate::args::VerifyArgs;
use crate::failure::Failure;
use crate::terminal;

/// Names each file that changed; 1 if one did.
pub(crate) fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    let changes = verify(&args.bundle)?;
    let mut bytes = Vec::new();
    let mut page = Page::new(&mut bytes, terminal::stdout_style());
    for change in &changes {
        let kind = match change.kind {
            ChangeKind::Modified => "modified",
            ChangeKind::Missing => "missing ",
            ChangeKind::Added => "added   ",
        };
        page.line(bold(), &format!("{kind}  {}", change.file))?;
    }
    if changes.is_empty() {
        page.line(bold(), "Every file is as it was collected.")?;
    }
    terminal::print(&bytes)?;
    Ok(u8::from(!changes.is_empty()))
}
