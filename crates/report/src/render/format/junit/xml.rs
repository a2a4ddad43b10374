//! Writes suites as XML, with everything that either schema requires.

use std::io::{self, Write};

use portcullis_model::Tool;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Suite;
use super::case::{Case, Mark};
use crate::defuse;
use crate::render::view::View;

pub(super) type Xml<'a> = Writer<&'a mut dyn Write>;

/// Nothing is timed, so that the same report always gives the same bytes.
const TIME: (&str, &str) = ("time", "0");

/// Writes the document around the suites.
pub(super) fn write(
    out: &mut dyn Write,
    write_suites: impl FnOnce(&mut Xml<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .write_inner_content(write_suites)?;
    xml.get_mut().write_all(b"\n")
}

/// Writes a suite with this number.
pub(super) fn write_suite(
    view: &View<'_>,
    id: usize,
    suite: &Suite<'_>,
    xml: &mut Xml<'_>,
) -> io::Result<()> {
    let tool = &view.report.tool;
    let Suite { name, as_of, properties, cases, gaps } = suite;
    let marked = |element: &str| {
        let marks = cases.iter().filter_map(|case| case.mark.as_ref());
        marks
            .filter(|mark| mark.element == element)
            .count()
            .to_string()
    };
    let name = match name.trim() {
        "" => "unknown",
        _ => name,
    };
    let attributes = [
        ("name", defuse(name).into_owned()),
        ("package", defuse(&tool.name).into_owned()),
        ("id", id.to_string()),
        // Neither schema allows a time zone; it is UTC.
        ("timestamp", as_of.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
        ("hostname", "localhost".to_owned()),
        ("tests", cases.len().to_string()),
        ("failures", marked("failure")),
        ("errors", marked("error")),
        ("skipped", marked("skipped")),
    ];
    let attributes = attributes.iter().map(|(key, value)| (*key, value.as_str()));
    xml.create_element("testsuite")
        .with_attributes(attributes.chain([TIME]))
        .write_inner_content(|xml| {
            write_properties(tool, properties, xml)?;
            cases.iter().try_for_each(|case| write_case(case, xml))?;
            write_text("system-out", &[view.outcome.to_string()], xml)?;
            write_text("system-err", gaps, xml)
        })?;
    Ok(())
}

fn write_properties(tool: &Tool, properties: &[(&str, &str)], xml: &mut Xml<'_>) -> io::Result<()> {
    let made = [("version", tool.version.as_str()), ("ruleset", tool.ruleset.as_str())];
    xml.create_element("properties")
        .write_inner_content(|xml| {
            properties
                .iter()
                .chain(&made)
                .try_for_each(|&(name, value)| {
                    xml.create_element("property")
                        .with_attributes([("name", name), ("value", &defuse(value))])
                        .write_empty()
                        .map(drop)
                })
        })?;
    Ok(())
}

fn write_case(case: &Case, xml: &mut Xml<'_>) -> io::Result<()> {
    let own = [("classname", case.class.as_str()), ("name", case.name.as_str()), TIME];
    let element = xml.create_element("testcase").with_attributes(own);
    match &case.mark {
        None => element.write_empty(),
        Some(mark) => element.write_inner_content(|xml| write_mark(mark, xml)),
    }?;
    Ok(())
}

fn write_mark(mark: &Mark, xml: &mut Xml<'_>) -> io::Result<()> {
    let message = defuse(&mark.message);
    let kind = mark.kind.map(|kind| ("type", kind));
    xml.create_element(mark.element)
        .with_attributes(kind.into_iter().chain([("message", &*message)]))
        .write_text_content(BytesText::new(&lines(&mark.text)))?;
    Ok(())
}

fn write_text(element: &str, text: &[String], xml: &mut Xml<'_>) -> io::Result<()> {
    xml.create_element(element)
        .write_text_content(BytesText::new(&lines(text)))?;
    Ok(())
}

/// Joins lines after defusing them, since XML cannot represent most control characters.
fn lines(text: &[String]) -> String {
    text.iter()
        .map(|line| defuse(line))
        .collect::<Vec<_>>()
        .join("\n")
}
