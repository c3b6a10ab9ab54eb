"""Collections of OpenSearch Serverless, and the policies that open them."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import account_of, listed
from scanner.collectors.aws.tls import version_rank
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.crypto import Endpoint
from scanner.facts.storage import Store

_COLLECTIONS = "opensearchserverless:ListCollections"
_NETWORK = {
    "opensearchserverless:ListSecurityPolicies": "aoss:ListSecurityPolicies",
    "opensearchserverless:GetSecurityPolicy": "aoss:GetSecurityPolicy",
}
_ACCESS = {
    "opensearchserverless:ListAccessPolicies": "aoss:ListAccessPolicies",
    "opensearchserverless:GetAccessPolicy": "aoss:GetAccessPolicy",
}
_CALLS = {_COLLECTIONS: "aoss:ListCollections"}


def _collections(aws: Aws) -> list[dict[str, Any]]:
    return aws.shared(
        ("collections", aws.region),
        lambda: [
            {"arn": each["arn"], "name": each["name"], "key": each.get("kmsKeyArn")}
            for page in aws.pages(_COLLECTIONS, maxResults=100)
            for each in page["collectionSummaries"]
            if each.get("status") != "DELETING"
        ],
    )


def _policies(aws: Aws, kind: str, calls: dict[str, str], told: str) -> list[dict[str, Any]]:
    """Every block of every policy of a kind, read once a region."""
    listing, reading = calls

    def read(summary: dict[str, Any]) -> list[dict[str, Any]]:
        answer = aws.call(reading, type=kind, name=summary["name"])
        return listed(answer[f"{told}Detail"]["policy"])

    return aws.shared(
        ("collection-policies", aws.region, kind),
        lambda: [
            block
            for _, blocks in aws.each(
                (
                    summary
                    for page in aws.pages(listing, type=kind, maxResults=100)
                    for summary in page[f"{told}Summaries"]
                ),
                read,
            )
            for block in blocks
        ],
    )


def _concerns(block: dict[str, Any], name: str) -> bool:
    """Whether a block reaches a collection or its indexes; the dashboards are apart."""
    return any(
        fnmatchcase(name, str(resource).split("/")[1])
        for rule in block.get("Rules") or ()
        if rule.get("ResourceType") in ("collection", "index")
        for resource in rule.get("Resource") or ()
        if "/" in str(resource)
    )


@source(
    Store,
    fields=["category", "encrypted", "key_id", "public"],
    calls=_CALLS,
    always={"category": "search-domain"},
    per="region",
)
def search_collections(aws: Aws) -> Iterator[Store]:
    """Collections, which are always encrypted and ask every caller who it is (developer guide)."""
    for each in _collections(aws):
        yield Store(
            **aws.here(_COLLECTIONS),
            subject=each["arn"],
            name=each["name"],
            category="search-domain",
            encrypted=True,
            key_id=None if each["key"] == "auto" else each["key"],
            public=False,
        )


@search_collections.detail(fields=["external_principals"], calls=_ACCESS)
def collection_access(aws: Aws, collection: Store) -> dict[str, object]:
    parties = {
        str(principal)
        for block in _policies(aws, "data", _ACCESS, "accessPolicy")
        if _concerns(block, collection.name)
        for principal in block.get("Principal") or ()
    }
    outside = {p for p in parties if account_of(p) not in (None, aws.account)}
    return {"external_principals": tuple(sorted(outside))}


@source(
    Endpoint,
    fields=[
        "service",
        "protocol",
        "policy",
        "min_version",
        "min_version_rank",
        "encrypted",
        "plaintext_refused",
        "fips_policy",
    ],
    calls=_CALLS,
    always={"service": "search-domain"},
    per="region",
)
def collection_endpoints(aws: Aws) -> Iterator[Partial]:
    """Endpoints of collections: TLS 1.2 or later, always (developer guide)."""
    for each in _collections(aws):
        unsaid = Refused(
            "not-supported", _COLLECTIONS, "each client chooses the FIPS endpoint or the other"
        )
        endpoint = Endpoint(
            **aws.here(_COLLECTIONS),
            subject=each["arn"],
            name=each["name"],
            service="search-domain",
            protocol="HTTPS",
            policy=None,
            min_version="1.2",
            min_version_rank=version_rank("1.2"),
            encrypted=True,
            plaintext_refused=True,
        )
        yield Partial(endpoint, {"fips_policy": unsaid})


@collection_endpoints.detail(fields=["public"], calls=_NETWORK)
def collection_network(aws: Aws, endpoint: Endpoint) -> dict[str, object]:
    blocks = _policies(aws, "network", _NETWORK, "securityPolicy")
    opened = (b.get("AllowFromPublic", False) for b in blocks if _concerns(b, endpoint.name))
    return {"public": any(opened)}
