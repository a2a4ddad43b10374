"""Measures how the log files of a trail are read: `tests/bench` runs it with one program.

    bench_trail.py READ

Made into `target/bench` are thousands of small files and a few of 50 MB, the largest that
CloudTrail writes, with few and with many events that concern sign-ins. The floor is what
decompressing them alone takes. CPU seconds are of user and kernel together, and medians. The
bytes of a kept event are those by which a set takes more than the one before it of that size.
"""

import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import uuid
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

RUNS = 5
BENCH = Path("target/bench/trail")
# Of a hundred events, so many concern sign-ins: as in a trail at work, and where a program is
# refused roles.
MIXES = {"sparse": 0.5, "dense": 5}
# Files, and the events in each: 1 to 50 KB, and 50 MB.
SIZES = {"small": (3000, (5, 300)), "large": (2, (230_000, 230_000))}
# The bars: CPU over the floor by mix, CPU over that of gunzip, megabytes, and bytes a kept event.
OVER_FLOOR = {"sparse": 1.5, "dense": 1.75}
OVER_GUNZIP, MEGABYTES, BYTES = 0.6, 30, 100

OTHERS = [
    ("ec2", "DescribeInstances"),
    ("s3", "GetBucketAcl"),
    ("kms", "Decrypt"),
    ("logs", "CreateLogStream"),
    ("sts", "AssumeRole"),
]


def event(number: int, chance: random.Random, of_interest: bool) -> dict[str, Any]:
    """An event in the order of fields in which CloudTrail writes them."""
    service, name = ("sts", "AssumeRole") if of_interest else chance.choice(OTHERS)
    session = f"session-{chance.randrange(50)}"
    issuer = {"type": "Role", "principalId": "AROACKCEVSQ6C2EXAMPLE", "userName": "app"}
    record = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROACKCEVSQ6C2EXAMPLE:{session}",
            "arn": f"arn:aws:sts::111122223333:assumed-role/app/{session}",
            "accountId": "111122223333",
            "accessKeyId": f"ASIA{chance.getrandbits(64):016X}",
            "sessionContext": {
                "sessionIssuer": issuer,
                "attributes": {"mfaAuthenticated": "false"},
            },
        },
        "eventTime": f"2026-11-18T08:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": f"192.0.2.{chance.randrange(256)}",
        "userAgent": "aws-sdk-java/2.31.6 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1",
        "requestParameters": {
            "roleArn": "arn:aws:iam::111122223333:role/deploy",
            "resource": f"arn:aws:kms:eu-central-1:111122223333:key/{chance.getrandbits(256):064x}",
            "context": f"{chance.getrandbits(512):0128X}",
        },
        "responseElements": None,
        "requestID": str(uuid.UUID(int=chance.getrandbits(128))),
        "eventID": str(uuid.UUID(int=chance.getrandbits(128))),
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    }
    if of_interest:
        record |= {
            "errorCode": "AccessDenied",
            "errorMessage": "not authorized to perform sts:AssumeRole",
        }
    return record


def write(path: Path, seed: int, counts: tuple[int, int], percentage: float) -> None:
    """A log file of a trail."""
    chance = random.Random(seed)
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(b'{"Records":[')
        for number in range(chance.randint(*counts)):
            record = event(number, chance, chance.uniform(0, 100) < percentage)
            text = json.dumps(record, separators=(",", ":"))
            file.write(("," if number else "").encode() + text.encode())
        file.write(b"]}")


def make(directory: Path, size: str, mix: str) -> None:
    """The files of a set, unless they are there."""
    if directory.is_dir():
        return
    started = directory.with_suffix(".part")
    started.mkdir(parents=True, exist_ok=True)
    files, counts = SIZES[size]
    with ProcessPoolExecutor() as pool:
        for seed in range(files):
            pool.submit(write, started / f"{seed:05}.json.gz", seed, counts, MIXES[mix])
    started.rename(directory)


def measure(command: list[str]) -> tuple[float, list[int]]:
    """CPU seconds, and the numbers that it prints."""
    seconds, printed = [], b""
    for _ in range(RUNS):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout
        while chunk := process.stdout.read(1 << 20):
            printed = chunk
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"{command[:2]} failed")
        seconds.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(seconds), [int(number) for number in printed.split()]


def main() -> None:
    """Prints a line for each set."""
    program = sys.argv[1]
    print(
        f"{'trail':<14}{'MB':>6}{'floor s':>9}{'read s':>8}{'/ floor':>9}{'/ gunzip':>10}", end=""
    )
    print(f"{'peak MB':>9}{'kept':>9}{'B each':>8}")
    for size in SIZES:
        fewer, less = 0, 0.0
        for mix in MIXES:
            directory = BENCH / f"{size}-{mix}"
            make(directory, size, mix)
            files = [str(file) for file in sorted(directory.iterdir())]
            # Into the void by the shell, since a pipe would cost gunzip more than the others.
            gunzip = ["sh", "-c", 'gunzip -c "$@" >/dev/null', "gunzip", *files]
            floor, [length, _] = measure([program, "inflate", str(directory)])
            read, [kept, kilobytes] = measure([program, "events", str(directory)])
            slower, faster = read / floor, read / measure(gunzip)[0]
            peak = kilobytes / 1024
            each = (peak - less) * 1e6 / (kept - fewer) if fewer else 0
            fewer, less = kept, peak
            print(f"{f'{size} {mix}':<14}{length / 1e6:>6.0f}{floor:>9.2f}{read:>8.2f}", end="")
            print(f"{slower:>9.2f}{faster:>10.2f}{peak:>9.0f}{kept:>9}{each:>8.0f}", end="")
            room = MEGABYTES + kept * BYTES / 1e6
            over = [slower > OVER_FLOOR[mix], faster > OVER_GUNZIP, peak > room]
            print("  over the bar" if any(over) else "")


main()
