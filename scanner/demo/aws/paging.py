"""Pages for listings that moto gives in one piece, with markers that live on the server.

The first call gathers the whole listing and keeps it; a marker names the listing and an offset,
so that a page can be asked for again (a client that retries gets the same page) and a long
listing costs one reading.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from scanner.demo.aws import models
from scanner.demo.aws.errors import Refusal, protocol_of

Output = dict[str, Any]
_KEPT_LISTINGS = 512


class Size(NamedTuple):
    """Items a page: without a limit asked for (None: all of them), and at most."""

    default: int | None
    maximum: int


PAGED: dict[str, Size] = {
    "account:ListRegions": Size(20, 50),
    "accessanalyzer:ListAnalyzers": Size(100, 1000),
    "accessanalyzer:ListFindingsV2": Size(100, 1000),
    "apigateway:GetDomainNames": Size(25, 500),
    "apigateway:GetResources": Size(25, 500),
    "apigateway:GetRestApis": Size(25, 500),
    "apigatewayv2:GetApis": Size(25, 100),
    "apigatewayv2:GetRoutes": Size(25, 100),
    "backup:ListBackupVaults": Size(1000, 1000),
    "cloudtrail:ListEventDataStores": Size(100, 1000),
    "cloudtrail:ListTrails": Size(100, 100),
    "ec2:DescribeImages": Size(None, 1000),
    "ec2:DescribeInstances": Size(None, 1000),
    "ec2:DescribeSecurityGroups": Size(None, 1000),
    "ec2:DescribeSnapshots": Size(None, 1000),
    "ec2:DescribeSubnets": Size(None, 1000),
    "ec2:DescribeVolumes": Size(None, 500),
    "ec2:DescribeVpcs": Size(None, 1000),
    "ecs:ListAccountSettings": Size(10, 10),
    "ecs:ListClusters": Size(100, 100),
    "eks:ListClusters": Size(100, 100),
    "eks:ListNodegroups": Size(100, 100),
    "elbv2:DescribeListeners": Size(400, 400),
    "elbv2:DescribeLoadBalancers": Size(400, 400),
    "elbv2:DescribeSSLPolicies": Size(400, 400),
    "guardduty:ListDetectors": Size(50, 50),
    "guardduty:ListFindings": Size(50, 50),
    "iam:GetAccountAuthorizationDetails": Size(100, 1000),
    "iam:ListAttachedUserPolicies": Size(100, 1000),
    "iam:ListMFADevices": Size(100, 1000),
    "iam:ListUsers": Size(100, 1000),
    "iam:ListVirtualMFADevices": Size(100, 1000),
    "inspector2:ListCoverage": Size(100, 200),
    "inspector2:ListFindings": Size(100, 100),
    "kms:ListAliases": Size(50, 100),
    "kms:ListKeys": Size(100, 1000),
    "lambda:ListCodeSigningConfigs": Size(50, 50),
    "lambda:ListFunctions": Size(50, 50),
    "lambda:ListFunctionsByCodeSigningConfig": Size(50, 10000),
    "organizations:ListAccounts": Size(20, 20),
    "securityhub:GetEnabledStandards": Size(100, 100),
    "ssm:DescribeInstanceInformation": Size(10, 50),
    "ssm:DescribeInstancePatchStates": Size(50, 100),
    "ssm:GetInventory": Size(50, 50),
    "ssm:ListComplianceItems": Size(50, 50),
    "ssm:ListInventoryEntries": Size(50, 50),
    "ssm:ListResourceComplianceSummaries": Size(50, 50),
}

# What botocore's paginators say, for operations that page but have no paginator there.
_UNLISTED: dict[str, dict[str, Any]] = {
    "cloudtrail:ListEventDataStores": {
        "input_token": "NextToken",
        "output_token": "NextToken",
        "limit_key": "MaxResults",
        "result_key": "EventDataStores",
    },
    "ssm:ListInventoryEntries": {
        "input_token": "NextToken",
        "output_token": "NextToken",
        "limit_key": "MaxResults",
        "result_key": "Entries",
    },
}


class Pager(NamedTuple):
    """How one operation pages: the names of its parameters and members."""

    token_in: str
    token_out: str
    limit: str | None
    lists: tuple[str, ...]
    more: str | None
    size: Size


@cache
def pager(service: str, operation: str) -> Pager | None:
    """How we page the operation, or None where we do not."""
    size = PAGED.get(f"{service}:{operation}")
    if size is None:
        return None
    spec = _UNLISTED.get(f"{service}:{operation}") or models.paginator(service, operation)
    lists = spec["result_key"]
    return Pager(
        token_in=spec["input_token"],
        token_out=spec["output_token"],
        limit=spec.get("limit_key"),
        lists=(lists,) if isinstance(lists, str) else tuple(lists),
        more=spec.get("more_results"),
        size=size,
    )


class Listings:
    """The listings that markers point into."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[tuple[str, Any]]] = OrderedDict()
        self._made = 0
        self._lock = threading.Lock()

    def page(
        self, service: str, how: Pager, params: dict[str, Any], gather: Callable[[], Output]
    ) -> Output:
        """One page of what `gather` gives; raises Refusal for a marker that is not ours."""
        token = params.get(how.token_in)
        if token is None:
            whole = gather()
            rest = {n: v for n, v in whole.items() if n not in how.lists}
            items = [(name, item) for name in how.lists for item in whole.get(name, [])]
            listing, start = "", 0
        else:
            rest = {}
            listing, start, items = self._find(service, str(token))
        limit = params.get(how.limit) if how.limit else None
        count = how.size.default if limit is None else min(int(limit), how.size.maximum)
        end = len(items) if count is None else start + count
        page: Output = {name: [] for name in how.lists} | rest
        for name, item in items[start:end]:
            page[name].append(item)
        if how.more:
            page[how.more] = end < len(items)
        if end < len(items):
            page[how.token_out] = f"{listing or self._keep(items)}.{end}"
        return page

    def _keep(self, items: list[tuple[str, Any]]) -> str:
        with self._lock:
            self._made += 1
            name = f"listing{self._made:08d}"
            self._kept[name] = items
            while len(self._kept) > _KEPT_LISTINGS:
                self._kept.popitem(last=False)
        return name

    def _find(self, service: str, token: str) -> tuple[str, int, list[tuple[str, Any]]]:
        name, _, offset = token.partition(".")
        with self._lock:
            items = self._kept.get(name)
        if items is None or not offset.isdecimal():
            raise _bad_token(service)
        return name, int(offset), items

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


def _bad_token(service: str) -> Refusal:
    code = {
        "query": "ValidationError",
        "ec2": "InvalidParameterValue",
        "json": "InvalidNextTokenException",
    }
    return Refusal(code.get(protocol_of(service), "ValidationException"), "Invalid marker.")
