"""Sessions as root of member accounts, which moto does not have: AssumeRoot, and IAM's answers.

The shapes are those of the API references, and the actions those of the task policy:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

from account import REGION, Key, Root
from moments import moment
from surroundings import IamError

TASK_POLICY = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
ALLOWED = [
    "GetAccessKeyLastUsed",
    "GetAccountSummary",
    "GetLoginProfile",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSigningCertificates",
]
# The forms of serial numbers are AWS's.
SERIALS = {"virtual": "arn:aws:iam::{}:mfa/root-account-mfa-device", "hardware": "GAHT12345678"}
# The access keys of the sessions.
SESSIONS: set[str] = set()


def denied(action: str) -> IamError:
    return IamError("AccessDenied", f"User is not authorized to perform: {action}")


def assume_root(response: TokenResponse) -> ActionResult:
    target = response._get_param("TargetPrincipal")
    caller = iam_backends[response.current_account]["aws"].surroundings
    if (
        "RootCredentialsManagement" not in caller.root_features
        or target == response.current_account
        or response._get_param("TaskPolicyArn.arn") != TASK_POLICY
    ):
        raise denied("sts:AssumeRoot")
    session = sts_backends[target]["aws"].assume_role(
        region_name=REGION,
        role_session_name="root",
        role_arn=f"arn:aws:iam::{target}:root",
        policy="",
        duration=response._get_int_param("DurationSeconds", 900),
        external_id="",
    )
    SESSIONS.add(session.access_key_id)
    return ActionResult(
        {
            "Credentials": {
                "AccessKeyId": session.access_key_id,
                "SecretAccessKey": session.secret_access_key,
                "SessionToken": session.session_token,
                "Expiration": session.expiration,
            }
        }
    )


def get_user(account: str, root: Root, _: IamResponse) -> dict[str, Any]:
    used = root.password.last_used if root.password else None
    return {
        "User": {
            "UserId": account,
            "Arn": f"arn:aws:iam::{account}:root",
            "CreateDate": moment(root.created),
            **({} if used is None else {"PasswordLastUsed": moment(used)}),
        }
    }


def get_login_profile(_account: str, root: Root, _: IamResponse) -> dict[str, Any]:
    if root.password is None:
        raise IamError("NoSuchEntity", "Login Profile for User cannot be found.")
    return {"LoginProfile": {"CreateDate": moment(root.password.last_changed)}}


def list_access_keys(_account: str, root: Root, _: IamResponse) -> dict[str, Any]:
    keys = [
        {
            "AccessKeyId": key_id(root, key),
            "Status": "Active" if key.active else "Inactive",
            "CreateDate": moment(key.created),
        }
        for key in root.keys
    ]
    return {"AccessKeyMetadata": keys, "IsTruncated": False}


def key_id(root: Root, key: Key) -> str:
    """The same in every answer, unlike its dates, which count from the time of the answer."""
    return key.id or f"AKIAROOT{root.keys.index(key):012}"


def get_access_key_last_used(_account: str, root: Root, response: IamResponse) -> dict[str, Any]:
    wanted = response._get_param("AccessKeyId")
    key = next(key for key in root.keys if key_id(root, key) == wanted)
    used = {} if key.last_used is None else {"LastUsedDate": moment(key.last_used)}
    return {"AccessKeyLastUsed": {"ServiceName": key.service, "Region": key.region, **used}}


def list_mfa_devices(account: str, root: Root, _: IamResponse) -> dict[str, Any]:
    devices = []
    if root.mfa is not None:
        serial = SERIALS[root.mfa].format(account)
        devices.append({"SerialNumber": serial, "EnableDate": moment(root.created)})
    return {"MFADevices": devices, "IsTruncated": False}


def list_signing_certificates(_account: str, root: Root, _: IamResponse) -> dict[str, Any]:
    certificates = [
        {
            "CertificateId": f"CERTIFICATE{index:021}",
            "CertificateBody": "",
            "Status": "Active",
            "UploadDate": moment(root.created),
        }
        for index in range(root.certificates)
    ]
    return {"Certificates": certificates, "IsTruncated": False}


def for_root(answer: Callable[..., dict[str, Any]], for_others: Any) -> Any:
    """The answer to a session as root, or else moto's."""

    def choose(response: IamResponse) -> ActionResult:
        if response.get_access_key() not in SESSIONS:
            return for_others(response)
        root = getattr(response.backend, "root", Root())
        return ActionResult(answer(response.current_account, root, response))

    return choose


def install() -> None:
    """Adds AssumeRoot, and replaces what such sessions may call, in this process."""
    TokenResponse.assume_root = assume_root
    for answer in (
        get_access_key_last_used,
        get_login_profile,
        get_user,
        list_access_keys,
        list_mfa_devices,
        list_signing_certificates,
    ):
        name = answer.__name__
        setattr(IamResponse, name, for_root(answer, getattr(IamResponse, name)))
