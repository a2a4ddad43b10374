//! What holds for every format; `tests/validate` has the formats' own validators.

use crate::support::{decided, hostile, of_size, rendered};
use portcullis_report::{Detail, Format, Style, render};

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
    for &format in Format::ALL.iter().filter(|format| **format != Format::Table) {
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
        let at = text.find(raw).map(|at| text[at..].chars().take(40).collect::<String>());
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
