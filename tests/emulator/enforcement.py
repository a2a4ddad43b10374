"""Makes moto allow the credentials of the accounts one policy and nothing else."""

import json

from moto import settings
from moto.iam.access_control import IAMRequestBase
from moto.iam.models import iam_backends

from account import CREDENTIALS_ROLE, Account


def allow_only(policy: str, scenarios: list[Account]) -> None:
    """Gives the role of the credentials that policy, and switches moto's checks on.

    Signatures are not checked, as the proxy changes the paths that were signed.
    """
    for scenario in scenarios:
        backend = iam_backends[scenario.account]["aws"]
        own = {"AWS": f"arn:aws:iam::{scenario.account}:root"}
        statement = {"Effect": "Allow", "Principal": own, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        backend.create_role(CREDENTIALS_ROLE, trust, "/", None, "", [], "3600")
        allowed = backend.create_policy("", "/", policy, "allowed", [])
        backend.attach_role_policy(allowed.arn, CREDENTIALS_ROLE)
    IAMRequestBase.check_signature = lambda _: None
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
