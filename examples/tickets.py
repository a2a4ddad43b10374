#!/usr/bin/env python3
"""Prints each failing finding of a report as a line of JSON, for a ticket system.

    tickets.py REPORT.json

The key is the finding's fingerprint, which stays the same from run to run: open a ticket for each
key that has none yet.
"""

import json
import sys


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    titles = {rule["id"]: rule["title"] for rule in report["rules"]}
    for finding in report["findings"]:
        if finding["verdict"] == "fail":
            ticket = {
                "key": finding["fingerprint"],
                "severity": finding["severity"],
                "title": f"{titles[finding['rule']]}: {finding['resource']['name']}",
                "text": f"{finding['message']}\n\n{finding['remediation']}",
            }
            print(json.dumps(ticket))


main()
