//! Writes the JSON lines of an audit's accounts, each as soon as it is judged.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use portcullis_model::Report;
use portcullis_report::{Format, render};

use crate::failure::Failure;
use crate::input::temporary_file;
use crate::output::{self, Output};
use crate::terminal;

/// How many bytes are read at once.
const BUFFER: usize = 1 << 16;

/// The lines so far, in a file without a name, so that a slow reader neither delays calls to AWS nor takes memory.
struct Lines(Mutex<File>);

/// Lines that are written to streams as they are added, and to files at the end.
#[derive(Default)]
pub(crate) struct LineStream {
    /// None if no output has lines.
    lines: Option<Arc<Lines>>,
    streams: Vec<Stream>,
    files: Vec<Output<Format>>,
}

/// A thread that copies lines to one output, and the channel that notifies it of more.
struct Stream {
    more: Sender<()>,
    thread: JoinHandle<Result<(), Failure>>,
}

impl LineStream {
    /// Takes the outputs of JSON lines.
    pub(crate) fn take_from(outputs: &mut Vec<Output<Format>>) -> io::Result<LineStream> {
        let mut stream = LineStream::default();
        for output in outputs.extract_if(.., |output| output.format() == Format::Jsonl) {
            let lines = match &stream.lines {
                Some(lines) => lines,
                None => stream
                    .lines
                    .insert(Arc::new(Lines(Mutex::new(temporary_file()?)))),
            };
            if output.is_stream() {
                stream.streams.push(Stream::new(output, Arc::clone(lines)));
            } else {
                stream.files.push(output);
            }
        }
        Ok(stream)
    }

    /// Whether an output has lines.
    pub(crate) fn is_asked(&self) -> bool {
        self.lines.is_some()
    }

    /// Adds the findings of a report.
    pub(crate) fn add(&self, report: &Report) -> io::Result<()> {
        let Some(lines) = &self.lines else {
            return Ok(());
        };
        lines.add(report)?;
        for stream in &self.streams {
            // The thread ends if its reader goes away.
            let _ = stream.more.send(());
        }
        Ok(())
    }

    /// Writes the files if the lines are complete, and waits for the streams.
    pub(crate) fn finish(self, is_complete: bool) -> Result<(), Failure> {
        let Some(lines) = self.lines else {
            return Ok(());
        };
        let mut outcomes = Vec::new();
        if is_complete {
            outcomes.push(output::write(&self.files, |_, _, out| lines.copy(0, out).map(drop)));
        }
        for Stream { more, thread } in self.streams {
            drop(more);
            outcomes.push(
                thread
                    .join()
                    .unwrap_or_else(|_| Err("the output has ended".into())),
            );
        }
        output::last_failure(outcomes)
    }
}

impl Stream {
    fn new(output: Output<Format>, lines: Arc<Lines>) -> Stream {
        let (more, is_more) = mpsc::channel();
        let thread = thread::spawn(move || {
            output::write(&[output], |_, _, out| lines.follow(&is_more, out))
        });
        Stream { more, thread }
    }
}

impl Lines {
    fn add(&self, report: &Report) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::End(0))?;
        let mut out = BufWriter::with_capacity(BUFFER, &mut *file);
        render(report, Format::Jsonl, terminal::file_style(), &mut out)?;
        out.flush()
    }

    /// Writes new lines each time there are some, until there will be no more.
    fn follow(&self, is_more: &Receiver<()>, out: &mut dyn Write) -> io::Result<()> {
        let mut end = 0;
        while is_more.recv().is_ok() {
            terminal::clear_line();
            end = self.copy(end, out)?;
            out.flush()?;
        }
        Ok(())
    }

    /// Writes everything from this position on, and returns the end.
    fn copy(&self, mut start: u64, out: &mut dyn Write) -> io::Result<u64> {
        let mut piece = vec![0; BUFFER];
        loop {
            let length = self.read(start, &mut piece)?;
            if length == 0 {
                return Ok(start);
            }
            out.write_all(&piece[..length])?;
            start += length as u64;
        }
    }

    fn read(&self, start: u64, piece: &mut [u8]) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read(piece)
    }
}
