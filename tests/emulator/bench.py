"""Measures audits of generated accounts: `tests/bench` runs it with two programs.

    bench.py PORTCULLIS PARSE

The second reads and parses the files of a bundle and does nothing else. Each figure is the median
of several runs of the whole process, start-up included. A child's peak memory is never less than
that of its parent, this script, so it is printed for audits only, and the emulator runs apart.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import large_account

RUNS = 9
OFFLINE = 5000
COUNTED = (100, 1000)
# Users, roles and policies.
PRINCIPALS = ((1000, 1000, 1500), (2000, 2000, 3000))
# Users, and as many roles; the last is what IAM's quotas allow. The aim for it is 2 s and 300 MB.
WORST = (1000, 5000)
# Users who may all become each other.
MUTUAL = (50, 200)
# Accounts in one audit: of bundles, and live.
FLEETS = (10, 1000)
LIVE = (1, 200)


@dataclass
class Measurement:
    milliseconds: float
    cpu: float  # milliseconds of it
    megabytes: float  # peak resident set


def measure(command: list[str]) -> Measurement:
    """The median of several runs, after one that warms the file cache."""
    runs = [measure_once(command) for _ in range(RUNS + 1)][1:]
    return Measurement(
        statistics.median(run.milliseconds for run in runs),
        statistics.median(run.cpu for run in runs),
        statistics.median(run.megabytes for run in runs),
    )


def measure_once(command: list[str], environment: dict[str, str] | None = None) -> Measurement:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1):  # 1: an audit that found something
        sys.exit(f"{command} failed")
    cpu = usage.ru_utime + usage.ru_stime
    return Measurement(seconds * 1000, cpu * 1000, usage.ru_maxrss / 1024)


class Emulator:
    """The launcher as a process, with the accounts of those scenarios."""

    def __init__(self, *scenarios: str) -> None:
        launcher = Path(__file__).parent / "launch.py"
        self.process = subprocess.Popen(
            [sys.executable, launcher, *scenarios],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdin and self.process.stdout
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def environment(self, lane: str, account: str) -> dict[str, str]:
        credentials = self.ready["accounts"][account]
        endpoint = f"{self.ready['endpoint']}/{lane}"
        return {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": self.ready["region"],
            "AWS_EC2_METADATA_DISABLED": "true",
            **credentials,
        }

    def calls(self, lane: str) -> int:
        url = f"{self.ready['endpoint']}/{lane}/_control/calls"
        with urllib.request.urlopen(url) as answer:
            return sum(json.load(answer).values())

    def stop(self) -> None:
        self.process.communicate()


def with_users(count: int) -> str:
    """The id of the account that has so many users."""
    return f"4444{count:08}"


def in_fleet(number: int) -> str:
    """The id of that account of the organization."""
    return f"7777{number:08}"


def count_calls(portcullis: str, emulator: Emulator) -> None:
    print(f"{'API calls':<34}{'users':>8}{'calls':>8}{'seconds':>9}")
    for users in COUNTED:
        for options in (["--quick"], []):
            lane = f"{users}{''.join(options)}"
            start = time.perf_counter()
            subprocess.run(
                [portcullis, "audit", "-o", "json", *options],
                env=emulator.environment(lane, with_users(users)),
                stdout=subprocess.DEVNULL,
            )
            seconds = time.perf_counter() - start
            name = " ".join(["audit", *options])
            print(f"{name:<34}{users:>8}{emulator.calls(lane):>8}{seconds:>9.1f}")


def verdicts(audit: list[str]) -> int:
    """How many there are; counted by a process of its own, so that this one stays small."""
    with ProcessPoolExecutor(max_workers=1) as pool:
        return pool.submit(count_verdicts, audit).result()


def count_verdicts(audit: list[str]) -> int:
    report = json.loads(subprocess.run(audit, stdout=subprocess.PIPE).stdout)
    [account] = report["accounts"]
    return sum(sum(tally.values()) for tally in account["tallies"].values())


def measure_offline(portcullis: str, parse: str, bundle: Path) -> None:
    audit = [portcullis, "audit", "--rule-set", "strict", "-o", "json", str(bundle)]
    whole, floor = measure(audit), measure([parse, str(bundle)])
    count = verdicts(audit)
    megabytes = sum(file.stat().st_size for file in bundle.iterdir()) / 1e6
    title = f"Offline, {OFFLINE} users, {megabytes:.1f} MB"
    print(f"\n{title:<34}{'ms':>8}{'MB':>8}")
    print(f"{'audit, all rules':<34}{whole.milliseconds:>8.0f}{whole.megabytes:>8.0f}")
    print(f"{'only read and parse':<34}{floor.milliseconds:>8.0f}")
    print(f"{'ratio':<34}{whole.milliseconds / floor.milliseconds:>8.1f}")
    print(f"{'verdicts':<34}{count:>8}")
    print(f"{'verdicts a second':<34}{count / whole.milliseconds * 1000:>8.0f}")


def measure_permissions(portcullis: str, directory: Path) -> None:
    """Twice as many principals and policies should take about twice as long."""
    print(f"\n{'Offline, users/roles/policies':<34}{'ms':>8}{'MB':>8}{'verdicts':>10}")
    for users, roles, policies in PRINCIPALS:
        bundle = directory / f"{users}-{roles}-{policies}"
        large_account.write(bundle, users, roles, policies)
        moment = ["--as-of", large_account.COLLECTED]
        for name, rules in (
            ("all rules", ["--rule-set", "strict"]),
            ("escalation", ["--only", "privilege-escalation"]),
        ):
            audit = [portcullis, "audit", *rules, *moment, "-o", "json", str(bundle)]
            whole = measure(audit)
            label = f"{users}/{roles}/{policies}, {name}"
            print(
                f"{label:<34}{whole.milliseconds:>8.0f}{whole.megabytes:>8.0f}{verdicts(audit):>10}"
            )


def measure_worst(portcullis: str, directory: Path) -> None:
    """Time should grow with principals, and not with their square."""
    print(f"\n{'Offline, hardest of that size':<34}{'ms':>8}{'MB':>8}{'verdicts':>10}")
    for rule_set in ("default", "strict"):
        times = []
        for size in WORST:
            bundle = directory / f"worst-{size}"
            large_account.write_worst(bundle, size)
            options = ["--rule-set", rule_set, "--as-of", large_account.COLLECTED]
            audit = [portcullis, "audit", *options, "-o", "json", str(bundle)]
            whole = measure(audit)
            times.append(whole.milliseconds)
            label = f"{size} users and roles, {rule_set}"
            figures = f"{whole.milliseconds:>8.0f}{whole.megabytes:>8.0f}{verdicts(audit):>10}"
            print(f"{label:<34}{figures}")
        exponent = math.log(times[-1] / times[0]) / math.log(WORST[-1] / WORST[0])
        print(f"{'grows with the exponent':<34}{exponent:>8.2f}")


def measure_mutual(portcullis: str, directory: Path) -> None:
    """Among people who may become each other, time grows with the square of their number."""
    print(f"\n{'Offline, people who may become each other':<44}{'ms':>8}{'MB':>8}")
    for name, may in large_account.MUTUAL.items():
        times = []
        for size in MUTUAL:
            bundle = directory / f"mutual-{size}"
            large_account.write_mutual(bundle, size, may)
            options = ["--as-of", large_account.COLLECTED, "-o", "json"]
            whole = measure([portcullis, "audit", *options, str(bundle)])
            times.append(whole.milliseconds)
            label = f"{size} {name}"
            print(f"{label:<44}{whole.milliseconds:>8.0f}{whole.megabytes:>8.0f}")
        exponent = math.log(times[-1] / times[0]) / math.log(MUTUAL[-1] / MUTUAL[0])
        print(f"{'grows with the exponent':<44}{exponent:>8.2f}")


def measure_fleet(portcullis: str, directory: Path) -> None:
    """A hundred times as many accounts: a hundred times as long, in hardly more memory."""
    print(f"\n{'Offline, accounts of 20 users':<34}{'ms':>8}{'MB':>8}{'ms each':>10}")
    original = directory / "of-a-fleet"
    large_account.write(original, 20, 20, 20)
    moment = ["--as-of", large_account.COLLECTED]
    for accounts in FLEETS:
        for bundle in bundles_of(accounts, directory):
            bundle.mkdir(parents=True, exist_ok=True)
            for file in original.iterdir():
                text = file.read_text().replace(large_account.ACCOUNT, bundle.name)
                (bundle / file.name).write_text(text)
    for form in ("json", "jsonl", "html"):
        runs = []
        for accounts in FLEETS:
            bundles = map(str, bundles_of(accounts, directory))
            whole = measure_once([portcullis, "audit", *moment, "-o", form, *bundles])
            runs.append(whole)
            label, each = f"{accounts}, as {form}", whole.milliseconds / accounts
            print(f"{label:<34}{whole.milliseconds:>8.0f}{whole.megabytes:>8.0f}{each:>10.1f}")
        few, many = runs
        milliseconds = many.milliseconds / few.milliseconds
        megabytes = many.megabytes / few.megabytes
        print(f"{'ratio':<34}{milliseconds:>8.1f}{megabytes:>8.2f}")


def measure_saved(portcullis: str, directory: Path) -> None:
    """What reads a saved report should take hardly more memory for a large one."""
    title = "Saved reports, accounts of 20 users"
    print(f"\n{title:<36}{'ms':>8}{'MB':>8}{'MB of file':>12}")
    one = str(bundles_of(1, directory)[0])
    audit = ["audit", one, "--as-of", large_account.COLLECTED, "--exit-zero"]
    commands = {
        "report -o json": ["report", "-o", "json"],
        "report -o html": ["report", "-o", "html"],
        "merge": ["merge"],
        "baseline of one account": [*audit, "--baseline"],
    }
    reports = [saved_report(portcullis, directory, accounts) for accounts in FLEETS]
    for name, command in commands.items():
        runs = []
        for accounts, report in zip(FLEETS, reports, strict=True):
            whole = measure_once([portcullis, *command, str(report)])
            runs.append(whole)
            label, size = f"{name}, {accounts}", report.stat().st_size / 1e6
            print(f"{label:<36}{whole.milliseconds:>8.0f}{whole.megabytes:>8.0f}{size:>12.1f}")
        few, many = runs
        print(f"{'ratio':<44}{many.megabytes / few.megabytes:>8.2f}")


def saved_report(portcullis: str, directory: Path, accounts: int) -> Path:
    """A report of that many accounts, with all that the rules find."""
    report = directory / f"report-{accounts}.json"
    bundles = map(str, bundles_of(accounts, directory))
    moment = ["--as-of", large_account.COLLECTED]
    measure_once([portcullis, "audit", *moment, "-o", f"json={report}", *bundles])
    return report


def bundles_of(accounts: int, directory: Path) -> list[Path]:
    """Where the bundles of that many accounts are."""
    return [directory / "fleet" / f"66{number:010}" for number in range(accounts)]


def measure_live_fleet(portcullis: str, directory: Path) -> None:
    """Accounts of an organization, a few at a time. Most of the time is the emulator's."""
    title = "Live, accounts in one quick audit"
    print(f"\n{title:<34}{'ms':>8}{'CPU ms':>8}{'MB':>8}{'calls':>8}")
    emulator = Emulator(f"fleet:{max(LIVE)}")
    runs = []
    for count in LIVE:
        listed, lane = directory / "accounts.csv", f"fleet-{count}"
        ids = [in_fleet(number) for number in range(1, count + 1)]
        listed.write_text("\n".join(["id", *ids]))
        options = ["--accounts", str(listed), "--role-name", "portcullis", "--quick"]
        environment = emulator.environment(lane, in_fleet(1))
        run = measure_once([portcullis, "audit", "-o", "json", *options], environment)
        runs.append(run)
        figures = f"{run.milliseconds:>8.0f}{run.cpu:>8.0f}{run.megabytes:>8.0f}"
        print(f"{count:<34}{figures}{emulator.calls(lane):>8}")
    emulator.stop()
    one, many = runs
    times, cpu = many.milliseconds / one.milliseconds, many.cpu / one.cpu
    print(f"{'ratio':<34}{times:>8.1f}{cpu:>8.1f}{many.megabytes / one.megabytes:>8.2f}")


def measure_start(portcullis: str) -> None:
    print(f"\n{'Start-up':<34}{'ms':>8}")
    for arguments in (["--version"], ["rules", "list"]):
        start = measure([portcullis, *arguments])
        print(f"{' '.join(arguments):<34}{start.milliseconds:>8.1f}")


def main() -> None:
    portcullis, parse = sys.argv[1:]
    emulator = Emulator(*(f"users:{count}" for count in (*COUNTED, OFFLINE)))
    count_calls(portcullis, emulator)
    bundle = Path("target/bench") / str(OFFLINE)
    bundle.parent.mkdir(parents=True, exist_ok=True)
    collect = [portcullis, "collect", "-o", str(bundle)]
    subprocess.run(collect, env=emulator.environment("collect", with_users(OFFLINE)), check=True)
    emulator.stop()
    measure_offline(portcullis, parse, bundle)
    measure_permissions(portcullis, bundle.parent)
    measure_worst(portcullis, bundle.parent)
    measure_mutual(portcullis, bundle.parent)
    measure_fleet(portcullis, bundle.parent)
    measure_saved(portcullis, bundle.parent)
    measure_live_fleet(portcullis, bundle.parent)
    measure_start(portcullis)


if __name__ == "__main__":
    main()
