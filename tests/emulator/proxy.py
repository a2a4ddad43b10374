"""A proxy in front of the emulator that counts every call and answers some with a fault.

The first part of a request's path is its lane: calls and faults are kept for each lane apart, so
that audits can run side by side. An audit uses `http://127.0.0.1:PORT/LANE` as its endpoint, and a
test controls the lane by:

* `POST /LANE/_control/faults`, `{"GetUser": {"kind": "Throttling", "times": 2}}`: see `Fault`.
  `GetUser@111122223333` is limited to calls to that account, and `*@111122223333` means all of them
  but AssumeRole and AssumeRoot;
* `GET /LANE/_control/calls`: `{"iam:GetAccountSummary": 3}`, every attempt counted;
* `POST /LANE/_control/reset`: forgets both.
"""

import http.client
import json
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import root_sessions
import surroundings
from account import Account

REQUEST_ID = "7a62c49f-347e-4fc4-9331-6e8e3dexample"
XMLNS = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
HANG_SECONDS = 120
# Operations of the services that name theirs in the path.
PATHS = {
    "POST /getAlternateContact": "GetAlternateContact",
    "GET /analyzer": "ListAnalyzers",
    "PUT /analyzer": "CreateAnalyzer",
}

# Code: HTTP status and message, from the API references. On the wire, the report's are "Unknown".
ERRORS = {
    "AccessDenied": (
        403,
        "User: {caller} is not authorized to perform: {service}:{action} on resource: * because "
        "no identity-based policy allows the {service}:{action} action",
    ),
    "ExpiredToken": (403, "The security token included in the request is expired"),
    "InvalidClientTokenId": (403, "The security token included in the request is invalid"),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match."),
    "LimitExceeded": (409, "Cannot exceed quota"),
    "NoSuchEntity": (404, "The user with name {user} cannot be found."),
    "ReportExpired": (410, "Unknown"),
    "ReportInProgress": (404, "Unknown"),
    "ReportNotPresent": (410, "Unknown"),
    "ServiceAccessNotEnabledException": (400, "Trusted access is not enabled for IAM."),
    "ServiceFailure": (500, "Unknown"),
    "Throttling": (400, "Rate exceeded"),
}
# What a guardrail says to root: AccessDenied too, in the words of
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
ERRORS["DeniedByGuardrail"] = (
    403,
    "User: arn:aws:iam::111122223333:root is not authorized to perform: {service}:{action} on "
    "resource: arn:aws:iam::111122223333:root with an explicit deny in a service control policy",
)
CALLER = "arn:aws:sts::111122223333:assumed-role/portcullis/audit"
HTML = "<!DOCTYPE html><html><body><h1>Service unavailable</h1></body></html>"


@dataclass
class Fault:
    """What to answer instead.

    The kind is one of `ERRORS`; `Html200` or `Html500`; `Hang` (no answer); `Cut` (the connection
    is closed in mid-body); `Garbage` (half of the body); or `InProgress` (of the report).
    """

    kind: str
    times: int | None = None  # so often, then calls pass; none: always
    later_pages: bool = False  # only calls that carry a Marker
    user: str | None = None  # only calls about this user
    region: str | None = None  # only calls to this region

    def takes(self, call: "Call") -> bool:
        """Whether it answers this call; counts down if so."""
        if self.times == 0 or (self.later_pages and "Marker" not in call.form):
            return False
        if self.user is not None and call.form.get("UserName") != self.user:
            return False
        if self.region is not None and call.region != self.region:
            return False
        self.times = None if self.times is None else self.times - 1
        return True


@dataclass
class Lane:
    calls: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Fault] = field(default_factory=dict)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]
    cut: bool = False  # close the connection in mid-body


@dataclass
class Call:
    """A request to AWS, whatever protocol its service speaks."""

    service: str  # as in IAM actions: the service signed for
    action: str
    form: dict[str, str]
    key: str  # the access key that signs
    region: str

    @classmethod
    def of(cls, method: str, path: str, headers: Any, body: bytes) -> "Call":
        # Credential=KEY/DATE/REGION/SERVICE/aws4_request
        _, _, scope = headers.get("Authorization", "").partition("Credential=")
        parts = scope.split(",")[0].split("/")
        key, _, region, service = parts[:4] if len(parts) > 4 else ("", "", "", "unsigned")
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        target = headers.get("X-Amz-Target", "").rpartition(".")[2]
        place = f"{method} {path.partition('?')[0]}"
        action = form.get("Action") or target or PATHS.get(place, "Unknown")
        return cls(service, action, form, key, region)

    @property
    def entered(self) -> str | None:
        """The account that the call asks for a session in."""
        if self.action == "AssumeRole":
            return self.form["RoleArn"].split(":")[4]
        return self.form.get("TargetPrincipal")


def json_answer(status: int, content: Any, error: str | None = None) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": REQUEST_ID}
    if error:
        headers["x-amzn-ErrorType"] = error
    return Answer(status, json.dumps(content).encode(), headers)


def error(kind: str, call: Call) -> Answer:
    """AWS's error of that kind, in the protocol of the service."""
    status, template = ERRORS[kind]
    message = template.format(
        caller=CALLER,
        service=call.service,
        action=call.action,
        user=call.form.get("UserName"),
    )
    if call.service not in XMLNS:
        return json_answer(status, {"message": message}, f"{kind}Exception")
    side = "Receiver" if status == 500 else "Sender"
    kind = "AccessDenied" if kind == "DeniedByGuardrail" else kind
    return xml_answer(
        status,
        f"""<ErrorResponse xmlns="{XMLNS[call.service]}">
  <Error>
    <Type>{side}</Type>
    <Code>{kind}</Code>
    <Message>{escape(message)}</Message>
  </Error>
  <RequestId>{REQUEST_ID}</RequestId>
</ErrorResponse>
""",
    )


