//! Lists the rule files of `rules/<family>/` for embedding, so that adding a rule is adding a file.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    let mut list = String::from("&[\n");
    for family in entries(&rules)?.into_iter().filter(|path| path.is_dir()) {
        // Frameworks map controls to rules; they are no rules themselves.
        if name(&family) == "frameworks" {
            continue;
        }
        for file in entries(&family)?.into_iter().filter(|path| is_rule(path)) {
            let shown = format!("rules/{}/{}", name(&family), name(&file));
            let path = file.canonicalize()?.to_string_lossy().into_owned();
            writeln!(list, "    ({shown:?}, include_str!({path:?})),").map_err(io::Error::other)?;
        }
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("embedded.rs"), list)
}

fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(dir)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_rule(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
