"""JSON lines (https://jsonlines.org): an object a line, each of which says all about a finding."""

import json
import re
from pathlib import Path

FIELDS = (
    "schema as_of tool status fingerprint rule partition account resource verdict severity urgent "
    "message message_facts evidence missing remediation waiver first_seen baseline account_alias "
    "account_name account_region account_status rule_title rule_family rule_risk rule_params "
    "rule_references rule_frameworks"
)
STATUSES = {
    "fail": {"open", "known", "waived"},
    "unknown": {"unknown"},
    "pass": {"pass"},
    "not_applicable": {"not_applicable"},
}
# What moves cursors, or reorders or hides text, has to be escaped.
DECEPTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def check(path: Path, tools: Path) -> list[str]:
    """The problems of a rendered file."""
    text = path.read_bytes().decode("utf-8")
    if not text:
        return []
    problems = [] if text.endswith("\n") else ["the last line does not end"]
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        problems += [f"line {number}: {problem}" for problem in check_line(line)]
    return problems


def check_line(line: str) -> list[str]:
    """What is wrong with a finding."""
    problems = [f"raw {found.group()!r}" for found in DECEPTIVE.finditer(line)]
    try:
        finding = json.loads(line)
    except ValueError as error:
        return [*problems, f"not JSON: {error}"]
    if not isinstance(finding, dict) or finding.keys() != set(FIELDS.split()):
        return [*problems, "other fields than a finding has"]
    if finding["schema"] != "portcullis/finding/v1":
        problems.append(f"other schema: {finding['schema']}")
    if finding["status"] not in STATUSES.get(finding["verdict"], set()):
        problems.append(f"{finding['verdict']} is not {finding['status']}")
    return problems
