"""Writes the samples in every format by the real binary, and asks each format's validators.

validate.py BINARY TOOLS [FORMAT...]
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import samples

FORMATS = [
    "asff",
    "csv",
    "github",
    "gitlab",
    "html",
    "jsonl",
    "junit",
    "markdown",
    "ocsf",
    "sarif",
]


def render(binary: Path, report: Path, directory: Path) -> None:
    """Writes a report in every format, all in one run."""
    command = [binary, "report", report]
    for name in FORMATS:
        command += ["-o", f"{name}={directory / name}"]
    subprocess.run(command, check=True)


def check(name: str, sample: str, path: Path, tools: Path) -> bool:
    """Whether a file is valid; tells what is wrong with it."""
    start = time.monotonic()
    problems = importlib.import_module(f"check_{name}").check(path, tools)
    print(f"{name:10}{sample:10}{'ok' if not problems else 'INVALID':8}", end="")
    print(f"{path.stat().st_size / 1e6:9.3f} MB{time.monotonic() - start:8.1f} s", flush=True)
    for problem in problems[:20]:
        print(f"    {problem}"[:500], flush=True)
    return not problems


def browse(directories: list[Path], tools: Path) -> bool:
    """Whether the HTML report works in a browser."""
    pages = []
    for directory in directories:
        # A browser goes by the name's ending.
        pages.append((directory / "html").rename(directory / "report.html"))
    script = Path(__file__).parent / "browser.mjs"
    environment = os.environ | {"CHROMIUM": shutil.which("chromium") or "chromium"}
    done = subprocess.run(["node", script, tools, *pages], env=environment, check=False)
    print(f"{'browser':20}{'ok' if done.returncode == 0 else 'INVALID':8}", flush=True)
    return done.returncode == 0


def main() -> int:
    """Validates everything, or some formats only."""
    binary, tools = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    wanted = sys.argv[3:] or FORMATS
    valid = True
    with tempfile.TemporaryDirectory() as temporary:
        directories = {}
        for sample, report in samples.reports(binary).items():
            directories[sample] = directory = Path(temporary) / sample
            directory.mkdir()
            (directory / "report.json").write_text(json.dumps(report), encoding="utf-8")
            render(binary, directory / "report.json", directory)
        for name in wanted:
            for sample, directory in directories.items():
                valid &= check(name, sample, directory / name, tools)
        if "html" in wanted:
            valid &= browse(list(directories.values()), tools)
    print("Every file is valid." if valid else "Some files are not valid.")
    return 0 if valid else 1


sys.exit(main())
