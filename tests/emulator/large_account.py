"""Writes the bundle of a large account, in the shapes that the AWS CLI prints.

Made without the emulator, so that it can hold thousands of roles and policies: for measuring.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

ACCOUNT = "555566667777"
ARN = f"arn:aws:iam::{ACCOUNT}:"
COLLECTED = "2026-11-18T12:00:00Z"
CREATED = "2025-11-18T12:00:00+00:00"
USED = "2026-11-10T12:00:00+00:00"
GROUPS = 20

# What policies allow, by turns: most of them little, some of them a way to become an administrator.
STATEMENTS: list[dict[str, Any]] = [
    {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::data/*"]},
    {"Action": "dynamodb:*Item", "Resource": f"arn:aws:dynamodb:*:{ACCOUNT}:table/orders"},
    {"Action": ["logs:*", "cloudwatch:Get*"], "Resource": "*"},
    {"Action": ["ec2:Describe*", "ec2:RunInstances"], "Resource": "*"},
    {"Action": "kms:Decrypt", "Resource": f"arn:aws:kms:*:{ACCOUNT}:key/*"},
    {"Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"},
    {"Action": "iam:PassRole", "Resource": f"{ARN}role/role-0000*"},
    {"Action": "sts:AssumeRole", "Resource": f"{ARN}role/role-00001"},
    {"Action": ["sqs:SendMessage", "sns:Publish"], "Resource": "*"},
    {
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::home-{ACCOUNT}/*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    },
]

REPORT_COLUMNS = [
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed",
    "password_next_rotation,mfa_active",
    *(
        f"access_key_{n}_active,access_key_{n}_last_rotated,access_key_{n}_last_used_date,"
        f"access_key_{n}_last_used_region,access_key_{n}_last_used_service"
        for n in (1, 2)
    ),
    "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated",
]
NO_KEY = "false,N/A,N/A,N/A,N/A"
NO_CERTIFICATES = "false,N/A,false,N/A"


def write(directory: Path, users: int, roles: int, policies: int) -> None:
    """Writes the bundle of an account with so many users, roles and customer-managed policies."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "credential-report.csv").write_text(credential_report(users))
    for name, content in answers(users, roles, policies).items():
        (directory / f"{name}.json").write_text(json.dumps(content))


def write_worst(directory: Path, size: int) -> None:
    """Writes the bundle of an account that is as hard to judge as IAM's quotas allow.

    For 5,000: 5,000 users and as many roles, 300 groups, 1,500 policies. Half of the roles are
    administrators, each policy or user may assume or pass thousands of them by a wildcard, some of
    them are denied again, and trust policies let in the account, a user by name, or a tag.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    directory.mkdir(parents=True, exist_ok=True)
    policies, groups = size * 1500 // 5000, size * 300 // 5000
    (directory / "credential-report.csv").write_text(credential_report(size))
    administrator = policy_detail(
        "arn:aws:iam::aws:policy/AdministratorAccess", WORST_ADMINISTRATOR
    )
    details = {
        "UserDetailList": [worst_user(n, policies, groups) for n in range(size)],
        "GroupDetailList": [group(n, policies) for n in range(groups)],
        "RoleDetailList": [worst_role(n, policies) for n in range(size)],
        "Policies": [administrator, *(worst_policy(n) for n in range(policies))],
    }
    content = {**answers(0, 0, 1), "account-authorization-details": with_attachments(details)}
    content["organization"] = {"Organization": None}
    for name, answer in content.items():
        (directory / f"{name}.json").write_text(json.dumps(answer))


# What one group of people may do, each of whom may become any other.
MUTUAL = {
    "administrators with MFA": {
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    },
    "help desk": {
        "Action": ["iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:AddUserToGroup"],
        "Resource": "*",
    },
}


def write_mutual(directory: Path, size: int, may: dict[str, Any]) -> None:
    """Writes the bundle of an account whose users are all in one group that may do this."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "credential-report.csv").write_text(credential_report(size))
    people = {**group(0, 1), "AttachedManagedPolicies": []}
    people["GroupPolicyList"] = [{"PolicyName": "own", "PolicyDocument": document(may)}]
    bare = {"GroupList": ["group-00"], "AttachedManagedPolicies": [], "UserPolicyList": []}
    details = {
        "UserDetailList": [{**user(n, 1), **bare} for n in range(size)],
        "GroupDetailList": [people],
        "RoleDetailList": [],
        "Policies": [],
    }
    content = {**answers(0, 0, 1), "account-authorization-details": details}
    for name, answer in content.items():
        (directory / f"{name}.json").write_text(json.dumps(answer))


