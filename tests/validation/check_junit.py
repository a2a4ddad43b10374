"""JUnit by both schemas that consumers go by.

That of Jenkins' xUnit plugin comes with pytest's sources, and xmllint checks it. That of Apache Ant
is in no package; the rules that it adds are checked here. GitLab adds two more: it drops test cases
that have the class and name of another, and takes no file of 30 MB.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from junitparser import JUnitXml

PYTEST = "pytest==9.0.1"
SCHEMA = "testing/example_scripts/junit-10.xsd"
GITLAB_BYTES = 30_000_000
# The attributes and, in this order, the children that Ant's schema asks a suite for.
SUITE = "name package id timestamp hostname tests failures errors skipped time"
CHILDREN = r"properties( testcase)* system-out system-err"
MARKS = {"skipped": set(), "failure": {"type"}, "error": {"type"}}


def check(path: Path, tools: Path) -> list[str]:
    """The problems of a rendered file."""
    command = ["xmllint", "--noout", "--huge", "--schema", schema(tools), path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr.splitlines()
    root = ElementTree.parse(path).getroot()
    JUnitXml.fromfile(str(path))
    problems = list(check_ant(root))
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    if len(set(names)) < len(names):
        problems.append(f"{len(names) - len(set(names))} test cases would be dropped by GitLab")
    if path.stat().st_size >= GITLAB_BYTES:
        problems.append("too large for GitLab")
    return problems


def schema(tools: Path) -> Path:
    """The schema of Jenkins, fetched once."""
    path = tools / "junit-10.xsd"
    if not path.exists():
        with tempfile.TemporaryDirectory() as temporary:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            pip += ["--disable-pip-version-check", "--no-binary", ":all:", "--dest", temporary]
            subprocess.run([*pip, PYTEST], check=True)
            (sources,) = Path(temporary).glob("*.tar.gz")
            with tarfile.open(sources) as archive:
                member = next(name for name in archive.getnames() if name.endswith(SCHEMA))
                path.write_bytes(archive.extractfile(member).read())
    return path


def check_ant(root: Element) -> Iterator[str]:
    """What Ant's schema asks for beyond that of Jenkins."""
    if root.tag != "testsuites" or root.attrib:
        yield "the root is not a bare testsuites"
    for index, suite in enumerate(root):
        if suite.attrib.keys() != set(SUITE.split()):
            yield f"suite {index}: other attributes: {sorted(suite.attrib)}"
        elif suite.get("id") != str(index):
            yield f"suite {index}: is numbered {suite.get('id')}"
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", "")):
            yield f"suite {index}: other timestamp: {suite.get('timestamp')}"
        if not re.fullmatch(CHILDREN, " ".join(child.tag for child in suite)):
            yield f"suite {index}: other children, or in another order"
        cases = suite.findall("testcase")
        counts = {"tests": len(cases), "failures": 0, "errors": 0, "skipped": 0}
        for case in cases:
            yield from check_case(case)
            for mark in case:
                counts[{"failure": "failures", "error": "errors"}.get(mark.tag, mark.tag)] += 1
        if wrong := {name for name, count in counts.items() if suite.get(name) != str(count)}:
            yield f"suite {index}: {wrong} do not agree with the test cases"


def check_case(case: Element) -> Iterator[str]:
    """What Ant's schema asks of a test case; GitLab shows a mark's text and nothing else."""
    if case.attrib.keys() != {"classname", "name", "time"}:
        yield f"{case.get('name')}: other attributes: {sorted(case.attrib)}"
    if len(case) > 1:
        yield f"{case.get('name')}: more than one outcome"
    for mark in case:
        if not MARKS.get(mark.tag, {"?"}) <= mark.attrib.keys() <= {"type", "message"}:
            yield f"{case.get('name')}: other attributes of {mark.tag}: {sorted(mark.attrib)}"
        if mark.get("message", "") not in (mark.text or ""):
            yield f"{case.get('name')}: the text does not hold the message"
