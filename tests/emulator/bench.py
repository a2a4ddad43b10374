"""Measures audits of generated accounts: `tests/bench` runs it with two programs.

    bench.py PORTCULLIS PARSE

The second reads and parses the files of a bundle and does nothing else. Each figure is the median
of several runs of the whole process, start-up included.
"""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import account
import large_account
import launch
from proxy import Proxy

RUNS = 9
OFFLINE_USERS = 5000
COUNTED_USERS = (100, 1000)
# Users, roles and policies; the aim for the first is under 2 seconds and 300 MB.
PRINCIPALS = ((1000, 1000, 1500), (2000, 2000, 3000))

# Runs a program and prints its milliseconds and its peak of megabytes.
STARTER = """
import os, sys, time
null = os.open(os.devnull, os.O_WRONLY)
silent = [(os.POSIX_SPAWN_DUP2, null, stream) for stream in (1, 2)]
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
usage = os.wait4(child, 0)[2]
print((time.perf_counter() - start) * 1000, usage.ru_maxrss / 1024)
"""


@dataclass
class Measurement:
    milliseconds: float
    megabytes: float  # peak resident set


def measure(command: list[str]) -> Measurement:
    """The median of several runs, after one that warms the file cache."""
    runs = [measure_once(command) for _ in range(RUNS + 1)][1:]
    return Measurement(
        statistics.median(run.milliseconds for run in runs),
        statistics.median(run.megabytes for run in runs),
    )


def measure_once(command: list[str]) -> Measurement:
    """Measured from a small process: a program's peak is at least that of whoever starts it."""
    starter = [sys.executable, "-I", "-S", "-c", STARTER, *command]
    printed = subprocess.run(starter, stdout=subprocess.PIPE, check=True, text=True).stdout
    return Measurement(*map(float, printed.split()))


def environment(endpoint: str, users: account.Account) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": account.REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **account.credentials(users),
    }


def count_calls(portcullis: str, proxy: Proxy, accounts: list[account.Account]) -> None:
    print(f"{'API calls':<34}{'users':>8}{'calls':>8}{'seconds':>9}")
    for users in accounts:
        for options in (["--quick"], []):
            lane = users.account + "".join(options)
            start = time.perf_counter()
            audit = [portcullis, "audit", "-o", "json", *options]
            subprocess.run(
                audit, env=environment(f"{proxy.endpoint}/{lane}", users), stdout=subprocess.DEVNULL
            )
            seconds = time.perf_counter() - start
            calls = sum(proxy.lanes[lane].calls.values())
            name = " ".join(["audit", *options])
            print(f"{name:<34}{len(users.users):>8}{calls:>8}{seconds:>9.1f}")


def verdicts(audit: list[str]) -> int:
    report = json.loads(subprocess.run(audit, stdout=subprocess.PIPE).stdout)
    return sum(sum(tally.values()) for tally in report["tallies"].values())


def measure_offline(portcullis: str, parse: str, bundle: Path) -> None:
    audit = [portcullis, "audit", "--rule-set", "strict", "-o", "json", str(bundle)]
    whole, floor = measure(audit), measure([parse, str(bundle)])
    size = sum(file.stat().st_size for file in bundle.iterdir()) / 1e6
    count = verdicts(audit)
    print(f"\nOffline, {OFFLINE_USERS} users, {size:.1f} MB{'':<9}{'ms':>8}{'MB':>8}")
    print(f"{'audit, all rules':<34}{whole.milliseconds:>8.0f}{whole.megabytes:>8.0f}")
    print(f"{'only read and parse':<34}{floor.milliseconds:>8.0f}{floor.megabytes:>8.0f}")
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


def measure_start(portcullis: str) -> None:
    print(f"\n{'Start-up':<34}{'ms':>8}{'MB':>8}")
    for arguments in (["--version"], ["rules", "list"]):
        start = measure([portcullis, *arguments])
        print(f"{' '.join(arguments):<34}{start.milliseconds:>8.1f}{start.megabytes:>8.0f}")


def main() -> None:
    portcullis, parse = sys.argv[1:]
    counted = [account.generated(count) for count in COUNTED_USERS]
    many = account.generated(OFFLINE_USERS)
    server, proxy = launch.start([*counted, many])
    count_calls(portcullis, proxy, counted)
    bundle = Path("target/bench") / str(OFFLINE_USERS)
    bundle.parent.mkdir(parents=True, exist_ok=True)
    collect = [portcullis, "collect", "-o", str(bundle)]
    subprocess.run(collect, env=environment(f"{proxy.endpoint}/collect", many), check=True)
    launch.stop(server, proxy)
    measure_offline(portcullis, parse, bundle)
    measure_permissions(portcullis, bundle.parent)
    measure_start(portcullis)


if __name__ == "__main__":
    main()
