//! CloudTrail in any form. What is read twice is the same once, and no record is lost.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_model::Activity;
use portcullis_trail::{Filter, ActivityReader, summarise};

fn read(bytes: &[u8], times: usize) -> Activity {
    let mut reader = ActivityReader::default();
    for _ in 0..times {
        reader.read_stream("input", bytes);
    }
    reader.finish()
}

fuzz_target!(|bytes: &[u8]| {
    let (once, twice) = (read(bytes, 1), read(bytes, 2));
    assert_eq!(once.events, twice.events);
    assert_eq!(once.coverage.records.total() * 2, twice.coverage.records.total());
    let person = once.events.iter().find_map(|event| event.actor.name.as_ref().map(ToString::to_string));
    for user in [None, person] {
        let filter = Filter { user, ..Filter::default() };
        let (summary, _) = summarise(once.clone(), &filter);
        assert_eq!(summary.coverage, once.coverage);
    }
});