WORST_ADMINISTRATOR = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
WORST_STATEMENTS: list[list[dict[str, Any]]] = [
    [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "arn:aws:s3:::data/*"}],
    [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"{ARN}role/app-*"}],
    [
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": f"{ARN}role/app-*"},
        {"Effect": "Allow", "Action": ["lambda:Create*", "lambda:Invoke*"], "Resource": "*"},
    ],
    [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
        {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": f"{ARN}role/app-1*"},
    ],
    [{"Effect": "Allow", "Action": ["ec2:Describe*", "cloudwatch:*"], "Resource": "*"}],
]


def worst_policy(index: int) -> dict[str, Any]:
    statements = WORST_STATEMENTS[index % len(WORST_STATEMENTS)]
    return policy_detail(f"{ARN}policy/policy-{index:05}", statements)


def policy_detail(arn: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": statements}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "CreateDate": CREATED}
    return {
        "PolicyName": arn.rsplit("/", 1)[1],
        "Arn": arn,
        "IsAttachable": True,
        "PolicyVersionList": [{**version, "Document": document}],
    }


def worst_user(index: int, policies: int, groups: int) -> dict[str, Any]:
    assume = {"Action": "sts:AssumeRole", "Resource": f"{ARN}role/app-{index % 7}*"}
    put = {"Action": "iam:PutRolePolicy", "Resource": f"{ARN}role/none-{index}"}
    return {
        **user(index, policies),
        "GroupList": [f"group-{n % groups:02}" for n in (index, index * 3 + 1)],
        "AttachedManagedPolicies": attached(*(n % policies for n in (index, index * 11 + 2))),
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(assume, put)}],
    }


def worst_role(index: int, policies: int) -> dict[str, Any]:
    is_administrator = index % 2 == 0
    name = f"app-{index}" if is_administrator else f"svc-{index}"
    assume: dict[str, Any] = {"Action": "sts:AssumeRole"}
    of_account = {**assume, "Principal": {"AWS": f"{ARN}root"}}
    tag = {"StringEquals": {"aws:PrincipalTag/team": f"team-{index}"}}
    trust = [
        [of_account, {**assume, "Principal": {"Service": "lambda.amazonaws.com"}}],
        [{**assume, "Principal": {"AWS": f"{ARN}user/{user_name(index)}"}}],
        [{**of_account, "Condition": tag}],
        [{**of_account, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}],
    ][index // 2 % 4]
    administrator = {
        "PolicyName": "AdministratorAccess",
        "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    }
    own = document({"Action": "sts:AssumeRole", "Resource": f"{ARN}role/app-*"})
    return {
        **role(index, policies),
        "RoleName": name,
        "Arn": f"{ARN}role/{name}",
        "AssumeRolePolicyDocument": document(*trust),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": own}],
        "AttachedManagedPolicies": [administrator]
        if is_administrator
        else attached(index % policies),
    }


def credential_report(users: int) -> str:
    root = (
        f"<root_account>,{ARN}root,{CREATED},true,{USED},{CREATED},not_supported,true,"
        f"{NO_KEY},{NO_KEY},{NO_CERTIFICATES}"
    )
    row = "{0},{1}user/{0},{2},true,{3},{2},N/A,true,true,{2},{3},us-east-1,s3,{4},{5}"
    rows = [
        row.format(user_name(n), ARN, CREATED, USED, NO_KEY, NO_CERTIFICATES) for n in range(users)
    ]
    return "\n".join([",".join(REPORT_COLUMNS), root, *rows])


def answers(users: int, roles: int, policies: int) -> dict[str, Any]:
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/audit/bench"
    return {
        "caller-identity": {"UserId": "AROAEXAMPLE:bench", "Account": ACCOUNT, "Arn": caller},
        "account-authorization-details": with_attachments(
            {
                "UserDetailList": [user(n, policies) for n in range(users)],
                "GroupDetailList": [group(n, policies) for n in range(GROUPS)],
                "RoleDetailList": [role(n, policies) for n in range(roles)],
                "Policies": [policy(n) for n in range(policies)],
            }
        ),
    }


def with_attachments(details: dict[str, Any]) -> dict[str, Any]:
    """The details with what AWS counts: how many principals have each policy."""
    counts: Counter[str] = Counter()
    for principals in ("UserDetailList", "GroupDetailList", "RoleDetailList"):
        for principal in details[principals]:
            counts.update({policy["PolicyArn"] for policy in principal["AttachedManagedPolicies"]})
    for policy in details["Policies"]:
        policy["AttachmentCount"] = counts[policy["Arn"]]
    return details


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **s} for s in statements]}


