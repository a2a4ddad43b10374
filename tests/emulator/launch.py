"""Starts an emulator of AWS with accounts in it, for the end-to-end tests.

    launch.py [--allow POLICY] SCENARIO…

With a policy, a JSON file, the credentials are allowed that and nothing else. Each scenario is a
name in `scenarios/`, a JSON file, `users:N` (see `account.py`), `fleet:N` (`fleet.py`) or
`bundle:DIR` (`bundle.py`). When ready, prints one line of JSON: `endpoint` (the proxy's; add a
lane, see `proxy.py`), `region`, and `accounts`: for each account id the environment variables with
its credentials. For each line on its standard input it fills the accounts anew and prints `filled`.
Stops when its standard input is closed, so that it never outlives the test that started it.
"""

import argparse
import json
import logging
import sys
import threading
from pathlib import Path

from moto.server import ThreadedMotoServer

import account
import aws_answers
import enforcement
import fleet
import over_http
import root_sessions
from bundle import Bundle
from proxy import Proxy


def fill(name: str) -> list[account.Account]:
    """Puts a scenario into moto's backends, in place of what is there."""
    if name.startswith("bundle:"):
        return [Bundle(Path(name.removeprefix("bundle:"))).fill()]
    if name.startswith("fleet:"):
        return fleet.fill(int(name.removeprefix("fleet:")))
    scenario = account.load(name)
    account.fill(scenario)
    return [scenario]


def fill_all(names: list[str]) -> list[account.Account]:
    return [scenario for name in names for scenario in fill(name)]


def serve() -> tuple[ThreadedMotoServer, Proxy]:
    """Serves the accounts on free ports of the loopback interface."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    proxy = Proxy(server.get_host_and_port()[1])
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    return server, proxy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--allow", metavar="POLICY", type=argparse.FileType())
    parser.add_argument("scenarios", metavar="SCENARIO", nargs="+")
    arguments = parser.parse_args()
    aws_answers.install()
    root_sessions.install()
    scenarios = fill_all(arguments.scenarios)
    server, proxy = serve()
    sessions = {scenario.account: account.credentials(scenario) for scenario in scenarios}
    keys = [sessions[scenario.account]["AWS_ACCESS_KEY_ID"] for scenario in scenarios]
    proxy.accounts = dict(zip(keys, scenarios, strict=True))
    for scenario in scenarios:
        if scenario.over_http:
            over_http.fill(f"{proxy.endpoint}/setup", sessions[scenario.account], account.REGION)
    if arguments.allow:
        enforcement.allow_only(arguments.allow.read(), scenarios)
    ready = {"endpoint": proxy.endpoint, "region": account.REGION, "accounts": sessions}
    print(json.dumps(ready), flush=True)
    for _ in sys.stdin:
        proxy.accounts = dict(zip(keys, fill_all(arguments.scenarios), strict=True))
        print("filled", flush=True)
    proxy.stopping.set()
    proxy.shutdown()
    server.stop()


if __name__ == "__main__":
    main()
