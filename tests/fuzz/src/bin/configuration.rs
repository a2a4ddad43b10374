//! `portcullis.toml` with its waivers, and the list of accounts.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| portcullis::read_untrusted(text));
