"""An organization of small accounts: `fleet:N`, of which the first manages it.

The ids are 777700000001 and up. Account 2 is suspended. Every account has a user with a password
and no MFA, and a role that account 3 may assume without an external id. Root has a password and a
hardware token, but in account 8 a key and a certificate too, and in account 9 nothing. Account 10
is in an organizational unit, and account 11 in one below it.
"""

from moto.organizations.models import organizations_backends

import account
from account import REGION, Account, Key, Password, Role, Root, User
from surroundings import Surroundings

SUSPENDED = 2
TRUSTED = 3
KEYED = 8
CLEAN = 9
# The accounts of the units, each of which is below the one before.
UNITS = {"ou-f1ee-00000001": 10, "ou-f1ee-00000002": 11}


def account_id(number: int) -> str:
    return f"7777{number:08}"


def root(number: int) -> Root:
    if number == CLEAN:
        return Root()
    usual = Root(password=Password(last_changed=500, last_used=200), mfa="hardware")
    if number == KEYED:
        usual.keys = [Key(created=400, last_used=3, service="s3", region=REGION)]
        usual.certificates = 1
    return usual


def accounts(count: int) -> list[Account]:
    return [
        Account(
            account_id(number),
            root=root(number),
            users=[User("ann", password=Password(last_changed=30, last_used=1))],
            roles=[
                Role("partner", {"AWS": f"arn:aws:iam::{account_id(TRUSTED)}:root"}),
            ],
            report=0.01,
            surroundings=Surroundings(
                organization=number == 1,
                root_features=["RootCredentialsManagement"] if number == 1 else [],
            ),
        )
        for number in range(1, count + 1)
    ]


def fill(count: int) -> list[Account]:
    """Puts the organization and its accounts into moto's backends; the first account."""
    all_accounts = accounts(count)
    for each in all_accounts:
        account.fill(each)
    manager, *members = all_accounts
    backend = organizations_backends[manager.account]["aws"]
    for number, member in enumerate(members, start=2):
        backend.create_account(AccountName=f"team-{number}", Email=f"team-{number}@example.com")
        entry = backend.accounts[-1]
        entry.id = member.account
        organizations_backends.master_accounts[member.account] = (manager.account, "aws")
        if number == SUSPENDED:
            entry.status = entry.state = "SUSPENDED"
    root_id = parent = backend.list_roots()["Roots"][0]["Id"]
    for unit_id, number in UNITS.items():
        if number > count:
            break
        unit = backend.create_organizational_unit(ParentId=parent, Name=unit_id)
        backend.get_organizational_unit_by_id(unit["OrganizationalUnit"]["Id"]).id = unit_id
        backend.move_account(
            AccountId=account_id(number), SourceParentId=root_id, DestinationParentId=unit_id
        )
        parent = unit_id
    return [manager]
