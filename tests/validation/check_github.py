"""GitHub's workflow commands: byte by byte what GitHub's own toolkit prints.

Also that a step's annotations stay within what GitHub shows, and that the last tells the outcome.
"""

import collections
import json
import pathlib
import re
import subprocess

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,]*)::([^\r\n]*)")
SHOWN = 10

# Prints each command of a list of [level, title, message] as steps in JavaScript do.
PRINT = """
import { readFileSync } from "node:fs";
const core = await import(process.argv[1]);
const commands = JSON.parse(readFileSync(0, "utf8"));
for (const [level, title, message] of commands) core[level](message, { title });
"""


def check(path: pathlib.Path, tools: pathlib.Path) -> list[str]:
    """Returns what is wrong with the commands in a file."""
    text = path.read_bytes().decode()
    commands = []
    for number, line in enumerate(text.split("\n")[:-1], 1):
        match = COMMAND.fullmatch(line)
        if not match:
            return [f"line {number} is not a command: {line!r}"]
        level, title, message = match.groups()
        commands.append((level, unescape(title), unescape(message)))
    printed = by_toolkit(commands, tools)
    problems = [] if printed == text else ["the toolkit would print other bytes"]
    counts = collections.Counter(level for level, _, _ in commands)
    problems += [f"{count} of level {level}" for level, count in counts.items() if count > SHOWN]
    if not commands or not commands[-1][2].startswith("Exit status "):
        problems.append("the last command does not tell the outcome")
    return problems


def unescape(text: str) -> str:
    """Reads a title or message as GitHub's runner does."""
    for escaped, character in [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")]:
        text = text.replace(escaped, character)
    return text.replace("%25", "%")


def by_toolkit(commands: list[tuple[str, str, str]], tools: pathlib.Path) -> str:
    """Prints the commands by `@actions/core`."""
    core = tools / "node_modules/@actions/core/lib/core.js"
    node = ["node", "--input-type=module", "--eval", PRINT, core.resolve().as_uri()]
    told = json.dumps(commands).encode()
    return subprocess.run(node, input=told, capture_output=True, check=True).stdout.decode()
