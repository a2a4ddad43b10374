"""Fills an account as a client would, through the API: what is set there has today's dates."""

from typing import Any

import boto3

ADMINISTRATOR = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
)


def fill(endpoint: str, credentials: dict[str, str], region: str) -> None:
    """A weak password policy, a group of administrators, and three users.

    olga is an administrator with MFA, half has only begun to enrol a device, robot has two keys.
    """
    iam: Any = boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials["AWS_SESSION_TOKEN"],
    )
    iam.create_account_alias(AccountAlias="over-http")
    iam.update_account_password_policy(MinimumPasswordLength=8, RequireNumbers=True)
    iam.create_group(GroupName="administrators")
    iam.put_group_policy(
        GroupName="administrators", PolicyName="everything", PolicyDocument=ADMINISTRATOR
    )
    for name in ("olga", "half", "robot"):
        iam.create_user(UserName=name, Path="/people/" if name != "robot" else "/")
    for name in ("olga", "half"):
        iam.create_login_profile(UserName=name, Password="not-a-real-password")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="olga")["VirtualMFADevice"][
        "SerialNumber"
    ]
    iam.enable_mfa_device(
        UserName="olga",
        SerialNumber=serial,
        AuthenticationCode1="123456",
        AuthenticationCode2="654321",
    )
    iam.create_virtual_mfa_device(VirtualMFADeviceName="half")
    iam.add_user_to_group(GroupName="administrators", UserName="olga")
    for _ in range(2):
        iam.create_access_key(UserName="robot")
