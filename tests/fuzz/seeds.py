#!/usr/bin/env python3
"""Writes the inputs that fuzzing starts from, made of the examples: a directory for each target.

seeds.py PORTCULLIS DIRECTORY
"""

import base64
import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
ACCOUNTS_CSV = """\
id,role_arn,external_id,name
111122223333,arn:aws:iam::111122223333:role/audit/reader,pass-phrase,prod
444455556666,,,
"""
ACCOUNTS_JSON = """\
{"id": "111122223333", "role_arn": "arn:aws:iam::111122223333:role/a", "name": "prod"}
{"id": "444455556666", "external_id": "pass-phrase"}
"""
BUNDLES = sorted(manifest.parent for manifest in EXAMPLES.glob("*/manifest.json"))


def values(json_value: Any, *keys: str) -> Iterator[Any]:
    """What stands under those keys, at any depth."""
    if isinstance(json_value, dict):
        for key, value in json_value.items():
            if key in keys:
                yield value
            yield from values(value, *keys)
    elif isinstance(json_value, list):
        for item in json_value:
            yield from values(item, *keys)


def report(portcullis: str, bundle: Path, rule: str) -> bytes:
    command = [portcullis, "audit", "--only", rule, "-o", "json", str(bundle)]
    return subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ).stdout


def seeds(portcullis: str) -> Iterator[tuple[str, bytes]]:
    for bundle in BUNDLES:
        answers = []
        for file in bundle.glob("*.json"):
            text = file.read_bytes()
            content = json.loads(text)
            if file.stem == "credential-report":
                yield "credential_report", base64.b64decode(content["Content"])
            answers.append(file.stem.encode() + b"\0" + text)
            yield "answers", answers[-1]
            keys = ("PolicyDocument", "Document", "AssumeRolePolicyDocument")
            for document in values(content, *keys):
                yield "policy", json.dumps(document).encode()
            for metadata in values(content, "SAMLMetadataDocument"):
                yield "saml", metadata.encode()
        yield "answers", b"\0".join(answers)
    for file in (ROOT / "rules").glob("*/*.toml"):
        yield "rules", file.read_bytes()
        # With one rule each, they are short.
        yield "report", report(portcullis, EXAMPLES / "leaky", file.stem)
    for file in EXAMPLES.rglob("portcullis.toml"):
        yield "configuration", file.read_bytes()
    for accounts in (ACCOUNTS_CSV, ACCOUNTS_JSON):
        yield "configuration", accounts.encode()
    for file in (EXAMPLES / "trail" / "logs").rglob("*.json"):
        yield "trail", file.read_bytes()
        yield "trail", gzip.compress(file.read_bytes(), mtime=0)


def main() -> None:
    portcullis, directory = sys.argv[1:]
    for target, content in seeds(portcullis):
        # By the content, as libFuzzer names what it finds.
        name = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        path = Path(directory) / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
