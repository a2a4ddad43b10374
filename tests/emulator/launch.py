"""Starts an emulator of AWS with accounts in it, for the end-to-end tests.

    launch.py SCENARIO…

Each scenario is a name in `scenarios/`, a JSON file, or `users:N`; see `account.py`. When ready,
prints one line of JSON: `endpoint` (the proxy's; add a lane, see `proxy.py`), `region`, and
`accounts`: for each account id the environment variables with its credentials. Stops when its
standard input is closed, so that it never outlives the test that started it.
"""

import json
import logging
import sys
import threading

from moto.server import ThreadedMotoServer

import account
import aws_answers
import over_http
from proxy import Proxy


def start(scenarios: list[account.Account]) -> tuple[ThreadedMotoServer, Proxy]:
    """Fills the accounts and serves them on free ports of the loopback interface."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    aws_answers.install()
    for scenario in scenarios:
        account.fill(scenario)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    proxy = Proxy(server.get_host_and_port()[1])
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    return server, proxy


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: launch.py SCENARIO…")
    scenarios = [account.load(name) for name in sys.argv[1:]]
    server, proxy = start(scenarios)
    sessions = {scenario.account: account.credentials(scenario) for scenario in scenarios}
    for scenario in scenarios:
        if scenario.over_http:
            over_http.fill(f"{proxy.endpoint}/setup", sessions[scenario.account], account.REGION)
    ready = {"endpoint": proxy.endpoint, "region": account.REGION, "accounts": sessions}
    print(json.dumps(ready), flush=True)
    sys.stdin.read()
    proxy.stopping.set()
    proxy.shutdown()
    server.stop()


if __name__ == "__main__":
    main()
