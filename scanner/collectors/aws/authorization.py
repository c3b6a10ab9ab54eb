"""Who holds which rights: users and roles from the one bulk listing of IAM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import ANYBODY, account_of, is_narrowed, principals, statements
from scanner.collectors.aws.rights import NONE, Rights, asks_for_mfa, rights_of
from scanner.collectors.aws.times import days_since
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.identity import Account, RoleGrant

_OPERATION = "iam:GetAccountAuthorizationDetails"
_PAGE = 1000
_ALL = rights_of({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
_OF_AWS = "/aws-service-role/"


@dataclass(frozen=True, slots=True)
class _Holder:
    """A user, group or role with its own documents boiled down."""

    arn: str
    name: str
    path: str
    inline: Rights
    attached: tuple[str, ...]
    groups: tuple[str, ...]
    boundary: str | None
    trust: Any
    last_used: datetime | None
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Details:
    users: list[_Holder]
    groups: dict[str, _Holder]
    roles: list[_Holder]
    policies: dict[str, Rights]

    def of(self, holder: _Holder) -> tuple[Rights, str | None]:
        """The rights, and the ARN of a policy that is attached and not in the answer, if any."""
        found, missing = self._own(holder)
        for name in holder.groups:
            group = self.groups.get(name)
            if group is None:
                missing = missing or f"group {name}"
                continue
            more, lost = self._own(group)
            found, missing = found | more, missing or lost
        if holder.boundary is not None:
            limit = self._policy(holder.boundary)
            if limit is None:
                missing = missing or holder.boundary
            else:
                found = found.within(limit)
        return found, missing

    def _own(self, holder: _Holder) -> tuple[Rights, str | None]:
        found, missing = holder.inline, None
        for arn in holder.attached:
            rights = self._policy(arn)
            if rights is None:
                missing = arn
            else:
                found = found | rights
        return found, missing

    def _policy(self, arn: str) -> Rights | None:
        if arn.endswith(":aws:policy/AdministratorAccess"):
            return _ALL
        return self.policies.get(arn)


def _details(aws: Aws) -> _Details:
    return aws.shared("authorization-details", lambda: _read(aws))


def _read(aws: Aws) -> _Details:
    users: list[_Holder] = []
    groups: dict[str, _Holder] = {}
    roles: list[_Holder] = []
    policies: dict[str, Rights] = {}
    for page in aws.pages(_OPERATION, MaxItems=_PAGE):
        users += (_holder(each, "User") for each in page["UserDetailList"])
        roles += (_holder(each, "Role") for each in page["RoleDetailList"])
        for each in page["GroupDetailList"]:
            groups[each["GroupName"]] = _holder(each, "Group")
        for policy in page["Policies"]:
            for version in policy["PolicyVersionList"]:
                if version["IsDefaultVersion"]:
                    policies[policy["Arn"]] = rights_of(version["Document"])
    return _Details(users, groups, roles, policies)


def _holder(each: dict[str, Any], kind: str) -> _Holder:
    inline = NONE
    for policy in each.get(f"{kind}PolicyList") or ():
        inline = inline | rights_of(policy["PolicyDocument"])
    return _Holder(
        arn=each["Arn"],
        name=each[f"{kind}Name"],
        path=each["Path"],
        inline=inline,
        attached=tuple(p["PolicyArn"] for p in each.get("AttachedManagedPolicies") or ()),
        groups=tuple(each.get("GroupList") or ()),
        boundary=(each.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        trust=each.get("AssumeRolePolicyDocument"),
        last_used=(each.get("RoleLastUsed") or {}).get("LastUsedDate"),
        tags={tag["Key"]: tag["Value"] for tag in each.get("Tags") or ()},
    )


def key_works_alone(aws: Aws, arn: str) -> bool:
    """Whether an access key of this user does anything without a second factor. Raises Refused."""
    details = _details(aws)
    users = aws.shared("users-by-arn", lambda: {user.arn: user for user in details.users})
    user = users.get(arn)
    if user is None:
        raise Refused("broken", _OPERATION, f"the answer lacks {arn}")
    rights, missing = details.of(user)
    works = rights.works_alone
    if missing is not None and not rights.closed and works is not True:
        raise _unknown(missing)
    if works is None:
        words = "a policy asks for a second factor in a way that is not weighed"
        raise Refused("not-supported", _OPERATION, words)
    return works


def _unknown(missing: str) -> Refused:
    return Refused("broken", _OPERATION, f"the answer lacks {missing}, which is attached")


@source(
    Account,
    fields=["privileged", "owner", "tags"],
    calls=[_OPERATION],
    lists=False,
)
def user_rights(aws: Aws) -> Iterator[Account | Partial]:
    """Which IAM users are administrators or can make themselves one, and their owner tag."""
    details = _details(aws)
    for user in details.users:
        rights, missing = details.of(user)
        facts: dict[str, Any] = {
            **aws.here(_OPERATION),
            "subject": user.arn,
            "name": user.name,
            "owner": next((v for k, v in user.tags.items() if k.lower() == "owner"), None),
            "tags": user.tags,
        }
        if missing is not None and not rights.privileged:
            yield Partial(Account(**facts), {"privileged": _unknown(missing)})
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


@source(RoleGrant, fields=_GRANT, calls=[_OPERATION])
def role_grants(aws: Aws) -> Iterator[RoleGrant | Partial]:
    """What each IAM user may do, and who may take which role; AWS's own roles are left out."""
    details = _details(aws)
    for user in details.users:
        rights, missing = details.of(user)
        names = sorted({*(a.rsplit("/", 1)[-1] for a in user.attached), *user.groups})
        facts = {
            **aws.here(_OPERATION),
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
    for role in details.roles:
        if role.path.startswith(_OF_AWS):
            continue
        rights, missing = details.of(role)
        used = None
        if role.last_used is not None:
            used = days_since(role.last_used, aws.now())
        for kind, principal, mfa in sorted(_trusted(role.trust)):
            facts = {
                **aws.here(_OPERATION),
                "subject": f"{role.arn}#{principal}",
                "name": f"{principal} as {role.name}",
                "principal": principal,
                "principal_name": principal.rsplit("/", 1)[-1],
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
    refused = {"action_class": _unknown(missing)}
    if rights.privileged:
        return Partial(RoleGrant(**facts, privileged=True), refused)
    return Partial(RoleGrant(**facts), {**refused, "privileged": _unknown(missing)})


def _trusted(document: Any) -> Iterable[tuple[str, str, bool]]:
    """(kind, principal, whether a second factor is demanded) of whom a role trusts."""
    found: dict[tuple[str, str], bool] = {}
    for statement in statements(document or {}, "Allow"):
        mfa = asks_for_mfa(statement)
        for kind, name in principals(statement):
            key = (_kind(kind, name, statement), name)
            found[key] = found.get(key, True) and mfa
    return [(kind, name, mfa) for (kind, name), mfa in found.items()]


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
