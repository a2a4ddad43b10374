"""HTML: the WHATWG's own validator (vnu), html-validate, and what makes a page self-contained."""

import base64
import hashlib
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

# Elements and attributes by which a page would load something or act by itself.
LOADS = {"link", "img", "iframe", "object", "embed", "audio", "video", "source", "base", "form"}
LOADING_ATTRIBUTES = {"src", "srcset", "action", "formaction", "ping", "background", "poster"}


def check(path: Path, tools: Path) -> list[str]:
    """The problems of a page."""
    text = path.read_text(encoding="utf-8")
    return [*vnu(path, tools), *html_validate(path, tools), *self_contained(text), *policy(text)]


def vnu(path: Path, tools: Path) -> list[str]:
    """Errors of the HTML and of the CSS in it; its other remarks do not know hashes in policies."""
    jar = tools / "node_modules/vnu-jar/build/dist/vnu.jar"
    command = ["java", "-jar", jar, "--errors-only", "--also-check-css", "--format", "gnu", path]
    return run(command, "vnu")


def html_validate(path: Path, tools: Path) -> list[str]:
    """Errors by the recommended rules."""
    script = tools / "node_modules/html-validate/bin/html-validate.mjs"
    return run(["node", script, "--formatter", "text", path], "html-validate")


def run(command: list[str | Path], name: str) -> list[str]:
    """What a validator prints, if it is not content."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return [f"{name}: {line}" for line in lines] or [f"{name}: exit status {done.returncode}"]


class Elements(HTMLParser):
    """Collects what a page must not have, and its inline styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self._within: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Looks at an element."""
        names = dict(attrs)
        if tag in LOADS:
            self.problems.append(f"line {self.getpos()[0]}: there is a <{tag}>")
        for name in names:
            if name in LOADING_ATTRIBUTES or name.startswith("on") or name == "style":
                self.problems.append(f"line {self.getpos()[0]}: <{tag}> has {name}")
        target = names.get("href") or "#"
        if not target.startswith(("#", "https://")):
            self.problems.append(f"line {self.getpos()[0]}: <{tag}> leads to {target}")
        # A block of data is not executed, so that the policy says nothing about it.
        if tag in self.inline and names.get("type") not in ("application/json", "application/gzip"):
            self._within = tag
            self.inline[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """Leaves a style or script."""
        if tag == self._within:
            self._within = None

    def handle_data(self, data: str) -> None:
        """Keeps the text of styles and scripts."""
        if self._within:
            self.inline[self._within][-1] += data


def self_contained(text: str) -> list[str]:
    """Whatever would need the network, or act without the script."""
    elements = Elements()
    elements.feed(text)
    problems = list(elements.problems)
    problems += [
        f"a style loads something: {found}"
        for style in elements.inline["style"]
        for found in re.findall(r"url\([^)]*\)|@import[^;]*", style)
    ]
    return problems


def policy(text: str) -> list[str]:
    """The Content Security Policy: nothing but the page's own style and script, by their hashes."""
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    if not found:
        return ["there is no Content-Security-Policy"]
    elements = Elements()
    elements.feed(text)
    style, script = (
        " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
                 for part in elements.inline[tag])
        for tag in ("style", "script")
    )  # fmt: skip
    expected = (
        f"default-src 'none'; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )
    return [] if found[1] == expected else [f"the policy is {found[1]}, and not {expected}"]
