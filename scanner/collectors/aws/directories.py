"""Directories beside IAM in which people sign in: user pools of Cognito, Directory Service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.services import Baseline

_POOLS = "cognito-idp:ListUserPools"
_POOL = "cognito-idp:DescribeUserPool"
_DIRECTORIES = "ds:DescribeDirectories"


@source(
    Baseline,
    fields=["system", "enforced"],
    calls=[_POOLS, _POOL],
    always={"system": "user-pool-factor"},
    per="region",
)
def user_pools(aws: Aws) -> Iterator[Baseline]:
    """User pools of Cognito, and whether every sign-in needs a second factor."""
    pools = (p for page in aws.pages(_POOLS, MaxResults=60) for p in page["UserPools"])

    def read(pool: dict[str, Any]) -> dict[str, Any]:
        return dict(aws.call(_POOL, UserPoolId=pool["Id"])["UserPool"])

    for listed, pool in aws.each(pools, read):
        yield Baseline(
            **aws.here(_POOL),
            subject=pool.get("Arn") or listed["Id"],
            name=f"user pool {listed['Name']}",
            system="user-pool-factor",
            # OPTIONAL leaves it to each user.
            enforced=pool.get("MfaConfiguration") == "ON",
        )


@source(
    Baseline,
    fields=["system", "enforced"],
    calls=[_DIRECTORIES],
    always={"system": "directory-factor"},
    per="region",
)
def directories(aws: Aws) -> Iterator[Baseline]:
    """Directories of Directory Service, and whether their RADIUS server for factors is in use."""
    for page in aws.pages(_DIRECTORIES):
        for each in page["DirectoryDescriptions"]:
            if each.get("Stage") in ("Deleted", "Deleting"):
                continue
            yield Baseline(
                **aws.here(_DIRECTORIES),
                subject=each["DirectoryId"],
                name=f"directory {each.get('Name') or each['DirectoryId']}",
                system="directory-factor",
                enforced=each.get("RadiusStatus") == "Completed",
            )
