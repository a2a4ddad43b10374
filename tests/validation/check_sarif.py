"""SARIF: the schema, Microsoft's validator with its rules for GitHub, GitHub's limits, a reader."""

import collections
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Any

import jsonschema

# The limits of GitHub's code scanning; sizes in bytes.
GZIPPED = 10_000_000
RUNS = 20
RESULTS = 25_000
TAGS = 20
DESCRIPTION = 1024
# The multitool takes half a minute for a file of this size.
MULTITOOL_SIZE = 15_000_000

# Advice that does not fit: the schema cannot be fetched offline, a cloud account has no repository
# and no source code to show, there is no page on the tool yet, and a rule's id is its name.
IGNORED = {
    "SARIF2002",  # messages without arguments
    "SARIF2003",  # no versionControlProvenance
    "SARIF2005",  # no informationUri
    "SARIF2006",  # the schema is not reachable
    "SARIF2009",  # ids without a number
    "SARIF2010",  # no code snippets
    "SARIF2011",  # no context regions
    "SARIF2012",  # rules without a name
    "SARIF2013",  # no embedded files
}


def check(path: pathlib.Path, tools: pathlib.Path) -> list[str]:
    """Returns what is wrong with a log."""
    log = json.loads(path.read_text())
    multitool = tools / "node_modules/@microsoft/sarif-multitool-linux"
    # The multitool is silent on some logs that break the schema, so that comes first.
    problems = by_schema(log, multitool / "sarif-2.1.0.json") + by_limits(path, log)
    if not problems and path.stat().st_size <= MULTITOOL_SIZE:
        problems += by_multitool(path, multitool / "Sarif.Multitool")
    return problems + by_reader(path)


def by_schema(log: Any, schema: pathlib.Path) -> list[str]:
    """Has the schema checked."""
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(log)]


def by_limits(path: pathlib.Path, log: dict[str, Any]) -> list[str]:
    """Checks what GitHub asks for beyond the schema."""
    problems = []
    if len(gzip.compress(path.read_bytes())) > GZIPPED:
        problems.append("more than 10 MB compressed")
    if not 1 <= len(log["runs"]) <= RUNS:
        problems.append(f"{len(log['runs'])} runs")
    categories = collections.Counter(run["automationDetails"]["id"] for run in log["runs"])
    problems += [f"{count} runs are {name}" for name, count in categories.items() if count > 1]
    for run in log["runs"]:
        if len(run["results"]) > RESULTS:
            problems.append(f"{len(run['results'])} results")
        for rule in run["tool"]["driver"]["rules"]:
            problems += [f"rule {rule['id']}: {what}" for what in wrong_rule(rule)]
        for number, result in enumerate(run["results"]):
            problems += [f"result {number}: {what}" for what in wrong_result(result, run)]
        hashes = collections.Counter(
            result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]
        )
        problems += [f"{count} results are {name}" for name, count in hashes.items() if count > 1]
    return problems


def wrong_rule(rule: dict[str, Any]) -> list[str]:
    """Returns what GitHub would refuse in a rule."""
    problems = []
    for field in ("shortDescription", "fullDescription", "help"):
        text = rule[field]["text"]
        if not text.strip() or (field != "help" and len(text) > DESCRIPTION):
            problems.append(f"{field} has {len(text)} characters")
    if len(rule["properties"]["tags"]) > TAGS:
        problems.append(f"{len(rule['properties']['tags'])} tags")
    if not 0 < float(rule["properties"].get("security-severity", "1")) <= 10:
        problems.append("security-severity is out of range")
    return problems


def wrong_result(result: dict[str, Any], run: dict[str, Any]) -> list[str]:
    """Returns what GitHub would refuse, or misread, in a result."""
    problems = []
    if run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] != result["ruleId"]:
        problems.append("ruleIndex is another rule's")
    physical = result["locations"][0]["physicalLocation"]
    uri = physical["artifactLocation"]["uri"]
    if not uri.isascii() or uri.startswith(("/", ".")) or "://" in uri or "/../" in uri:
        problems.append(f"uri {uri!r}")
    if set(physical["region"]) != {"startLine", "startColumn", "endLine", "endColumn"}:
        problems.append("the region is not whole")
    return problems


def by_multitool(path: pathlib.Path, multitool: pathlib.Path) -> list[str]:
    """Has Microsoft's rules checked. Its exit status tells nothing, so its own log is read."""
    with tempfile.TemporaryDirectory() as directory:
        # It passes over files of other names without a word.
        log, output = pathlib.Path(directory) / "log.sarif", pathlib.Path(directory) / "out.sarif"
        shutil.copyfile(path, log)
        options = ["--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite", "-o", str(output)]
        options += ["--level", "Error;Warning;Note", "--kind", "Fail;Review;Open;Informational"]
        options += ["--max-file-size-in-kb", str(MULTITOOL_SIZE // 1000)]
        command = [multitool, "validate", log, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "1 files scanned" not in done.stdout or not output.exists():
            return [f"the multitool failed: {done.stdout[-500:]}{done.stderr[-500:]}"]
        found = json.loads(output.read_text())
    return [
        f"{result['ruleId']}: {json.dumps(result['message'])[:300]}"
        for run in found["runs"]
        for result in run["results"]
        if result["ruleId"].split("/")[0] not in IGNORED
    ]


def by_reader(path: pathlib.Path) -> list[str]:
    """Has sarif-tools read it."""
    command = [sys.executable, "-m", "sarif", "summary", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [f"sarif-tools failed: {done.stderr[-500:]}"] if done.returncode else []
