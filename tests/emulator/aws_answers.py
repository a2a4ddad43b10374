"""Makes moto answer as AWS documents: the credential report, the account summary, pages.

The columns and values of the report follow
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import ReportNotPresentException
from moto.iam.models import AccessKey, AccountSummary, IAMBackend, User
from moto.iam.responses import IamResponse

import surroundings
from account import Key, Root
from moments import moment

USER_COLUMNS = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
]
KEY_COLUMNS = ["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"]
COLUMNS = (
    USER_COLUMNS
    + [f"access_key_{slot}_{column}" for slot in (1, 2) for column in KEY_COLUMNS]
    + [f"cert_{slot}_{column}" for slot in (1, 2) for column in ("active", "last_rotated")]
)
REPORT_LIFE = timedelta(hours=4)


def date(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def boolean(value: object) -> str:
    return "true" if value else "false"


def key_fields(active: bool, rotated: datetime, use: Key | None) -> list[str]:
    used = use is not None and use.last_used is not None
    last_use = [date(moment(use.last_used)), use.region, use.service] if used else ["N/A"] * 3
    return [boolean(active), date(rotated), *last_use]


def slots(filled: list[list[str]], empty: list[str]) -> list[str]:
    """The fields of the report's two slots."""
    return [value for slot in [*filled, empty, empty][:2] for value in slot]


def credential_fields(keys: list[list[str]], certificates: list[list[str]]) -> list[str]:
    return slots(keys, ["false", "N/A", "N/A", "N/A", "N/A"]) + slots(
        certificates, ["false", "N/A"]
    )


def root_row(account: str, root: Root) -> list[str]:
    password = root.password
    used = (
        "N/A"
        if password is None
        else "no_information"
        if password.last_used is None
        else date(moment(password.last_used))
    )
    return [
        "<root_account>",
        f"arn:aws:iam::{account}:root",
        date(moment(root.created)),
        boolean(password),
        used,
        date(moment(password.last_changed)) if password else "N/A",
        "not_supported",
        boolean(root.mfa),
        *credential_fields(
            [key_fields(key.active, moment(key.created), key) for key in root.keys],
            [["true", date(moment(root.created))]] * root.certificates,
        ),
    ]


def key_slot(key: AccessKey) -> list[str]:
    use = getattr(key, "report_use", None)
    return key_fields(key.status == "Active", getattr(key, "last_rotated", key.create_date), use)


def user_row(user: User, max_password_age: int | None) -> list[str]:
    changed = getattr(user, "password_last_changed", user.create_date)
    used = (
        "N/A"
        if not user.password
        else date(user.password_last_used)
        if user.password_last_used
        else "no_information"
    )
    next_rotation = (
        changed.timestamp() + max_password_age * 86400
        if user.password and max_password_age
        else None
    )
    certificates = user.signing_certificates.values()
    return [
        user.name,
        user.arn,
        date(user.create_date),
        boolean(user.password),
        used,
        date(changed) if user.password else "N/A",
        date(datetime.fromtimestamp(next_rotation, UTC)) if next_rotation else "N/A",
        boolean(user.mfa_devices),
        *credential_fields(
            [key_slot(key) for key in user.access_keys],
            [[boolean(each.status == "Active"), date(each.upload_date)] for each in certificates],
        ),
    ]


def report_rows(backend: IAMBackend) -> Iterator[list[str]]:
    """The root row first, then the users without regard to case."""
    policy = backend.account_password_policy
    yield COLUMNS
    yield root_row(backend.account_id, getattr(backend, "root", Root()))
    for user in sorted(backend.users.values(), key=lambda user: user.name.lower()):
        if getattr(user, "in_report", True):
            yield user_row(user, policy.max_password_age if policy else None)


def generate_report(backend: IAMBackend) -> None:
    """Makes the report, unless there is one: AWS makes at most one in four hours."""
    if backend.credential_report and datetime.now(UTC) - backend.report_time < REPORT_LIFE:
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(report_rows(backend))
    backend.report_text = text.getvalue().removesuffix("\n")
    backend.report_time = datetime.now(UTC)
    backend.credential_report = True


def get_credential_report(response: IamResponse) -> ActionResult:
    backend = response.backend
    if not backend.credential_report:
        raise ReportNotPresentException("Unknown")
    return ActionResult(
        {
            "Content": backend.report_text,
            "ReportFormat": "text/csv",
            "GeneratedTime": date(backend.report_time),
        }
    )


def get_account_authorization_details(response: IamResponse) -> ActionResult:
    """Pages the users; groups, roles and the managed policies in use come on the first page."""
    backend = response.backend
    start = int(response._get_param("Marker") or 0)
    size = min(int(response._get_param("MaxItems") or 100), getattr(backend, "page_size", 1000))
    users = list(backend.users.values())
    first = start == 0
    for policy in backend.managed_policies.values():
        policy.policy_name, policy.policy_id = policy.name, policy.id  # moto leaves them out
    result: dict[str, Any] = {
        "UserDetailList": users[start : start + size],
        "GroupDetailList": list(backend.groups.values()) if first else [],
        "RoleDetailList": list(backend.roles.values()) if first else [],
        "Policies": [policy for policy in backend.managed_policies.values() if in_use(policy)]
        if first
        else [],
        "IsTruncated": start + size < len(users),
    }
    if result["IsTruncated"]:
        result["Marker"] = str(start + size)
    return ActionResult(result)


def in_use(policy: Any) -> bool:
    """Customer managed policies are listed always, those of AWS only where attached."""
    return not policy.arn.startswith("arn:aws:iam::aws:") or policy.attachment_count > 0


def install() -> None:
    """Replaces the answers of moto's classes, in this process."""
    moto_summary = AccountSummary.summary_map.fget
    moto_devices = IAMBackend.list_virtual_mfa_devices

    def summary_map(summary: AccountSummary) -> dict[str, Any]:
        backend = summary._iam_backend
        root = getattr(backend, "root", Root())
        return moto_summary(summary) | {
            "AccountPasswordPresent": int(root.password is not None),
            "PolicyVersionsInUse": sum(
                policy.attachment_count > 0 for policy in backend.managed_policies.values()
            ),
            "ServerCertificates": len(getattr(backend, "certificate_metadata", [])),
        }

    def list_virtual_mfa_devices(
        backend: IAMBackend, status: str, marker: str | None, max_items: int
    ) -> Any:
        size = min(int(max_items), getattr(backend, "page_size", 1000))
        return moto_devices(backend, status, marker, size)

    AccountSummary.summary_map = property(summary_map)
    IAMBackend.list_virtual_mfa_devices = list_virtual_mfa_devices
    IAMBackend.generate_report = generate_report
    IamResponse.get_credential_report = get_credential_report
    IamResponse.get_account_authorization_details = get_account_authorization_details
    surroundings.install()
