"""Markdown, rendered as by GitHub: the page has no element but those that we wrote.

GitHub looks for mentions, issues and commits in the text that Markdown has become, but never in
code or links: none may be found there either.
"""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

# https://docs.github.com/actions/reference/workflow-commands-for-github-actions
SUMMARY_BYTES = 1024 * 1024
# But for the tag filter of GitHub: no tag of others may be there to be filtered.
EXTENSIONS = ["table", "strikethrough", "autolink", "tasklist"]
ELEMENTS = "a code details h1 h2 h3 li p pre strong summary table tbody td th thead tr ul"
ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "pre": {"lang"}, "th": {"align"}, "td": {"align"}}
# The hosts that rules refer to; names never become links.
HOSTS = ["docs.aws.amazon.com", "aws.amazon.com"]
# What GitHub makes of text: mentions, issues, emoji, addresses, mathematics, notes, commits.
LIVELY = re.compile(
    r"@\w|#\d|\bGH-\d|:(?!\d\d:)[\w+-]+:|://|\bwww\.|\$|\[\^|\b(?=[a-f]*\d)[0-9a-f]{7,40}\b",
    re.IGNORECASE,
)


class Page(HTMLParser):
    """Notes what should not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag not in ELEMENTS.split() or not attributes.keys() <= ATTRIBUTES.get(tag, set()):
            self.problems.append(f"unexpected {self.get_starttag_text()}")
        host = re.match(r"https://([^/]+)/", attributes.get("href") or "")
        if tag == "a" and not (host and host[1] in HOSTS):
            self.problems.append(f"a link to {attributes.get('href')}")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"unexpected </{tag}>")

    def handle_data(self, data: str) -> None:
        if not {"code", "pre", "a"} & set(self.open) and (found := LIVELY.search(data)):
            self.problems.append(f"{found.group()!r} is more than text in {data.strip()!r}")

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"a declaration: {decl!r}")


def check(path: Path, tools: Path) -> list[str]:
    """The problems of a rendered file."""
    command = ["cmark-gfm", "--unsafe"]
    for extension in EXTENSIONS:
        command += ["-e", extension]
    done = subprocess.run([*command, path], capture_output=True, check=True)
    page = Page()
    page.feed(done.stdout.decode("utf-8"))
    page.close()
    problems = page.problems + [f"<{tag}> is not closed" for tag in page.open]
    if path.stat().st_size > SUMMARY_BYTES:
        problems.append("too large for a step summary")
    return problems
