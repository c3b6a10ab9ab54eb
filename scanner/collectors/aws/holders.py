"""Users, groups and roles with their policies boiled down, from the one bulk listing of IAM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.rights import NONE, Rights, rights_of
from scanner.collectors.base import Refused

OPERATION = "iam:GetAccountAuthorizationDetails"
_PAGE = 1000
_ALL = rights_of({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
OF_AWS = "/aws-service-role/"
"""The path of the roles that AWS's own services make for themselves."""


@dataclass(frozen=True, slots=True)
class Holder:
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
    unique_id: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    users: list[Holder]
    groups: dict[str, Holder]
    roles: list[Holder]
    policies: dict[str, Rights]

    def of(self, holder: Holder) -> tuple[Rights, str | None]:
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

    def _own(self, holder: Holder) -> tuple[Rights, str | None]:
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


def details(aws: Aws) -> Details:
    """Everybody in the account; listed once for all sources. Raises Refused."""
    return aws.shared("authorization-details", lambda: _read(aws))


def _read(aws: Aws) -> Details:
    users: list[Holder] = []
    groups: dict[str, Holder] = {}
    roles: list[Holder] = []
    policies: dict[str, Rights] = {}
    for page in aws.pages(OPERATION, MaxItems=_PAGE):
        users += (_held(each, "User") for each in page["UserDetailList"])
        roles += (_held(each, "Role") for each in page["RoleDetailList"])
        for each in page["GroupDetailList"]:
            groups[each["GroupName"]] = _held(each, "Group")
        for policy in page["Policies"]:
            for version in policy["PolicyVersionList"]:
                if version["IsDefaultVersion"]:
                    policies[policy["Arn"]] = rights_of(version["Document"])
    return Details(users, groups, roles, policies)


def _held(each: dict[str, Any], kind: str) -> Holder:
    inline = NONE
    for policy in each.get(f"{kind}PolicyList") or ():
        inline = inline | rights_of(policy["PolicyDocument"])
    return Holder(
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
        unique_id=each[f"{kind}Id"],
    )


def unread(missing: str) -> Refused:
    """What stands for rights that hang on a policy or group which the answer leaves out."""
    return Refused("broken", OPERATION, f"the answer lacks {missing}, which is attached")