def in_progress() -> Answer:
    """GenerateCredentialReport's answer while AWS makes the report."""
    return xml_answer(
        200,
        f"""<GenerateCredentialReportResponse xmlns="{XMLNS["iam"]}">
  <GenerateCredentialReportResult><State>INPROGRESS</State></GenerateCredentialReportResult>
  <ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>
</GenerateCredentialReportResponse>
""",
    )


def xml_answer(status: int, body: str) -> Answer:
    headers = {"Content-Type": "text/xml", "x-amzn-RequestId": REQUEST_ID}
    return Answer(status, body.encode(), headers)


class Proxy(ThreadingHTTPServer):
    """Listens on a free port of the loopback interface and forwards to the emulator's port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = upstream
        self.accounts: dict[str, Account] = {}  # by access key
        self.assumed: dict[str, str] = {}  # the account of a role's session, by access key
        self.lanes: dict[str, Lane] = {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, as timed-out ones do, is not news; all else goes to stderr."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def fault(self, lane_name: str, call: Call) -> Fault | None:
        """Counts the call and finds the fault that answers it."""
        with self.lock:
            lane = self.lanes.setdefault(lane_name, Lane())
            lane.calls[f"{call.service}:{call.action}"] += 1
            if call.entered is not None:
                names = [f"{call.action}@{call.entered}"]
            else:
                account = self.assumed.get(call.key)
                names = [f"{call.action}@{account}", f"*@{account}"]
            faults = (lane.faults.get(name) for name in [*names, call.action])
            return next((fault for fault in faults if fault and fault.takes(call)), None)

    def control(self, lane_name: str, command: str, body: bytes) -> Any:
        with self.lock:
            lane = self.lanes.setdefault(lane_name, Lane())
            if command == "faults":
                lane.faults = {action: Fault(**fault) for action, fault in json.loads(body).items()}
            elif command == "reset":
                self.lanes[lane_name] = Lane()
            elif command != "calls":
                return {"error": f"no such command: {command}"}
            return dict(lane.calls)

    def answer(self, method: str, path: str, headers: Any, body: bytes, call: Call) -> Answer:
        """The emulator's answer; those of Access Analyzer and CloudTrail are ours."""
        if call.key in root_sessions.SESSIONS and call.action not in root_sessions.ALLOWED:
            return error("AccessDenied", call)
        if call.service == "access-analyzer":
            account = self.accounts.get(call.key)
            entry = account.surroundings if account else surroundings.Surroundings()
            owner = account.account if account else "unknown"
            if call.action == "CreateAnalyzer":
                request = json.loads(body)
                return json_answer(200, surroundings.create_analyzer(entry, call.region, request))
            return json_answer(200, surroundings.analyzers(owner, entry, call.region))
        if call.action == "LookupEvents":
            account = self.accounts.get(call.key)
            owner = account.account if account else "unknown"
            return json_answer(
                200, surroundings.lookup_events(owner, call.region, json.loads(body))
            )
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream)
        kept = {
            name: value
            for name, value in headers.items()
            if name.lower() not in ("host", "connection")
        }
        connection.request(method, path, body, kept)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if call.entered is not None and response.status == 200:
            key = content.partition(b"<AccessKeyId>")[2].partition(b"</AccessKeyId>")[0]
            self.assumed[key.decode()] = call.entered
        dropped = ("connection", "content-length", "date", "server", "transfer-encoding")
        return Answer(
            response.status,
            content,
            {k: v for k, v in response.getheaders() if k.lower() not in dropped},
        )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True
    server: Proxy

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: tests read stderr."""

    def do_GET(self) -> None:
        self.handle_call()

    def do_POST(self) -> None:
        self.handle_call()

    def do_PUT(self) -> None:
        self.handle_call()

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        lane, _, rest = self.path.lstrip("/").partition("/")
        if rest.startswith("_control/"):
            answer = self.server.control(lane, rest.removeprefix("_control/"), body)
            return self.send(
                Answer(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})
            )
        path = f"/{rest}"
        call = Call.of(self.command, path, self.headers, body)
        fault = self.server.fault(lane, call)
        if fault is None:
            return self.send(self.server.answer(self.command, path, self.headers, body, call))
        if fault.kind == "Hang":
            self.server.stopping.wait(HANG_SECONDS)
            self.close_connection = True
            return None
        return self.send(self.faulty(fault.kind, path, body, call))

    def faulty(self, kind: str, path: str, body: bytes, call: Call) -> Answer:
        if kind in ("Html200", "Html500"):
            return Answer(
                int(kind.removeprefix("Html")), HTML.encode(), {"Content-Type": "text/html"}
            )
        if kind == "InProgress":
            return in_progress()
        if kind in ERRORS:
            return error(kind, call)
        answer = self.server.answer(self.command, path, self.headers, body, call)
        if kind == "Cut":
            answer.cut = True
        elif kind == "Garbage":
            answer.body = answer.body[: len(answer.body) // 2]
        else:
            raise ValueError(f"no such fault: {kind}")
        return answer

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
        self.close_connection = self.close_connection or answer.cut
