"""What a set of IAM policies lets somebody do, in kinds of action.

Each policy is boiled down once to a few integers, one bit a probed action; a principal's rights are
those of its policies put together. Conditions narrow nothing here except a demand for a second
factor, which is kept apart: rights that hold sometimes are rights. Service control policies are not
seen: they can only take away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scanner.collectors.aws.access import Statements, boiled
from scanner.collectors.aws.callers import covers
from scanner.collectors.aws.grants import conditions, listed, statements

CLASSES: Mapping[str, tuple[str, ...]] = {
    "iam": (
        "iam:AddUserToGroup",
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreatePolicyVersion",
        "iam:DeactivateMFADevice",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutGroupPolicy",
        "iam:PutRolePolicy",
        "iam:PutUserPolicy",
        "iam:SetDefaultPolicyVersion",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateLoginProfile",
        "organizations:DetachPolicy",
        "sso:AttachManagedPolicyToPermissionSet",
        "sso:CreateAccountAssignment",
        "sso:PutInlinePolicyToPermissionSet",
    ),
    "audit": (
        "cloudtrail:DeleteEventDataStore",
        "cloudtrail:DeleteTrail",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:StopEventDataStoreIngestion",
        "cloudtrail:StopLogging",
        "cloudtrail:UpdateEventDataStore",
        "cloudtrail:UpdateTrail",
        "config:DeleteConfigurationRecorder",
        "config:StopConfigurationRecorder",
        "ec2:DeleteFlowLogs",
        "guardduty:DeleteDetector",
        "guardduty:UpdateDetector",
        "logs:DeleteLogGroup",
        "logs:DeleteLogStream",
        "logs:DeleteRetentionPolicy",
        "logs:PutRetentionPolicy",
        "securityhub:DisableSecurityHub",
    ),
    "keys": (
        "kms:DisableKey",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
    ),
    "network": (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AttachInternetGateway",
        "ec2:CreateRoute",
        "ec2:CreateVpcPeeringConnection",
        "ec2:ReplaceNetworkAclEntry",
        "network-firewall:UpdateFirewallPolicy",
    ),
    "change": (
        "cloudformation:UpdateStack",
        "ec2:ModifyInstanceAttribute",
        "ec2:RunInstances",
        "ec2:TerminateInstances",
        "lambda:UpdateFunctionCode",
        "rds:ModifyDBInstance",
        "s3:PutBucketPolicy",
        "ssm:SendCommand",
    ),
    "data": (
        "dynamodb:Scan",
        "ec2:ModifySnapshotAttribute",
        "kms:Decrypt",
        "s3:GetObject",
        "secretsmanager:GetSecretValue",
    ),
}
"""The kinds of action, with actions any of which puts a principal into the kind."""

_EVERYTHING = ("nothing:AnyAction",)
"""Stands for every action there is: only a policy that names all allows it."""

_PASS = ("iam:PassRole",)
_RUN_AS = (
    "cloudformation:CreateStack",
    "ec2:RunInstances",
    "glue:CreateJob",
    "lambda:CreateFunction",
)
"""Handing a role to something that runs code of one's own is a way to that role's rights."""

READS = (
    "s3:GetObject",
    "s3:GetObjectVersion",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "cloudtrail:GetQueryResults",
    "cloudtrail:LookupEvents",
    "cloudtrail:StartQuery",
    "kms:Decrypt",
)
"""Ways to read records; statements that speak of them are kept as they are, to be weighed."""

_PROBES = tuple(
    dict.fromkeys(
        (*_EVERYTHING, *_PASS, *_RUN_AS, *(a for group in CLASSES.values() for a in group), *READS)
    )
)
_BIT = {action.lower(): 1 << n for n, action in enumerate(_PROBES)}


def mask(names: Iterable[str]) -> int:
    """The bits of probed actions. KeyError for one that is not probed."""
    return sum(_BIT[action.lower()] for action in names)


_MASKS = {name: mask(group) for name, group in CLASSES.items()}
_ADMIN = mask(_EVERYTHING) | _MASKS["iam"] | _MASKS["audit"]
_DATA = _MASKS["data"]


@dataclass(frozen=True, slots=True)
class Rights:
    """Bits of probed actions: allowed at all, everywhere, without a second factor; denied.

    Of all actions: open: something is allowed without a second factor; closed: what needs none is
    denied, but for registering one; unweighed: a denial speaks of it in a way that is not weighed.
    reads: the statements on reading records; limit: those of a permissions boundary, if any.
    """

    allow: int = 0
    wide: int = 0
    no_mfa: int = 0
    deny: int = 0
    open: bool = False
    closed: bool = False
    unweighed: bool = False
    reads: Statements = ()
    limit: Statements | None = None

    def __or__(self, other: Rights) -> Rights:
        return Rights(
            self.allow | other.allow,
            self.wide | other.wide,
            self.no_mfa | other.no_mfa,
            self.deny | other.deny,
            self.open or other.open,
            self.closed or other.closed,
            self.unweighed or other.unweighed,
            self.reads + other.reads,
        )

    def within(self, boundary: Rights) -> Rights:
        """What is left under a permissions boundary."""
        return Rights(
            self.allow & boundary.allow,
            self.wide & boundary.wide,
            self.no_mfa,
            self.deny | boundary.deny,
            self.open and boundary.open,
            self.closed or boundary.closed,
            self.unweighed or boundary.unweighed,
            self.reads,
            boundary.reads,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The kinds of action, sorted: admin, audit, change, data, iam, keys, network."""
        allow, wide = self.allow & ~self.deny, self.wide & ~self.deny
        found = {name for name, mask in _MASKS.items() if allow & mask}
        if not wide & _DATA:
            # Reading one named table or bucket is what every application does.
            found.discard("data")
        if allow & mask(_PASS) and allow & mask(_RUN_AS):
            found.add("iam")
        if wide & _ADMIN == _ADMIN:
            found.add("admin")
        return tuple(sorted(found))

    @property
    def privileged(self) -> bool:
        """Administration, or a way to it."""
        return bool({"admin", "iam"} & set(self.classes))

    @property
    def needs_mfa(self) -> bool:
        """Whether none of its privileged rights works without a second factor."""
        usable = self.allow & ~self.deny & self.no_mfa
        return not usable & (_MASKS["iam"] | mask(_PASS) | mask(_EVERYTHING))

    @property
    def works_alone(self) -> bool | None:
        """Whether a key may do anything without a second factor; null: that is not weighed."""
        if not self.open or self.closed:
            return False
        return None if self.unweighed else True


