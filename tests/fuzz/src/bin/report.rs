//! A saved report: written in every format, redacted, compared and joined. JSON loses nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_model::Report;
use portcullis_report::{
    Detail, Diff, DiffFormat, EarlierReport, Format, Salt, Style, merge, read_report, redact,
    render, render_diff,
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
    let json = write(&report, Format::Json);
    let read: Report = serde_json::from_slice(&json).expect("it is JSON");
    assert_eq!(read, report);
    read_report(&mut json.as_slice(), &mut |_| Ok(())).expect("it is a report in pieces too");
    if let Ok(diff) = Diff::between(&report, &report) {
        for format in DiffFormat::ALL {
            render_diff(&diff, *format, STYLE, &mut Vec::new()).expect("memory takes everything");
        }
    }
    let mut compared = report.clone();
    let mut earlier = EarlierReport::new(&report, &report.findings).expect("it is in memory");
    earlier.apply(&mut compared);
    let _ = earlier.warnings(&report.rules);
    let _ = merge(vec![report.clone()]);
    let salt = Salt::new(&[7; 32]).expect("it is long enough");
    if let Ok(redacted) = redact(report, &salt) {
        write(&redacted, Format::Html);
    }
});
