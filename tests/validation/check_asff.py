"""Checks findings for Security Hub: by botocore's model of BatchImportFindings, and by its limits.

botocore checks which members there are, of what type, and which are required. What else Security
Hub refuses stands in the table below, with the limits of its documentation.
<https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html>
"""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

# Problems repeat, and quote what is wrong: the first ones, and their beginnings, tell enough.
MOST_PROBLEMS, LONGEST_PROBLEM = 20, 300
# What one call takes, and one finding, in bytes.
CALL, CALL_SIZE, FINDING_SIZE = 100, 6_000_000, 240_000

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z"
SEVERITY = "INFORMATIONAL|LOW|MEDIUM|HIGH|CRITICAL"
TYPE = r"Software and Configuration Checks(/[^/]+){0,2}"
# By path: the longest text, in UTF-16 units, and the pattern of all of it.
TEXTS: dict[str, tuple[int, str]] = {
    "SchemaVersion": (10, "2018-10-08"),
    "Id": (512, r"\S+"),
    "ProductArn": (2048, r"arn:(aws[a-z-]*):securityhub:[a-z0-9-]+:(\d{12}):product/\2/default"),
    "ProductName": (128, ".+"),
    "GeneratorId": (512, ".+"),
    "AwsAccountId": (12, r"\d{12}"),
    "FirstObservedAt": (40, MOMENT),
    "CreatedAt": (40, MOMENT),
    "UpdatedAt": (40, MOMENT),
    "Types[]": (256, TYPE),
    "Severity.Label": (13, SEVERITY),
    "Severity.Original": (64, ".+"),
    "FindingProviderFields.Severity.Label": (13, SEVERITY),
    "FindingProviderFields.Severity.Original": (64, ".+"),
    "FindingProviderFields.Types[]": (256, TYPE),
    "Title": (256, ".+"),
    "Description": (1024, ".+"),
    "Remediation.Recommendation.Text": (512, ".+"),
    "Remediation.Recommendation.Url": (2048, "https://.+"),
    "ProductFields{}": (2048, ".+"),
    "Resources[].Type": (256, "Aws(Account|Iam(AccessKey|Group|Policy|Role|User))|Other"),
    "Resources[].Id": (2048, "(?s).+"),
    "Resources[].Partition": (10, "aws|aws-cn|aws-us-gov"),
    "Resources[].Region": (16, "[a-z0-9-]+"),
    "Resources[].Details.Other{}": (1024, ".+"),
    "Compliance.Status": (13, "PASSED|WARNING|FAILED|NOT_AVAILABLE"),
    "Compliance.RelatedRequirements[]": (64, ".+"),
    "RecordState": (8, "ACTIVE|ARCHIVED"),
}
# By path: how many a list or a map holds.
COUNTS = {
    "Types": 50,
    "FindingProviderFields.Types": 50,
    "ProductFields": 50,
    "Resources": 32,
    "Resources[].Details.Other": 50,
    "Compliance.RelatedRequirements": 32,
}
MAPS = ("ProductFields", "Resources[].Details.Other")
NEEDED_IN_PRACTICE = ("Types", "Severity", "FindingProviderFields", "Compliance", "RecordState")
# Once a finding exists, only those who work with it may change these.
OF_CUSTOMERS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")


def check(path: pathlib.Path, tools: pathlib.Path) -> list[str]:
    """The problems of a file of findings, one a line."""
    findings = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(findings, list):
        return ["$: no array"]
    problems = by_botocore(findings)
    if not problems:  # the rest relies on what botocore has checked
        for index, finding in enumerate(findings):
            problems += [f"$[{index}].{problem}" for problem in of_finding(finding)]
        if len({finding["Id"] for finding in findings}) < len(findings):
            problems.append("Id: not unique, so one finding would overwrite the other")
    return [p.replace("\n", " ")[:LONGEST_PROBLEM] for p in problems[:MOST_PROBLEMS]]


def by_botocore(findings: list[Any]) -> list[str]:
    """What botocore says about the calls that it takes to import the findings."""
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    problems = []
    for start in range(0, len(findings), CALL):
        call = {"Findings": findings[start : start + CALL]}
        report = ParamValidator().validate(call, shape)
        if report.has_errors():
            problems += f"call from $[{start}]: {report.generate_report()}".splitlines()
        if size(call) > CALL_SIZE:
            problems.append(f"call from $[{start}]: has {size(call)} bytes")
    return problems


def of_finding(finding: dict[str, Any]) -> Iterator[str]:
    """What Security Hub would refuse, or regret, in one finding."""
    yield from (f"{name}: is missing" for name in NEEDED_IN_PRACTICE if name not in finding)
    yield from (f"{name}: is not ours to set" for name in OF_CUSTOMERS if name in finding)
    if size(finding) > FINDING_SIZE:
        yield f"Id: the finding has {size(finding)} bytes"
    if f":product/{finding['AwsAccountId']}/" not in finding["ProductArn"]:
        yield "ProductArn: is that of another account"
    if finding["CreatedAt"] > finding["UpdatedAt"]:
        yield "CreatedAt: is after UpdatedAt"
    for path, value in parts(finding, ""):
        yield from of_part(path, value)


def of_part(path: str, value: Any) -> Iterator[str]:
    """What is wrong with one text, list or map."""
    if isinstance(value, str):
        longest, pattern = TEXTS.get(path, (0, ""))
        length = len(value.encode("utf-16-le")) // 2
        if length > longest:
            yield f"{path}: has {length} UTF-16 units"
        if not re.fullmatch(pattern, value) or not value.strip():
            yield f"{path}: {value[:80]!r} is not {pattern}"
    elif not 0 < len(value) <= COUNTS.get(path, len(value)):
        yield f"{path}: has {len(value)} members"
    if path in MAPS:
        long = [key for key in value if not 0 < len(key.encode("utf-16-le")) // 2 < 128]
        yield from (f"{path}: has the key {key[:80]!r}" for key in long)


def parts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every text, list and map of a finding, with its path; `[]` and `{}` stand for members."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, member in value.items():
            inner = f"{path}{{}}" if path in MAPS else f"{path}.{key}".lstrip(".")
            yield from parts(member, inner)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member, f"{path}[]")


def size(value: Any) -> int:
    """The bytes of a value on the wire."""
    return len(json.dumps(value).encode())
