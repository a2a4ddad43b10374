//! A saved report: written in every format, redacted, compared and joined. JSON loses nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_model::Report;
use portcullis_report::{
    Detail, Diff, DiffFormat, Format, Salt, Style, baseline, merge, redact, render, render_diff,
};

const STYLE: Style = Style { width: 80, color: true, detail: Detail::All };

fn write(report: &Report, format: Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    render(report, format, STYLE, &mut bytes).expect("memory takes everything");
    bytes
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = serde_json::from_slice::<Report>(bytes) else { return };
    for format in Format::ALL {
        let bytes = write(&report, *format);
        assert!(str::from_utf8(&bytes).is_ok());
    }
    let read: Report = serde_json::from_slice(&write(&report, Format::Json)).expect("it is JSON");
    assert_eq!(read, report);
    if let Ok(diff) = Diff::between(&report, &report) {
        for format in DiffFormat::ALL {
            render_diff(&diff, *format, STYLE, &mut Vec::new()).expect("memory takes everything");
        }
    }
    let mut compared = report.clone();
    let _ = baseline::apply(&mut compared, &report);
    let _ = merge(vec![report.clone()]);
    let salt = Salt::new(&[7; 32]).expect("it is long enough");
    if let Ok(redacted) = redact(report, &salt) {
        write(&redacted, Format::Html);
    }
});
