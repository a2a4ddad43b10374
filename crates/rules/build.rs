//! Lists the files of `rules/<family>/` for embedding, so that adding a rule is adding a file.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The directory whose files map controls to rules; they are not rules themselves.
const FRAMEWORKS: &str = "frameworks";
/// The directory whose files are texts that the remediations of rules include.
const REMEDIATION: &str = "remediation";

fn main() -> io::Result<()> {
    // Of the checkout that is built, though another one may have compiled this script.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let manifest = Path::new(&manifest);
    // A published crate holds what a link leads to; not every checkout has links.
    let own = manifest.join("rules");
    let rules = if own.is_dir() {
        own
    } else {
        manifest.join("../../rules")
    };
    println!("cargo::rerun-if-changed={}", rules.display());
    let families = entries(&rules)?.into_iter().filter(|path| path.is_dir());
    let (frameworks, families): (Vec<_>, Vec<_>) =
        families.partition(|family| name(family) == FRAMEWORKS);
    let (remediations, families): (Vec<_>, Vec<_>) = families
        .into_iter()
        .partition(|family| name(family) == REMEDIATION);
    embed(&families, "toml", "rules.rs")?;
    embed(&frameworks, "toml", "frameworks.rs")?;
    embed(&remediations, "txt", "remediations.rs")
}

/// Writes the list of the directories' files with this extension, each with its content.
fn embed(directories: &[PathBuf], extension: &str, list_name: &str) -> io::Result<()> {
    let mut list = String::from("&[\n");
    for directory in directories {
        for file in entries(directory)? {
            if file.extension().is_none_or(|other| other != extension) {
                continue;
            }
            let shown = format!("rules/{}/{}", name(directory), name(&file));
            let path = file.canonicalize()?.to_string_lossy().into_owned();
            writeln!(list, "    ({shown:?}, include_str!({path:?})),").map_err(io::Error::other)?;
        }
    }
    list.push(']');
    let out = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    fs::write(out.join(list_name), list)
}

fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(dir)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
