"""Makes the reports that every format is validated with, from two that the binary writes.

What the samples hold is what a report can hold: nothing, one finding, ten thousand of every
status, accounts in every state, and names that try to be more than names.
"""

import copy
import hashlib
import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

Report = dict[str, Any]

MANY = 10_000

BASELINE = {"as_of": "2026-10-01T00:00:00Z", "ruleset": "0123456789abcdef"}

# Each may be a user's name somewhere: what IAM forbids may come from tags, other tools or a report
# that was edited.
HOSTILE = [
    "a,b;\"c\"'d'",
    "a\nb\r\nc",
    "=cmd|' /C calc'!A0",
    "\x1b[2J\x9b31m",
    "<script>alert(1)</script>",
    "]]><!-- --><img src=x onerror=alert(1)>",
    "::error title=x::y%0A::notice::z",
    "| a | b |\n|---|---|\n\n# heading",
    "[x](javascript:alert(1)) `code` ``` *b* _i_ ~s~ @octocat #123 https://example.com",
    "\ufffe\uffff\ufdd0\x00\x7f",
    "\U0001f511\U00010348\U00020bb7",
    "\u202enimda\u2066",
    "</script><script>alert(1)</script> {{x}} ${y} %s $(id)",
    "\ue000\t\u2028../../etc/passwd?x#y",
]

WAIVER = {
    "reason": "Replaced when the new build system is there",
    "owner": "platform@example.com",
    "expires": "2026-12-31",
}


def audit(binary: Path, bundle: str) -> Report:
    """The report of an example, with frameworks and everything that can be listed."""
    command = [binary, "audit", bundle, "--framework", "cis-aws-7.0,soc2", "-o", "json"]
    command += ["--include", "pass,not_applicable"]
    return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)


def signins(binary: Path) -> Report:
    """The report of the example of a trail."""
    command = [binary, "signins", "examples/trail/logs", "-o", "json"]
    return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)


def hostile_signins(report: Report) -> Report:
    """The attempts of people whose names and addresses try to be more than that."""
    sample = copy.deepcopy(report)
    attempts = sample["activity"][0]["attempts"]
    for attempt, name in zip(itertools.cycle(attempts), HOSTILE, strict=False):
        attempt["person"]["name"] = attempt["source"] = attempt["code"] = attempt["message"] = name
    return sample


def reports(binary: Path) -> dict[str, Report]:
    """The samples by name."""
    trail = signins(binary)
    leaky, clean = audit(binary, "examples/leaky"), audit(binary, "examples/clean")
    nothing = {**clean, "findings": []}
    one = {**leaky, "findings": leaky["findings"][:1]}
    return {
        "leaky": leaky,
        "partial": audit(binary, "examples/partial"),
        "none": nothing,
        "one": one,
        "many": many(leaky),
        "accounts": accounts(leaky),
        "hostile": hostile(leaky),
        "trail": trail,
        "liars": hostile_signins(trail),
    }


def many(report: Report) -> Report:
    """Ten thousand findings: open, waived, waived once, known and new, as they come."""
    sample = copy.deepcopy(report)
    [account] = sample["accounts"]
    account["baseline"] = BASELINE
    bases = itertools.cycle(f for f in report["findings"] if f["verdict"] in ("fail", "unknown"))
    decisions = itertools.cycle(
        [
            {"baseline": "new", "first_seen": account["as_of"]},
            {"baseline": "known", "first_seen": "2026-10-01T00:00:00Z"},
            {"baseline": "new", "waiver": {**WAIVER, "expired": False}},
            {"baseline": "new", "waiver": {**WAIVER, "expires": "2026-01-01", "expired": True}},
        ]
    )
    sample["findings"] = [
        renamed(base, f"user-{index}") | (decision if base["verdict"] == "fail" else {})
        for index, base, decision in zip(range(MANY), bases, decisions, strict=False)
    ]
    return sample


