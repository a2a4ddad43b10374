"""GitLab's code quality report, by the format in GitLab's documentation.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import collections
import json
import pathlib
import re
from typing import Any

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}
# Relative, without `./`, and in characters that mean nothing to a page or a shell.
PATH = re.compile(r"(?!\.)[A-Za-z0-9._~%+=,@:-]+(/(?!\.\.?(/|$))[A-Za-z0-9._~%+=,@:-]+)*")


def check(path: pathlib.Path, tools: pathlib.Path) -> list[str]:
    """Returns what is wrong with a report."""
    report = json.loads(path.read_text())
    if not isinstance(report, list):
        return ["it is not a list"]
    problems = [
        f"entry {number}: {what}" for number, entry in enumerate(report) for what in wrong(entry)
    ]
    counts = collections.Counter(entry.get("fingerprint") for entry in report)
    problems += [f"{count} entries are {name}" for name, count in counts.items() if count > 1]
    return problems


def wrong(entry: dict[str, Any]) -> list[str]:
    """Returns what is wrong with an entry."""
    problems = [
        f"{field} is not text, or empty"
        for field in ("description", "check_name", "fingerprint")
        if not isinstance(entry.get(field), str) or not entry[field]
    ]
    if entry.get("severity") not in SEVERITIES:
        problems.append(f"severity {entry.get('severity')!r}")
    location = entry.get("location", {})
    if not PATH.fullmatch(str(location.get("path"))):
        problems.append(f"path {location.get('path')!r}")
    begin = location.get("lines", {}).get("begin")
    if not isinstance(begin, int) or begin < 1:
        problems.append(f"line {begin!r}")
    return problems
