"""The accounts that the emulator shows: read from a scenario, filled into moto's backend.

A scenario is a JSON object with the fields of `Account`; for its moments see `moments.py`. Several
things that AWS keeps have no place in moto's classes; they are set as attributes, which
`aws_answers` reads.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import (
    AWSManagedPolicy,
    IAMBackend,
    SigningCertificate,
    VirtualMfaDevice,
    iam_backends,
)
from moto.iam.models import User as MotoUser
from moto.sts.models import sts_backends

import surroundings
from moments import Moment, moment
from surroundings import Surroundings

REGION = "us-east-1"
CREDENTIALS_ROLE = "portcullis"


@dataclass
class Password:
    last_changed: Moment
    last_used: Moment | None = None


@dataclass
class Key:
    created: Moment
    rotated: Moment | None = None  # the report's last_rotated, where activation moved it
    active: bool = True
    last_used: Moment | None = None
    service: str = "N/A"
    region: str = "N/A"
    id: str | None = None  # none: made up


@dataclass
class User:
    name: str
    created: Moment = 400
    path: str = "/"
    password: Password | None = None
    mfa: list[str] = field(default_factory=list)  # virtual, fido, sms or hardware
    keys: list[Key] = field(default_factory=list)
    certificates: list[Moment] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)  # names of AWS managed policies
    inline: dict[str, Any] = field(default_factory=dict)  # name: document
    tags: dict[str, str] = field(default_factory=dict)
    in_report: bool = True  # false: created after the credential report

    def __post_init__(self) -> None:
        self.password = (
            Password(**self.password) if isinstance(self.password, dict) else self.password
        )
        self.keys = [Key(**key) if isinstance(key, dict) else key for key in self.keys]


@dataclass
class Role:
    name: str
    trusts: dict[str, Any]  # the principal
    attached: list[str] = field(default_factory=list)  # names of AWS managed policies


@dataclass
class Root:
    created: Moment = 1000
    password: Password | None = None
    keys: list[Key] = field(default_factory=list)
    certificates: int = 0
    mfa: str | None = None  # virtual or hardware

    def __post_init__(self) -> None:
        self.password = (
            Password(**self.password) if isinstance(self.password, dict) else self.password
        )
        self.keys = [Key(**key) if isinstance(key, dict) else key for key in self.keys]


@dataclass
class RootUser:
    """Root as the owner of a device: a user without name and path."""

    id: str
    arn: str
    create_date: datetime


@dataclass
class Account:
    account: str
    alias: str | None = None
    root: Root = field(default_factory=Root)
    password_policy: dict[str, Any] | None = None  # arguments of update_account_password_policy
    groups: dict[str, list[str]] = field(default_factory=dict)  # name: AWS managed policies
    roles: list[Role] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    unassigned_mfa: list[str] = field(default_factory=list)
    report: Moment | None = None  # when AWS made the credential report; none: there is none yet
    page_size: int = 1000
    surroundings: Surroundings = field(default_factory=Surroundings)
    over_http: bool = False  # also fill it as a client would: see over_http.py

    def __post_init__(self) -> None:
        self.root = Root(**self.root) if isinstance(self.root, dict) else self.root
        self.roles = [Role(**role) if isinstance(role, dict) else role for role in self.roles]
        self.users = [User(**user) if isinstance(user, dict) else user for user in self.users]
        if isinstance(self.surroundings, dict):
            self.surroundings = Surroundings(**self.surroundings)


def load(name: str) -> Account:
    """The scenario of that name, that file, or `users:N` for N generated users."""
    if name.startswith("users:"):
        return generated(int(name.removeprefix("users:")))
    path = (
        Path(name)
        if name.endswith(".json")
        else Path(__file__).parent / "scenarios" / f"{name}.json"
    )
    return Account(**json.loads(path.read_text()))


def generated(count: int) -> Account:
    """An account of so many users.

    Of ten each, seven have a password, five a virtual device and one only a FIDO key; four have an
    active access key and two an inactive one.
    """
    users = []
    for index in range(count):
        kind = index % 10
        users.append(
            User(
                name=f"user-{index:05}",
                created=400 + index % 300,
                password=Password(last_changed=30 + index % 60, last_used=index % 40 + 1)
                if kind < 7
                else None,
                mfa=["virtual"] if kind < 5 else ["fido"] if kind == 5 else [],
                keys=[
                    Key(
                        created=index % 120 + 1,
                        active=kind in (0, 2, 4, 6),
                        last_used=1,
                        service="s3",
                        region=REGION,
                    )
                ]
                if kind in (0, 2, 4, 6, 7, 8)
                else [],
                groups=["engineers"],
                tags={"team": f"team-{index % 20}"},
            )
        )
    root = Root(password=Password(last_changed=500, last_used=200), mfa="hardware")
    policy = {"minimum_password_length": 14, "password_reuse_prevention": 24}
    groups = {"engineers": ["ReadOnlyAccess"]}
    return Account(f"4444{count:08}", "generated", root, policy, groups=groups, users=users)


def credentials(account: Account) -> dict[str, str]:
    """A session of a role in the account, as environment variables."""
    session = sts_backends[account.account]["aws"].assume_role(
        region_name=REGION,
        role_session_name="audit",
        role_arn=f"arn:aws:iam::{account.account}:role/{CREDENTIALS_ROLE}",
        policy="",
        duration=3600,
        external_id="",
    )
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
    }


def fill(account: Account) -> None:
    """Puts the account into moto's backend."""
    backend = iam_backends[account.account]["aws"]
    backend.root = account.root
    backend.page_size = account.page_size
    if account.alias:
        backend.create_account_alias(account.alias)
    if account.password_policy is not None:
        fill_password_policy(backend, account.password_policy)
    for group, policies in account.groups.items():
        backend.create_group(group)
        for policy in policies:
            backend.attach_group_policy(managed_policy(backend, policy), group)
    for role in account.roles:
        fill_role(backend, role)
    for user in account.users:
        fill_user(backend, user)
    for name in account.unassigned_mfa:
        backend.create_virtual_mfa_device(name, "/")
    fill_root(backend, account.root)
    surroundings.fill(backend, account.surroundings, REGION)
    if account.report is not None:
        backend.generate_report()
        backend.report_time = moment(account.report)


