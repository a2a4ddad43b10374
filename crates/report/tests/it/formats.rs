//! What holds for every format; `tests/validate` has the formats' own validators.

use crate::support::{decided, finding, hostile, of_size, rendered, report};
use portcullis_model::{Finding, Severity, Verdict};
use portcullis_report::{Detail, Format, Style, render};

/// What somebody uses is what to mend first among equals.
#[test]
fn people_read_urgent_findings_first_and_that_they_are_urgent() {
    let mut report = report();
    let finding = |rule, name: &str, urgent| {
        let says = format!("{name} is wrong");
        let finding = finding(rule, Severity::Medium, Verdict::Fail, name, &says, "Look.");
        Finding { urgent, ..finding }
    };
    report.findings = vec![
        finding("old-key", "in-use", true),
        finding("another-rule", "quiet", false),
        finding("another-rule", "silent", false),
    ];
    for format in [Format::Table, Format::Html, Format::Markdown] {
        let text = rendered(&report, format);
        let place = |what: &str| {
            text.find(what)
                .unwrap_or_else(|| panic!("{what} in {text}"))
        };
        assert!(place("in-use is wrong") < place("quiet is wrong"), "{format:?}");
        assert!(text.to_lowercase().contains("urgent: "), "{format:?}");
    }
}

#[test]
fn each_format_is_as_it_was() {
    for &format in Format::ALL {
        insta::assert_snapshot!(format.name(), rendered(&decided(), format));
    }
}

#[test]
fn a_format_is_found_by_its_name() {
    for &format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
}

#[test]
fn nothing_but_the_report_is_in_it() {
    for &format in Format::ALL
        .iter()
        .filter(|format| **format != Format::Table)
    {
        let mut out = Vec::new();
        render(
            &decided(),
            format,
            Style { width: 40, color: true, detail: Detail::Usual },
            &mut out,
        )
        .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), rendered(&decided(), format));
    }
}

#[test]
fn no_text_moves_cursors_or_hides_in_any_format() {
    for &format in Format::ALL {
        let text = rendered(&hostile(), format);
        let raw = |c: char| {
            c.is_control() && !"\r\n".contains(c) || "\u{202e}\u{fffe}\u{fdd0}\u{2028}".contains(c)
        };
        let at = text
            .find(raw)
            .map(|at| text[at..].chars().take(40).collect::<String>());
        assert_eq!(at, None, "{}", format.name());
    }
}

#[test]
fn reports_of_any_size_are_written() {
    for &format in Format::ALL {
        for count in [0, 1, 10_000] {
            assert!(
                !rendered(&of_size(count), format).is_empty() || count == 0,
                "{}",
                format.name()
            );
        }
    }
}