NONE = Rights()


def rights_of(document: Mapping[str, Any]) -> Rights:
    """What one policy document gives and takes."""
    allow = wide = no_mfa = deny = 0
    opened = closed = unweighed = False
    for statement in statements(document, "Allow"):
        bits = _bits(statement)
        allow |= bits
        if "*" in listed(statement.get("Resource")) or "NotResource" in statement:
            wide |= bits
        if not asks_for_mfa(statement):
            no_mfa |= bits
            opened = True
    for statement in statements(document, "Deny"):
        everywhere = "*" in listed(statement.get("Resource"))
        if everywhere and not statement.get("Condition"):
            deny |= _bits(statement)
        elif everywhere and _denies_without_mfa(statement):
            # Everything that it denies works with a second factor only.
            no_mfa &= ~_bits(statement)
        if everywhere and _denies_without_mfa(statement) and _spares_registering_only(statement):
            closed = True
        elif any(key.startswith("aws:multifactorauth") for _, key, _ in conditions(statement)):
            unweighed = True
    reads = reading(document)
    return Rights(allow, wide, no_mfa, deny, opened, closed, unweighed, reads)


_READS = mask(READS)


def reading(document: Mapping[str, Any]) -> Statements:
    """The statements of a policy, whoever's it is, that speak of a way to read records."""
    return tuple(
        boiled(each, bits)
        for each in listed(document.get("Statement"))
        if (bits := _bits(each) & _READS)
    )


_REGISTERING = frozenset(
    {
        *("iam:createvirtualmfadevice", "iam:enablemfadevice", "iam:getuser", "iam:getmfadevice"),
        *("iam:listmfadevices", "iam:listvirtualmfadevices", "iam:resyncmfadevice"),
        *("iam:listusers", "iam:changepassword", "iam:getaccountpasswordpolicy"),
        *("iam:getloginprofile", "iam:getaccountsummary", "sts:getsessiontoken"),
        "sts:getcalleridentity",
    }
)
"""What a user needs to register a device and to sign in with it (docs.aws.amazon.com/IAM: "Allows
MFA-authenticated IAM users to manage their own credentials")."""


def _spares_registering_only(statement: Mapping[str, Any]) -> bool:
    """Whether a denial takes everything but the way to a second factor."""
    if "NotAction" not in statement:
        return "*" in listed(statement.get("Action"))
    return {str(name).lower() for name in listed(statement["NotAction"])} <= _REGISTERING


def asks_for_mfa(statement: Mapping[str, Any]) -> bool:
    """Whether a statement holds only for sessions with a second factor."""
    return any(
        (operator == "bool" and key == "aws:multifactorauthpresent" and values == ["true"])
        or (operator.startswith("numericless") and key == "aws:multifactorauthage")
        for operator, key, values in (
            (o, k, [v.lower() for v in vs]) for o, k, vs in conditions(statement)
        )
    )


def _denies_without_mfa(statement: Mapping[str, Any]) -> bool:
    found = [(o, k, [v.lower() for v in vs]) for o, k, vs in conditions(statement)]
    return found == [("boolifexists", "aws:multifactorauthpresent", ["false"])]


def _bits(statement: Mapping[str, Any]) -> int:
    if "NotAction" in statement:
        return ~_named(listed(statement["NotAction"])) & mask(_PROBES)
    return _named(listed(statement.get("Action")))


def _named(patterns: Iterable[Any]) -> int:
    bits = 0
    for pattern in patterns:
        bits |= _matching(str(pattern).lower())
    return bits


@lru_cache(maxsize=4096)
def _matching(pattern: str) -> int:
    if "*" not in pattern and "?" not in pattern:
        return _BIT.get(pattern, 0)
    return sum(bit for action, bit in _BIT.items() if covers(pattern, action))
