"""CSV by RFC 4180: CRLF, one header, a cell a column, and nothing that a spreadsheet computes."""

import csv
import io
import json
import re
from pathlib import Path

HEADER = (
    "severity,status,account,rule,title,resource_kind,resource_name,region,message,remediation,"
    "waiver,waiver_reason,waiver_owner,waiver_expires,baseline,first_seen,verdict,missing,"
    "evidence,resource_id,fingerprint,as_of,references,partition,urgent"
)
COLUMNS = HEADER.split(",")

# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def check(path: Path, tools: Path) -> list[str]:
    """The problems of a rendered file."""
    text = path.read_bytes().decode("utf-8")
    outside = re.sub(r'"(?:[^"]|"")*"', "", text)
    if "\n" in outside.replace("\r\n", "") or "\r" in outside.replace("\r\n", ""):
        return ["a record does not end with CRLF"]
    if not text.endswith("\r\n"):
        return ["the last record does not end with CRLF"]
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        return [f"not CSV: {error}"]
    if header != COLUMNS:
        return [f"other columns: {header}"]
    return [
        f"row {number}: {problem}"
        for number, row in enumerate(rows, start=1)
        for problem in check_row(row)
    ]


def check_row(row: list[str]) -> list[str]:
    """What is wrong with a finding's cells."""
    if len(row) != len(COLUMNS):
        return [f"{len(row)} cells"]
    cells = dict(zip(COLUMNS, row, strict=True))
    problems = [f"a formula: {cell!r}" for cell in row if FORMULA.match(cell)]
    problems += [
        f"several lines: {name}"
        for name, cell in cells.items()
        if name != "remediation" and ("\n" in cell or "\r" in cell)
    ]
    try:
        if not isinstance(json.loads(cells["evidence"]), dict):
            problems.append("the evidence is not an object")
    except ValueError as error:
        problems.append(f"the evidence is not valid JSON: {error}")
    return problems
