"""What the management account lays down for all: policies on logging, root credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import listed, statements
from scanner.collectors.base import Refused, source
from scanner.facts.services import Baseline

_OF = "organizations:DescribeOrganization"
_POLICIES = "organizations:ListPolicies"
_POLICY = "organizations:DescribePolicy"
_TARGETS = "organizations:ListTargetsForPolicy"
_FEATURES = "iam:ListOrganizationsFeatures"
_NOT_TRUSTED = ("ServiceAccessNotEnabledException", "ServiceAccessNotEnabled")
"""Its words where the organisation has not let IAM manage root access at all."""
_STOPPING = ("cloudtrail:stoplogging", "cloudtrail:deletetrail")


def _organization(aws: Aws) -> str | None:
    """The organisation's id where this is its management account; members cannot see its rules."""

    def read() -> str | None:
        answer = aws.maybe(_OF, "AWSOrganizationsNotInUseException", at=aws.home)
        if answer is None or answer["Organization"]["MasterAccountId"] != aws.account:
            return None
        return str(answer["Organization"]["Id"])

    return aws.shared("organization", read)


@source(
    Baseline,
    fields=["system", "enforced"],
    calls=[_OF, _POLICIES, _POLICY, _TARGETS],
    always={"system": "logging-guard"},
)
def logging_guard(aws: Aws) -> Iterator[Baseline]:
    """Whether a service control policy at the root keeps member accounts from stopping trails.

    Such policies do not bind the management account itself.
    """
    organization = _organization(aws)
    if organization is None:
        return
    pages = aws.pages(_POLICIES, at=aws.home, Filter="SERVICE_CONTROL_POLICY")
    own = [p for page in pages for p in page["Policies"] if not p.get("AwsManaged", False)]

    def guards(policy: dict[str, Any]) -> bool:
        answer = aws.call(_POLICY, at=aws.home, PolicyId=policy["Id"])
        try:
            document = json.loads(answer["Policy"]["Content"])
        except ValueError:
            raise Refused("broken", _POLICY, "a policy's content is no JSON") from None
        if not denies_stopping(document):
            return False
        targets = aws.pages(_TARGETS, at=aws.home, PolicyId=policy["Id"])
        return any(t["Type"] == "ROOT" for page in targets for t in page["Targets"])

    yield Baseline(
        **{**aws.here(_POLICIES), "region": None},
        subject=f"{organization}/logging-guard",
        name="policies of the organisation on logging",
        system="logging-guard",
        enforced=any(found for _, found in aws.each(own, guards)),
    )


def denies_stopping(document: Mapping[str, Any]) -> bool:
    """Whether a policy denies both calls by which a trail ends; exempted callers may be named."""
    denied: set[str] = set()
    for statement in statements(document, "Deny"):
        if "*" not in listed(statement.get("Resource", "*")):
            continue
        for pattern in listed(statement.get("Action")):
            wanted = str(pattern).lower()
            denied.update(action for action in _STOPPING if fnmatchcase(action, wanted))
    return denied == set(_STOPPING)


@source(
    Baseline,
    fields=["system", "enforced"],
    calls=[_OF, _FEATURES],
    always={"system": "central-root-management"},
)
def central_root(aws: Aws) -> Iterator[Baseline]:
    """Whether member accounts can do without root credentials of their own."""
    organization = _organization(aws)
    if organization is None:
        return
    answer = aws.maybe(_FEATURES, *_NOT_TRUSTED, at=aws.home)
    features = (answer or {}).get("EnabledFeatures") or ()
    yield Baseline(
        **{**aws.here(_FEATURES), "region": None},
        subject=f"{organization}/central-root-management",
        name="root credentials of member accounts",
        system="central-root-management",
        enforced="RootCredentialsManagement" in features,
    )
