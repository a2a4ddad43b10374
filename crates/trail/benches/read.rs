//! Reads the log files of a trail, or only decompresses them, which is the floor.
//!
//! `tests/bench` makes such files and compares the two.

use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use mimalloc::MiMalloc;
use portcullis_trail::ActivityReader;

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const USAGE: &str = "usage: read (inflate|events) DIRECTORY; tests/bench runs it";
/// As much as the reader takes at a time.
const CHUNK: usize = 64 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, directory] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let kept = match mode.as_str() {
        "inflate" => inflate(Path::new(directory))?,
        "events" => {
            let mut reader = ActivityReader::default();
            reader.read_path(Path::new(directory))?;
            reader.finish().events.len()
        }
        _ => return Err(USAGE.into()),
    };
    writeln!(io::stdout(), "{kept} {}", peak()?)?;
    Ok(())
}

/// The most memory that the process had, in kilobytes. What a parent sees of it includes its own.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("the kernel does not say")?.parse()?)
}

/// How many bytes the files hold.
fn inflate(directory: &Path) -> Result<usize, Box<dyn Error>> {
    let mut chunk = vec![0; CHUNK];
    let mut total = 0;
    for file in fs::read_dir(directory)? {
        let file = BufReader::with_capacity(CHUNK, File::open(file?.path())?);
        let mut bytes = MultiGzDecoder::new(file);
        loop {
            let length = bytes.read(&mut chunk)?;
            if length == 0 {
                break;
            }
            total += length;
            black_box(&chunk);
        }
    }
    Ok(total)
}
