"""Who holds which rights: users and roles from the one bulk listing of IAM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scanner.collectors.aws.callers import covers
from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import (
    ANYBODY,
    account_of,
    is_narrowed,
    listed,
    principals,
    statements,
)
from scanner.collectors.aws.holders import OF_AWS, OPERATION, details, unread
from scanner.collectors.aws.rights import Rights, asks_for_mfa
from scanner.collectors.aws.times import days_since
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.identity import Account, RoleGrant


def key_works_alone(aws: Aws, arn: str) -> bool:
    """Whether an access key of this user does anything without a second factor. Raises Refused."""
    everybody = details(aws)
    users = aws.shared("users-by-arn", lambda: {user.arn: user for user in everybody.users})
    user = users.get(arn)
    if user is None:
        raise Refused("broken", OPERATION, f"the answer lacks {arn}")
    rights, missing = everybody.of(user)
    works = rights.works_alone
    if missing is not None and not rights.closed and works is not True:
        raise unread(missing)
    if works is None:
        words = "a policy asks for a second factor in a way that is not weighed"
        raise Refused("not-supported", OPERATION, words)
    return works


@source(
    Account,
    fields=["privileged", "owner", "tags"],
    calls=[OPERATION],
    lists=False,
)
def user_rights(aws: Aws) -> Iterator[Account | Partial]:
    """Which IAM users are administrators or can make themselves one, and their owner tag."""
    everybody = details(aws)
    for user in everybody.users:
        rights, missing = everybody.of(user)
        facts: dict[str, Any] = {
            **aws.here(OPERATION),
            "subject": user.arn,
            "name": user.name,
            "owner": next((v for k, v in user.tags.items() if k.lower() == "owner"), None),
            "tags": user.tags,
        }
        if missing is not None and not rights.privileged:
            yield Partial(Account(**facts), {"privileged": unread(missing)})
        else:
            yield Account(**facts, privileged=rights.privileged)


_GRANT = [
    "principal",
    "principal_name",
    "principal_kind",
    "role",
    "action_class",
    "privileged",
    "permanent",
    "expires_days",
    "mfa_condition",
    "external",
    "last_used_days",
]


@source(RoleGrant, fields=_GRANT, calls=[OPERATION])
def role_grants(aws: Aws) -> Iterator[RoleGrant | Partial]:
    """What each IAM user may do, and who may take which role; AWS's own roles are left out."""
    everybody = details(aws)
    for user in everybody.users:
        rights, missing = everybody.of(user)
        names = sorted({*(a.rsplit("/", 1)[-1] for a in user.attached), *user.groups})
        facts = {
            **aws.here(OPERATION),
            "subject": f"{user.arn}#rights",
            "name": f"rights of {user.name}",
            "principal": user.arn,
            "principal_name": user.name,
            "principal_kind": "user",
            "role": ", ".join(names) or "own policies",
            "permanent": True,
            "expires_days": None,
            "external": False,
        }
        yield _grant(facts, rights, missing, mfa=False)
    for role in everybody.roles:
        if role.path.startswith(OF_AWS):
            continue
        rights, missing = everybody.of(role)
        used = None
        if role.last_used is not None:
            used = days_since(role.last_used, aws.now())
        for kind, principal, mfa in sorted(trusted(role.trust)):
            facts = {
                **aws.here(OPERATION),
                "subject": f"{role.arn}#{principal}",
                "name": f"{principal} as {role.name}",
                "principal": principal,
                "principal_name": _name_of(principal, aws.account),
                "principal_kind": kind,
                "role": role.name,
                "permanent": True,
                "expires_days": None,
                "external": kind == "anybody"
                or (kind in _OF_ACCOUNTS and account_of(principal) != aws.account),
                "last_used_days": used,
            }
            yield _grant(facts, rights, missing, mfa=mfa)


_OF_ACCOUNTS = ("account", "user", "role")


def _grant(
    facts: dict[str, Any], rights: Rights, missing: str | None, *, mfa: bool
) -> RoleGrant | Partial:
    facts = {**facts, "mfa_condition": mfa or (rights.privileged and rights.needs_mfa)}
    if missing is None:
        return RoleGrant(**facts, action_class=rights.classes, privileged=rights.privileged)
    refused = {"action_class": unread(missing)}
    if rights.privileged:
        return Partial(RoleGrant(**facts, privileged=True), refused)
    return Partial(RoleGrant(**facts), {**refused, "privileged": unread(missing)})


def trusted(document: Any) -> Iterable[tuple[str, str, bool]]:
    """(kind, principal, whether a second factor is demanded) of whom a role trusts."""
    found: dict[tuple[str, str], bool] = {}
    for statement in statements(document or {}, "Allow"):
        mfa = asks_for_mfa(statement)
        for kind, name in principals(statement):
            key = (_kind(kind, name, statement), name)
            found[key] = found.get(key, True) and mfa
    return [(kind, name, mfa) for (kind, name), mfa in found.items()]


def _name_of(principal: str, account: str) -> str:
    """The last part of its ARN; of another account's with the account, since names are its own."""
    name = principal.rsplit("/", 1)[-1]
    owner = account_of(principal)
    return name if owner in (None, account) or owner in name else f"{owner}/{name}"


def brings_tags(document: Any) -> bool:
    """Whether somebody who takes a role may bring tags of a session along."""
    return any(
        covers(str(action).lower(), "sts:tagsession")
        for statement in statements(document or {}, "Allow")
        for action in listed(statement.get("Action"))
    )


def _kind(kind: str, name: str, statement: dict[str, Any] | Any) -> str:
    if kind == "Service":
        return "service"
    if kind == "Federated":
        return "federated"
    if name == ANYBODY:
        return "account" if is_narrowed(statement) else "anybody"
    resource = name.rsplit(":", 1)[-1]
    if resource.startswith("user/"):
        return "user"
    if resource.startswith(("role/", "assumed-role/")):
        return "role"
    return "account"