def fill_password_policy(backend: IAMBackend, policy: dict[str, Any]) -> None:
    defaults = {
        "allow_change_password": True,
        "hard_expiry": None,
        "max_password_age": None,
        "minimum_password_length": 8,
        "password_reuse_prevention": None,
        "require_lowercase_characters": True,
        "require_numbers": True,
        "require_symbols": True,
        "require_uppercase_characters": True,
    }
    backend.update_account_password_policy(**(defaults | policy))


def fill_role(backend: IAMBackend, entry: Role) -> None:
    statement = {"Effect": "Allow", "Principal": entry.trusts, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backend.create_role(entry.name, trust, "/", None, "", [], "3600")
    for policy in entry.attached:
        backend.attach_role_policy(managed_policy(backend, policy), entry.name)


def fill_user(backend: IAMBackend, entry: User) -> None:
    tags = [{"Key": key, "Value": value} for key, value in entry.tags.items()]
    user = backend.create_user(REGION, entry.name, entry.path, tags)
    user.create_date = moment(entry.created)
    user.in_report = entry.in_report
    if entry.password:
        backend.create_login_profile(entry.name, "not-a-real-password")
        user.password_last_changed = moment(entry.password.last_changed)
        if entry.password.last_used is not None:
            user.password_last_used = moment(entry.password.last_used)
    for key in entry.keys:
        fill_key(backend, user, key)
    for uploaded in entry.certificates:
        certificate = SigningCertificate(
            f"CERTIFICATE{len(user.signing_certificates):021}", user.name, ""
        )
        certificate.upload_date = moment(uploaded)
        user.signing_certificates[certificate.id] = certificate
    for kind in entry.mfa:
        fill_device(backend, user, kind)
    for group in entry.groups:
        backend.add_user_to_group(group, user.name)
    for policy in entry.attached:
        backend.attach_user_policy(managed_policy(backend, policy), user.name)
    for name, document in entry.inline.items():
        backend.put_user_policy(user.name, name, json.dumps(document))


def fill_key(backend: IAMBackend, user: MotoUser, entry: Key) -> None:
    key = backend.create_access_key(user.name, status="Active" if entry.active else "Inactive")
    if entry.id is not None:
        del backend.access_keys[key.physical_resource_id]
        key.access_key_id = entry.id
        backend.access_keys[key.physical_resource_id] = key
    key.create_date = moment(entry.created)
    key.last_rotated = moment(entry.rotated if entry.rotated is not None else entry.created)
    key.report_use = entry


def fill_device(backend: IAMBackend, user: MotoUser, kind: str) -> None:
    """Gives the user a device; the forms of serial numbers are AWS's."""
    prefix = f"arn:aws:iam::{backend.account_id}:"
    serials = {
        "fido": f"{prefix}u2f/user/{user.name}/key",
        "sms": f"{prefix}sms-mfa/{user.name}",
        # A token belongs to one user.
        "hardware": f"GAHT{crc32(user.name.encode()) % 10**8:08}",
    }
    serial = (
        backend.create_virtual_mfa_device(user.name, "/").serial_number
        if kind == "virtual"
        else serials[kind]
    )
    backend.enable_mfa_device(user.name, serial, "", "")
    user.mfa_devices[serial].enable_date = user.create_date
    if kind == "virtual":
        backend.virtual_mfa_devices[serial].enable_date = user.create_date


def fill_root(backend: IAMBackend, root: Root) -> None:
    summary = backend.account_summary
    summary._account_mfa_enabled = int(root.mfa is not None)
    summary._account_access_keys_present = len(root.keys)
    summary._account_signing_certificates_present = int(root.certificates > 0)
    if root.mfa == "virtual":
        device = VirtualMfaDevice(backend.account_id, REGION, "/root-account-mfa-device")
        device.enable_date = moment(root.created)
        device.user = RootUser(
            backend.account_id, f"arn:aws:iam::{backend.account_id}:root", moment(root.created)
        )
        backend.virtual_mfa_devices[device.serial_number] = device


@cache
def managed_policies() -> dict[str, Any]:
    """What moto knows of AWS's managed policies, by name."""
    return json.loads(aws_managed_policies_data)


def managed_policy(backend: IAMBackend, name: str) -> str:
    """The ARN of an AWS managed policy, which the backend has from then on."""
    data = managed_policies()[name]
    policy = AWSManagedPolicy.from_data(name, backend.account_id, REGION, data)
    return backend.managed_policies.setdefault(policy.arn, policy).arn