def allowing(index: int) -> dict[str, Any]:
    """Three statements, of which no two neighbours have all in common."""
    return document(*(STATEMENTS[(index * step) % len(STATEMENTS)] for step in (1, 3, 7)))


def user_name(index: int) -> str:
    return f"user-{index:05}"


def attached(*indices: int) -> list[dict[str, str]]:
    names = [f"policy-{index:05}" for index in indices]
    return [{"PolicyName": name, "PolicyArn": f"{ARN}policy/{name}"} for name in names]


def user(index: int, policies: int) -> dict[str, Any]:
    name = user_name(index)
    return {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{index:012}",
        "Arn": f"{ARN}user/{name}",
        "CreateDate": CREATED,
        "GroupList": [f"group-{index % GROUPS:02}"],
        "AttachedManagedPolicies": attached(index % policies),
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": allowing(index)}],
        "Tags": [],
    }


def group(index: int, policies: int) -> dict[str, Any]:
    name = f"group-{index:02}"
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": f"AGPA{index:012}",
        "Arn": f"{ARN}group/{name}",
        "CreateDate": CREATED,
        "GroupPolicyList": [],
        "AttachedManagedPolicies": attached(index % policies, (index * 7) % policies),
    }


def role(index: int, policies: int) -> dict[str, Any]:
    name = f"role-{index:05}"
    principals = [
        {"Service": "lambda.amazonaws.com"},
        {"AWS": f"{ARN}root"},
        {"AWS": f"{ARN}role/role-{index // 2:05}"},
    ]
    trust = document({"Principal": principals[index % 3], "Action": "sts:AssumeRole"})
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": f"AROA{index:012}",
        "Arn": f"{ARN}role/{name}",
        "CreateDate": CREATED,
        "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": allowing(index + 1)}],
        "AttachedManagedPolicies": attached(index % policies, (index * 3) % policies),
        "RoleLastUsed": {"LastUsedDate": USED, "Region": "us-east-1"},
        "Tags": [],
    }


def policy(index: int) -> dict[str, Any]:
    name = f"policy-{index:05}"
    version = {"VersionId": "v1", "IsDefaultVersion": True, "CreateDate": CREATED}
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{index:012}",
        "Arn": f"{ARN}policy/{name}",
        "Path": "/",
        "DefaultVersionId": "v1",
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": CREATED,
        "UpdateDate": CREATED,
        "PolicyVersionList": [{**version, "Document": allowing(index)}],
    }
