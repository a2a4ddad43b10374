"""An account as a bundle shows it, filled into moto's backend, to try commands on.

A bundle is a directory as `examples/` has them: a file per call, in the AWS CLI's shapes.
"""

import base64
import csv
import io
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.account.models import account_backends
from moto.iam.models import IAMBackend, ManagedPolicy, PolicyVersion, iam_backends
from moto.organizations.models import organizations_backends

import account
from account import Account, Key, Password, Root, User
from surroundings import (
    Analyzer,
    OidcProvider,
    SamlProvider,
    ServerCertificate,
    ServiceCredential,
    Surroundings,
)

# AWS managed policies that remediations attach.
ATTACHED = ("AWSSupportAccess", "SecurityAudit", "ViewOnlyAccess")

Row = dict[str, str]


class Bundle:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.details = self.read("account-authorization-details")

    def read(self, name: str) -> dict[str, Any]:
        return json.loads((self.directory / f"{name}.json").read_text())

    def rows(self) -> dict[str, Row]:
        """The credential report, by user."""
        content = base64.b64decode(self.read("credential-report")["Content"]).decode()
        return {row["user"]: row for row in csv.DictReader(io.StringIO(content))}

    def by_user(self, file: str, items: str) -> dict[str, list[dict[str, Any]]]:
        """What a file lists, by the user that each item names."""
        lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for item in self.read(file)[items]:
            lists[item["UserName"]].append(item)
        return lists

    def scenario(self) -> Account:
        """The account without groups, roles and policies, which a scenario has other forms for."""
        rows = self.rows()
        keys = self.by_user("access-keys", "AccessKeyMetadata")
        policy = self.read("account-password-policy").get("PasswordPolicy")
        report = self.read("credential-report")
        return Account(
            account=self.read("caller-identity")["Account"],
            alias=self.read("account-aliases")["AccountAliases"][0],
            root=root(rows["<root_account>"]),
            password_policy=policy and password_policy(policy),
            users=[user(each, rows, keys) for each in self.details["UserDetailList"]],
            report=report["GeneratedTime"],
            surroundings=self.surroundings(),
        )

    def surroundings(self) -> Surroundings:
        documents = {
            each["Arn"]: each["SAMLMetadataDocument"]
            for each in self.read("saml-providers")["SAMLProviders"]
        }
        contacts = self.read("alternate-contacts")["AlternateContacts"]
        return Surroundings(
            saml_providers=[
                SamlProvider(name(each["Arn"]), documents[each["Arn"]], each["ValidUntil"])
                for each in self.read("saml-providers")["SAMLProviderList"]
            ],
            oidc_providers=[
                OidcProvider(each["Url"], each["ClientIDList"])
                for each in self.read("open-id-connect-providers")["OpenIDConnectProviders"]
            ],
            server_certificates=[
                ServerCertificate(each["ServerCertificateName"], each["Expiration"])
                for each in self.read("server-certificates")["ServerCertificateMetadataList"]
            ],
            service_credentials=[
                ServiceCredential(
                    each["UserName"],
                    each["ServiceName"],
                    each["CreateDate"],
                    each.get("ExpirationDate"),
                    each["Status"] == "Active",
                    each["ServiceSpecificCredentialId"],
                )
                for each in self.read("service-specific-credentials")["ServiceSpecificCredentials"]
            ],
            contacts={kind: each["EmailAddress"] for kind, each in contacts.items() if each},
            organization=self.read("organization")["Organization"] is not None,
            sts_token_version=self.read("account-summary")["SummaryMap"][
                "GlobalEndpointTokenVersion"
            ],
            analyzers=[
                Analyzer(each["type"], each["arn"].split(":")[3])
                for each in self.read("access-analyzers")["analyzers"]
            ],
        )

    def fill(self) -> Account:
        """Puts the account into moto's backend, in place of what is there."""
        scenario = self.scenario()
        backend = iam_backends[scenario.account]["aws"]
        sessions = backend.access_keys
        for service in (iam_backends, account_backends, organizations_backends):
            service[scenario.account]["aws"].reset()
        backend.access_keys.update((k, v) for k, v in sessions.items() if v.user_name is None)
        account.fill(scenario)
        for policy in ATTACHED:
            account.managed_policy(backend, policy)
        self.fill_devices(backend)
        for policy in self.details["Policies"]:
            if not policy["Arn"].startswith("arn:aws:iam::aws:"):
                fill_policy(backend, policy)
        for group in self.details["GroupDetailList"]:
            backend.create_group(group["GroupName"], group["Path"])
            fill_permissions(backend, "group", group)
        for role in self.details["RoleDetailList"]:
            fill_role(backend, role)
        for entry in self.details["UserDetailList"]:
            fill_permissions(backend, "user", entry)
            for group in entry["GroupList"]:
                backend.add_user_to_group(group, entry["UserName"])
        return scenario

    def fill_devices(self, backend: IAMBackend) -> None:
        for device in self.read("virtual-mfa-devices")["VirtualMFADevices"]:
            backend.create_virtual_mfa_device(name(device["SerialNumber"]), "/")
            owner = device.get("User", {}).get("UserName")
            if owner in backend.users:
                backend.enable_mfa_device(owner, device["SerialNumber"], "", "")
        for device in self.read("mfa-devices")["MFADevices"]:
            owner = device["UserName"]
            if device["SerialNumber"] not in backend.users[owner].mfa_devices:
                backend.enable_mfa_device(owner, device["SerialNumber"], "", "")