def accounts(report: Report) -> Report:
    """Accounts in every state, some of one id, with findings and controls of every status."""
    sample = copy.deepcopy(report)
    [whole] = sample["accounts"]
    gaps = [gap("AccessDenied")]
    failed = {"status": "failed", "alias": None, "caller": None, "gaps": gaps, "frameworks": []}
    whole["baseline"] = BASELINE
    for framework in whole["frameworks"]:
        answer(framework)
    later = {"as_of": "2026-11-20T00:00:00Z", "baseline": BASELINE | {"as_of": None}}
    sample["accounts"] = [
        whole,
        whole | {"partition": "aws-cn", "region": None, "status": "incomplete", "gaps": gaps},
        whole | {"id": "444455556666", "name": "sandbox", "alias": None} | later,
        whole | {"id": "unknown", **failed},
        whole | {"id": "unknown", "partition": "unknown", **failed},
    ]
    sample["findings"] = [
        in_account(finding, account)
        for account in sample["accounts"]
        for finding in report["findings"]
        if finding["verdict"] == "fail" or account["status"] == "complete"
    ]
    decide(sample["findings"])
    # Reports may hold what their rules do not explain.
    unexplained = {"rule": "rule-of-tomorrow", "verdict": "fail", "severity": "high"}
    sample["findings"].append(renamed(report["findings"][0], "unexplained") | unexplained)
    sample["waivers"] = [outcome("*/vendor")]
    return sample


def answer(framework: Report) -> None:
    """Gives the controls of a framework every status, as they come."""
    framework["counts"] = dict.fromkeys(framework["counts"], 0)
    statuses = itertools.cycle(framework["counts"])
    for control, status in zip(framework["controls"], statuses, strict=False):
        control["status"] = status
        framework["counts"][status] += 1


def in_account(finding: Report, account: Report) -> Report:
    """The finding, of another account."""
    arn = finding["resource"]["id"].replace(":aws:", f":{account['partition']}:", 1)
    arn = arn.replace(finding["account"], account["id"])
    digest = hashlib.sha256((finding["fingerprint"] + arn).encode()).hexdigest()
    return finding | {
        "partition": account["partition"],
        "account": account["id"],
        "resource": finding["resource"] | {"id": arn},
        "fingerprint": digest[:32],
    }


def decide(findings: list[Report]) -> None:
    """Makes findings that fail waived, waived once, known, new and not judged, as they come."""
    decisions = itertools.cycle(
        [
            {"baseline": "new", "first_seen": "2026-10-02T00:00:00Z"},
            {"baseline": "known", "first_seen": "2026-10-01T00:00:00Z"},
            {"baseline": "new", "waiver": {**WAIVER, "expired": False}},
            {"baseline": "known", "waiver": {**WAIVER, "expires": "2026-01-01", "expired": True}},
            {"verdict": "unknown", "missing": ["access-keys"]},
            {"verdict": "unknown", "missing": []},
        ]
    )
    for finding in findings:
        if finding["verdict"] == "fail":
            finding |= next(decisions)


def hostile(report: Report) -> Report:
    """Every text that others can write is one of the names that are more than names."""
    sample = copy.deepcopy(report)
    names = itertools.cycle(HOSTILE)
    # Waived or not, a finding has its place in every format.
    sample["findings"] = [
        renamed(base, next(names)) | {"waiver": waiver(next(names), expired)}
        for base in report["findings"]
        for expired in (True, False)
    ]
    for account in sample["accounts"]:
        account |= {"alias": "".join(HOSTILE), "caller": "".join(HOSTILE)}
        account["gaps"] = [gap(name) for name in HOSTILE]
    sample["waivers"] = [outcome(name) for name in HOSTILE]
    return sample


def renamed(finding: Report, name: str) -> Report:
    """The finding, about a resource of that name."""
    base = json.dumps(finding["fingerprint"] + name)
    resource = finding["resource"]
    return finding | {
        "fingerprint": hashlib.sha256(base.encode()).hexdigest()[:32],
        "resource": resource | {"id": f"{resource['id']}/{name}", "name": name},
        "message": f"{name}: {finding['message']} ({name})",
        "remediation": finding["remediation"] and f"{finding['remediation']}\nof {name}",
        "evidence": finding["evidence"] | {name: [name, {name: name}]},
    }


def waiver(text: str, expired: bool) -> Report:
    """A waiver of a finding."""
    return {**WAIVER, "reason": text, "owner": text, "expired": expired}


def gap(text: str) -> Report:
    """A call that was denied."""
    return {
        "source": "access-keys",
        "operation": "ListAccessKeys",
        "action": "iam:ListAccessKeys",
        "code": text,
        "message": text,
        "resource": text,
    }


def outcome(text: str) -> Report:
    """What became of a waiver."""
    declared = {**WAIVER, "rule": "stale-access-key", "account": "*"}
    return {
        "waiver": declared | {"resource": text, "reason": text, "owner": text},
        "days_left": 8,
        "judged": True,
        "fails": 1,
        "unknown": 0,
    }
