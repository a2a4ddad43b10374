//! HTML: one self-contained page, for a board to read and an engineer to work from.
//!
//! By the WHATWG's HTML standard, and under a [Content Security Policy][csp] that allows its own
//! style and script by their hashes, and no network at all. What the templates and
//! the data write is defused there; the templates escape it, and the script makes text nodes of it.
//!
//! What the page says stands in its HTML, with a plain list of findings, bounded in number, for those
//! who read it without JavaScript. The script puts a list of all findings in its place, to search,
//! filter and print.
//!
//! [csp]: https://www.w3.org/TR/CSP3/

mod accounts;
mod activity;
mod bar;
mod data;
mod findings;
mod frameworks;
mod gaps;
mod glance;
mod header;
mod index;
mod prose;
mod text;
mod waivers;

use std::io::{self, Write};

use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use portcullis_model::Report;
use sha2::{Digest, Sha256};

use self::index::Index;
use self::text::is_anchor;
use crate::render::view::View;
use crate::words::{counted, shorten};

/// The page's style sheet.
const STYLE: &str = concat!(
    include_str!("../../../templates/html/style/base.css"),
    include_str!("../../../templates/html/style/sections.css"),
    include_str!("../../../templates/html/style/findings.css"),
    include_str!("../../../templates/html/style/print.css"),
);

/// The page's script: one scope around all files.
const SCRIPT: &str = concat!(
    "\"use strict\";\n{\n",
    include_str!("../../../templates/html/script/dom.js"),
    include_str!("../../../templates/html/script/evidence.js"),
    include_str!("../../../templates/html/script/identity.js"),
    include_str!("../../../templates/html/script/path.js"),
    include_str!("../../../templates/html/script/finding.js"),
    include_str!("../../../templates/html/script/filters.js"),
    include_str!("../../../templates/html/script/controls.js"),
    include_str!("../../../templates/html/script/list.js"),
    include_str!("../../../templates/html/script/download.js"),
    include_str!("../../../templates/html/script/paper.js"),
    include_str!("../../../templates/html/script/page.js"),
    "}\n",
);

/// Room for a name in the title of a tab.
const TITLE_CHARS: usize = 40;

/// Writes the whole page.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(view);
    Page::new(view, &index)?.write_into(&mut *out)?;
    data::write(view, &index, &mut *out)?;
    write!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

/// The page up to its data.
#[derive(Template)]
#[template(path = "html/page.html")]
struct Page<'a> {
    report: &'a Report,
    index: &'a Index<'a>,
    title: String,
    short_title: String,
    version: &'a str,
    style: &'static str,
    style_hash: String,
    script_hash: String,
    header: header::Header<'a>,
    accounts: Vec<accounts::AccountRow<'a>>,
    gaps: gaps::Gaps,
    glance: glance::Glance<'a>,
    frameworks: frameworks::Frameworks<'a>,
    findings: findings::Findings<'a>,
    locked_out: activity::People<'a>,
    people: activity::People<'a>,
    waivers: Vec<waivers::WaiverRow<'a>>,
    data_type: &'static str,
}

impl<'a> Page<'a> {
    fn new(view: &'a View<'_>, index: &'a Index<'a>) -> io::Result<Page<'a>> {
        let report = view.report;
        let gaps = gaps::Gaps::new(view, index)?;
        let [locked_out, people] = activity::People::new(report);
        Ok(Page {
            report,
            index,
            title: title(report),
            short_title: short_title(report),
            version: &report.tool.version,
            style: STYLE,
            style_hash: hash(STYLE),
            script_hash: hash(SCRIPT),
            header: header::Header::new(view, index, gaps.extent.clone())?,
            accounts: accounts::rows(view),
            gaps,
            glance: glance::Glance::new(view, index),
            frameworks: frameworks::Frameworks::new(report, index),
            findings: findings::Findings::new(view, index)?,
            locked_out,
            people,
            waivers: waivers::rows(report, index),
            data_type: data::media_type(view),
        })
    }
}

/// Whose posture it is.
fn title(report: &Report) -> String {
    match report.accounts.as_slice() {
        [account] => {
            let name = account.alias.as_ref().or(account.name.as_ref());
            name.unwrap_or(&account.id).clone()
        }
        accounts => counted(accounts.len(), "account"),
    }
}

/// The same in the title of a tab: the account's id where the name would not do.
fn short_title(report: &Report) -> String {
    let title = title(report);
    match report.accounts.as_slice() {
        [account] if !is_anchor(&title) => shorten(&account.id, TITLE_CHARS),
        _ => shorten(&title, TITLE_CHARS),
    }
}

/// The hash of an inline style or script, as a policy names it.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}
