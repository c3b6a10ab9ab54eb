"""The least-privilege policy, derived from what the sources declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.collectors.base import Source

ENTRY: Mapping[str, tuple[str, ...]] = {
    "always": (),
    "all-regions": ("ec2:DescribeRegions",),
    "organization": ("organizations:ListAccounts",),
}
"""Actions that opening a target takes, beside its sources. GetCallerIdentity needs none."""


def actions(
    selected: Iterable[tuple[Source, frozenset[str]]],
    *,
    all_regions: bool = False,
    organization: bool = False,
) -> tuple[str, ...]:
    """The IAM actions that reading these fields of these sources takes, sorted."""
    found = {action for source, wanted in selected for _, action in source.needs(wanted) if action}
    if all_regions:
        found.update(ENTRY["all-regions"])
    if organization:
        found.update(ENTRY["organization"])
    return tuple(sorted(found))


def policy_document(
    selected: Iterable[tuple[Source, frozenset[str]]],
    *,
    all_regions: bool = False,
    organization: bool = False,
    role_arn: str | None = None,
) -> dict[str, Any]:
    """The IAM policy document for these actions; one statement, since none can be narrowed.

    Listings have no resource to name, and what a scan has to find is not known before it. role_arn:
    a pattern of the role that an organisation target assumes; its own statement.
    """
    wanted = actions(selected, all_regions=all_regions, organization=organization)
    statements: list[dict[str, Any]] = [
        {"Sid": "CmmcScanRead", "Effect": "Allow", "Action": list(wanted), "Resource": "*"}
    ]
    if role_arn is not None:
        statements.append(
            {
                "Sid": "CmmcScanEnter",
                "Effect": "Allow",
                "Action": ["sts:AssumeRole"],
                "Resource": role_arn,
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}
