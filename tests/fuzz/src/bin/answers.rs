//! Files of a bundle in the shapes of the AWS CLI: name, NUL, content, NUL, name and so on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_fuzz::{judge, snapshot};
use portcullis_model::Source;

fuzz_target!(|bytes: &[u8]| {
    let parts: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let mut documents = Vec::new();
    for pair in parts.chunks_exact(2) {
        let Ok(name) = str::from_utf8(pair[0]) else { continue };
        if let Some(source) = Source::from_name(name) {
            documents.push((source, "answer.json", pair[1].to_vec()));
        }
    }
    if !documents.is_empty() {
        judge(&snapshot(documents));
    }
});