def name(arn: str) -> str:
    return arn.rpartition("/")[2]


def known(value: str) -> str | None:
    """A cell of the credential report; none where it holds no date."""
    return None if value in ("N/A", "no_information", "not_supported") else value


def password(row: Row) -> Password | None:
    changed = known(row["password_last_changed"])
    if row["password_enabled"] != "true" or changed is None:
        return None
    return Password(changed, known(row["password_last_used"]))


def root(row: Row) -> Root:
    keys = [
        Key(row[f"access_key_{slot}_last_rotated"])
        for slot in (1, 2)
        if row[f"access_key_{slot}_active"] == "true"
    ]
    certificates = sum(row[f"cert_{slot}_active"] == "true" for slot in (1, 2))
    return Root(row["user_creation_time"], password(row), keys, certificates)


def user(entry: dict[str, Any], rows: dict[str, Row], keys: dict[str, list[Any]]) -> User:
    row = rows[entry["UserName"]]
    return User(
        name=entry["UserName"],
        created=entry["CreateDate"],
        path=entry["Path"],
        password=password(row),
        keys=[key(each, row) for each in keys[entry["UserName"]]],
        certificates=[
            row[f"cert_{slot}_last_rotated"]
            for slot in (1, 2)
            if row[f"cert_{slot}_active"] == "true"
        ],
        tags={tag["Key"]: tag["Value"] for tag in entry["Tags"]},
    )


def key(entry: dict[str, Any], row: Row) -> Key:
    """A key, with its use from the slot of the report that was rotated when the key was made."""
    slot = next(
        (s for s in (1, 2) if row[f"access_key_{s}_last_rotated"][:19] == entry["CreateDate"][:19]),
        1,
    )
    used = known(row[f"access_key_{slot}_last_used_date"])
    return Key(
        created=entry["CreateDate"],
        active=entry["Status"] == "Active",
        last_used=used,
        service=row[f"access_key_{slot}_last_used_service"],
        region=row[f"access_key_{slot}_last_used_region"],
        id=entry["AccessKeyId"],
    )


def password_policy(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy as arguments of moto's backend."""
    return {
        "allow_change_password": policy["AllowUsersToChangePassword"],
        "hard_expiry": policy.get("HardExpiry"),
        "max_password_age": policy.get("MaxPasswordAge"),
        "minimum_password_length": policy["MinimumPasswordLength"],
        "password_reuse_prevention": policy.get("PasswordReusePrevention"),
        "require_lowercase_characters": policy["RequireLowercaseCharacters"],
        "require_numbers": policy["RequireNumbers"],
        "require_symbols": policy["RequireSymbols"],
        "require_uppercase_characters": policy["RequireUppercaseCharacters"],
    }


def fill_policy(backend: IAMBackend, entry: dict[str, Any]) -> None:
    """A customer managed policy with its versions."""
    policy = ManagedPolicy(
        entry["PolicyName"], backend.account_id, account.REGION, path=entry["Path"]
    )
    backend.managed_policies[policy.arn] = policy
    policy.versions = []
    for each in sorted(entry["PolicyVersionList"], key=lambda version: version["VersionId"]):
        document = json.dumps(each["Document"])
        policy.versions.append(
            PolicyVersion(policy.arn, document, each["IsDefaultVersion"], each["VersionId"])
        )
    policy.default_version_id = entry["DefaultVersionId"]
    numbers = [int(each["VersionId"].removeprefix("v")) for each in entry["PolicyVersionList"]]
    policy.next_version_num = max(numbers) + 1


def fill_role(backend: IAMBackend, entry: dict[str, Any]) -> None:
    trust = json.dumps(entry["AssumeRolePolicyDocument"])
    role = backend.create_role(entry["RoleName"], trust, entry["Path"], None, "", [], "3600")
    role.create_date = datetime.fromisoformat(entry["CreateDate"])
    boundary = entry.get("PermissionsBoundary")
    if boundary:
        role.permissions_boundary_arn = boundary["PermissionsBoundaryArn"]
    fill_permissions(backend, "role", entry)


def fill_permissions(backend: IAMBackend, kind: str, entry: dict[str, Any]) -> None:
    """The inline and attached policies of a user, group or role."""
    title = kind.capitalize()
    holder = getattr(backend, f"get_{kind}")(entry[f"{title}Name"])
    for policy in entry.get(f"{title}PolicyList", []):
        holder.put_policy(policy["PolicyName"], json.dumps(policy["PolicyDocument"]))
    for policy in entry["AttachedManagedPolicies"]:
        arn = policy["PolicyArn"]
        if arn not in backend.managed_policies:
            arn = account.managed_policy(backend, policy["PolicyName"])
        getattr(backend, f"attach_{kind}_policy")(arn, entry[f"{title}Name"])
