"""Caches of ElastiCache, MemoryDB and DAX, which hold data as databases do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import source
from scanner.facts.storage import Store

_FIELDS = ["category", "encrypted", "key_id", "tls_required", "public", "external_principals"]
_ALWAYS = {"category": "cache"}
_INSIDE: dict[str, Any] = {"category": "cache", "public": False, "external_principals": ()}
"""They answer inside their network only, and no policy of theirs lets anybody in."""


def _encrypted(found: Mapping[str, Any]) -> bool:
    """StorageEncryptionType tells what holds; the older flag is false for keys of the service."""
    kind = found.get("StorageEncryptionType")
    return bool(found.get("AtRestEncryptionEnabled")) if kind is None else kind != "none"


def _only_tls(found: Mapping[str, Any]) -> bool:
    """Whether plain text is refused; in the mode `preferred` it still is not."""
    return bool(found.get("TransitEncryptionEnabled")) and (
        found.get("TransitEncryptionMode") != "preferred"
    )


@source(
    Store,
    fields=_FIELDS,
    calls=["elasticache:DescribeReplicationGroups"],
    always=_ALWAYS,
    per="region",
)
def cache_groups(aws: Aws) -> Iterator[Store]:
    """Replication groups of ElastiCache."""
    operation = "elasticache:DescribeReplicationGroups"
    for page in aws.pages(operation, MaxRecords=100):
        for group in page["ReplicationGroups"]:
            yield Store(
                **aws.here(operation),
                **_INSIDE,
                subject=group["ARN"],
                name=group["ReplicationGroupId"],
                encrypted=_encrypted(group),
                key_id=group.get("KmsKeyId"),
                tls_required=_only_tls(group),
            )


@source(
    Store,
    fields=_FIELDS,
    calls=["elasticache:DescribeCacheClusters"],
    always=_ALWAYS,
    per="region",
)
def cache_clusters(aws: Aws) -> Iterator[Store]:
    """Clusters of ElastiCache that belong to no replication group."""
    operation = "elasticache:DescribeCacheClusters"
    pages = aws.pages(operation, MaxRecords=100, ShowCacheClustersNotInReplicationGroups=True)
    for page in pages:
        for cluster in page["CacheClusters"]:
            if cluster.get("ReplicationGroupId"):
                continue
            yield Store(
                **aws.here(operation),
                **_INSIDE,
                subject=cluster["ARN"],
                name=cluster["CacheClusterId"],
                encrypted=_encrypted(cluster),
                key_id=None,
                tls_required=_only_tls(cluster),
            )


@source(
    Store,
    fields=_FIELDS,
    calls=["elasticache:DescribeServerlessCaches"],
    always=_ALWAYS,
    per="region",
)
def serverless_caches(aws: Aws) -> Iterator[Store]:
    """Serverless caches, which are always encrypted, at rest and on the way (user guide)."""
    operation = "elasticache:DescribeServerlessCaches"
    for page in aws.pages(operation, MaxResults=50):
        for cache in page["ServerlessCaches"]:
            yield Store(
                **aws.here(operation),
                **_INSIDE | {"public": cache.get("ConnectionType") == "public"},
                subject=cache["ARN"],
                name=cache["ServerlessCacheName"],
                encrypted=True,
                key_id=cache.get("KmsKeyId"),
                tls_required=True,
            )


@source(
    Store,
    fields=_FIELDS,
    calls=["memorydb:DescribeClusters"],
    always=_ALWAYS,
    per="region",
)
def memory_databases(aws: Aws) -> Iterator[Store]:
    """Clusters of MemoryDB, which are always encrypted at rest (developer guide)."""
    operation = "memorydb:DescribeClusters"
    for page in aws.pages(operation, MaxResults=50):
        for cluster in page["Clusters"]:
            yield Store(
                **aws.here(operation),
                **_INSIDE,
                subject=cluster["ARN"],
                name=cluster["Name"],
                encrypted=True,
                key_id=cluster.get("KmsKeyId"),
                tls_required=cluster["TLSEnabled"],
            )


@source(
    Store,
    fields=_FIELDS,
    calls=["dax:DescribeClusters"],
    always=_ALWAYS,
    per="region",
)
def table_caches(aws: Aws) -> Iterator[Store]:
    """Clusters of DAX; both kinds of encryption are chosen when one is made, and then stay."""
    operation = "dax:DescribeClusters"
    for page in aws.pages(operation, MaxResults=100):
        for cluster in page["Clusters"]:
            kept = (cluster.get("SSEDescription") or {}).get("Status")
            yield Store(
                **aws.here(operation),
                **_INSIDE,
                subject=cluster["ClusterArn"],
                name=cluster["ClusterName"],
                encrypted=kept in ("ENABLED", "ENABLING"),
                key_id=None,
                # With TLS plain text is refused (developer guide).
                tls_required=cluster.get("ClusterEndpointEncryptionType") == "TLS",
            )
