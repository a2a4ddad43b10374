//! Reports that are read piece by piece.

use std::io;

use crate::support::{decided, hostile, report};
use portcullis_model::Report;
use portcullis_report::{Line, ReportPart, read_report};
use serde_json::Value;

/// The report that is read from that text, whole again.
fn read(text: &str) -> Result<Report, String> {
    let (mut accounts, mut findings) = (Vec::new(), Vec::new());
    let mut keep = |part| {
        match part {
            ReportPart::Account(account) => accounts.push(account),
            ReportPart::Finding(finding) => findings.push(finding),
        }
        Ok(())
    };
    let head = read_report(&mut text.as_bytes(), &mut keep).map_err(|error| error.to_string())?;
    assert_eq!((head.accounts.len(), head.findings.len()), (0, 0));
    Ok(Report { accounts, findings, ..head })
}

#[test]
fn a_report_is_the_same_in_pieces_whatever_the_order_of_its_fields() {
    for report in [report(), decided(), hostile()] {
        let text = serde_json::to_string_pretty(&report).unwrap();
        assert_eq!(read(&text).unwrap(), report);
        let sorted: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read(&sorted.to_string()).unwrap(), report);
    }
}

/// What the line of such a value says.
fn again<T: Line>(value: &T) -> T {
    let line = String::from_utf8(value.to_line().unwrap()).unwrap();
    assert!(!line.contains('\n'), "{line}");
    T::from_line(&line).unwrap()
}

#[test]
fn a_piece_is_the_same_on_a_line() {
    let Report { accounts, findings, .. } = hostile();
    for account in accounts {
        assert_eq!(again(&account), account);
    }
    for finding in findings {
        assert_eq!(again(&finding), finding);
    }
}

#[test]
fn what_is_not_a_whole_report_is_refused() {
    let whole = serde_json::to_string(&report()).unwrap();
    let twice = whole.replacen('{', "{\"findings\": [], ", 1);
    let half = &whole[..whole.len() - 1];
    let without = whole.replacen("\"accounts\"", "\"others\"", 1);
    let misshapen = whole.replacen("\"accounts\":[", "\"accounts\":[0,", 1);
    for (text, words) in [
        (twice.as_str(), "duplicate field `findings`"),
        (half, "EOF while parsing"),
        (&format!("{whole} {{}}"), "trailing characters"),
        (&without, "missing field `accounts`"),
        (&misshapen, "invalid type: integer `0`"),
        ("[]", "invalid type: sequence, expected a report"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn reading_ends_where_nothing_more_can_be_kept() {
    let text = serde_json::to_string(&report()).unwrap();
    let mut kept = 0;
    let mut keep = |_| {
        kept += 1;
        if kept < 2 {
            Ok(())
        } else {
            Err(io::Error::other("the disk is full"))
        }
    };
    let error = read_report(&mut text.as_bytes(), &mut keep)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("the disk is full"), "{error}");
    assert_eq!(kept, 2);
}
