"""Warehouses of Redshift, on clusters and without: their data, snapshots and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.aws.service_logs import LOG_FIELDS, service_log
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.audit import Trail
from scanner.facts.crypto import FipsSetting
from scanner.facts.storage import Store

_CLUSTERS = "redshift:DescribeClusters"
_PARAMETERS = "redshift:DescribeClusterParameters"
_SNAPSHOTS = "redshift:DescribeClusterSnapshots"
_LOGGING = "redshift:DescribeLoggingStatus"
_NAMESPACES = "redshift-serverless:ListNamespaces"
_WORKGROUPS = "redshift-serverless:ListWorkgroups"
_WAREHOUSE = {"category": "warehouse"}
_STORED = ["category", "encrypted", "key_id", "public", "external_principals"]


def _clusters(aws: Aws) -> list[dict[str, Any]]:
    return aws.shared(
        ("redshift-clusters", aws.region),
        lambda: [
            cluster for page in aws.pages(_CLUSTERS, MaxRecords=100) for cluster in page["Clusters"]
        ],
    )


def _arn(aws: Aws, cluster: dict[str, Any]) -> str:
    return str(
        cluster.get("ClusterNamespaceArn")
        or f"{aws.account}/{aws.region}/redshift/{cluster['ClusterIdentifier']}"
    )


@source(
    Store,
    fields=[*_STORED, "tags"],
    calls=[_CLUSTERS],
    always=_WAREHOUSE,
    per="region",
)
def warehouses(aws: Aws) -> Iterator[Store]:
    """Clusters of Redshift."""
    for cluster in _clusters(aws):
        yield Store(
            **aws.here(_CLUSTERS),
            subject=_arn(aws, cluster),
            name=cluster["ClusterIdentifier"],
            tags=tags_of(cluster),
            category="warehouse",
            encrypted=cluster["Encrypted"],
            key_id=cluster.get("KmsKeyId"),
            public=cluster["PubliclyAccessible"],
            external_principals=(),
        )


def _settings(aws: Aws, cluster: dict[str, Any]) -> dict[str, str]:
    """The parameters of a cluster's groups, by name."""
    found: dict[str, str] = {}
    for group in cluster.get("ClusterParameterGroups") or ():
        found |= _group(aws, group["ParameterGroupName"])
    return found


def _group(aws: Aws, name: str) -> dict[str, str]:
    return aws.shared(
        ("redshift-parameters", aws.region, name),
        lambda: {
            p["ParameterName"]: p.get("ParameterValue", "")
            for page in aws.pages(_PARAMETERS, ParameterGroupName=name, MaxRecords=100)
            for p in page["Parameters"]
        },
    )


@source(
    Store,
    fields=["tls_required"],
    calls=[_CLUSTERS, _PARAMETERS],
    always=_WAREHOUSE,
    lists=False,
    per="region",
)
def warehouse_transport(aws: Aws) -> Iterator[Store | Partial]:
    """Whether clusters of Redshift refuse connections without TLS."""
    for cluster in _clusters(aws):
        facts: dict[str, Any] = {
            **aws.here(_PARAMETERS),
            **_WAREHOUSE,
            "subject": _arn(aws, cluster),
            "name": cluster["ClusterIdentifier"],
        }
        try:
            forced = _settings(aws, cluster).get("require_ssl") == "true"
        except Refused as refused:
            yield Partial(Store(**facts), {"tls_required": refused})
        else:
            yield Store(**facts, tls_required=forced)


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls=[_CLUSTERS, _PARAMETERS],
    always={"setting": "redshift"},
    per="region",
)
def redshift_fips(aws: Aws) -> Iterator[FipsSetting]:
    """Redshift clusters: FIPS mode for connections counts only where plain ones are refused."""
    for cluster, found in aws.each(_clusters(aws), lambda cluster: _settings(aws, cluster)):
        identifier = cluster["ClusterIdentifier"]
        yield FipsSetting(
            **aws.here(_PARAMETERS),
            subject=f"{aws.account}/{aws.region}/redshift/{identifier}",
            name=f"Redshift cluster {identifier}",
            **_fips(found),
        )


def _fips(found: dict[str, str]) -> dict[str, Any]:
    fips, forced = found.get("use_fips_ssl", "false"), found.get("require_ssl", "false")
    return {
        "setting": "redshift",
        "value": f"use_fips_ssl {fips}, require_ssl {forced}",
        "on": fips == "true" and forced == "true",
    }


@source(
    Store,
    fields=[*_STORED, "tags"],
    calls=[_SNAPSHOTS],
    always={"category": "database-snapshot"},
    per="region",
)
def warehouse_snapshots(aws: Aws) -> Iterator[Store]:
    """Snapshots of Redshift clusters; they are shared with accounts by number, never with all."""
    for page in aws.pages(_SNAPSHOTS, MaxRecords=100):
        for snapshot in page["Snapshots"]:
            owner = snapshot.get("OwnerAccount", aws.account)
            if owner != aws.account:
                continue  # somebody else's, shared with this account
            shared = snapshot.get("AccountsWithRestoreAccess") or ()
            name = f"{snapshot['ClusterIdentifier']}/{snapshot['SnapshotIdentifier']}"
            yield Store(
                **aws.here(_SNAPSHOTS),
                subject=snapshot.get("SnapshotArn") or f"{aws.account}/{aws.region}/{name}",
                name=name,
                tags=tags_of(snapshot),
                category="database-snapshot",
                encrypted=snapshot["Encrypted"],
                key_id=snapshot.get("KmsKeyId"),
                public=False,
                external_principals=tuple(sorted(each["AccountId"] for each in shared)),
            )


@source(
    Trail,
    fields=LOG_FIELDS,
    calls=[_CLUSTERS, _LOGGING],
    always={"system": "database"},
    per="region",
)
def warehouse_logs(aws: Aws) -> Iterator[Trail]:
    """Where clusters of Redshift send their audit logs."""

    def destination(cluster: dict[str, Any]) -> str | None:
        answer = aws.call(_LOGGING, ClusterIdentifier=cluster["ClusterIdentifier"])
        if not answer.get("LoggingEnabled"):
            return None
        return str(answer.get("BucketName") or answer.get("LogDestinationType") or "set")

    for cluster, where in aws.each(_clusters(aws), destination):
        name = f"audit log of {cluster['ClusterIdentifier']}"
        yield service_log(aws, _LOGGING, _arn(aws, cluster), name, "database", where)


def _namespaces(aws: Aws) -> list[dict[str, Any]]:
    return aws.shared(
        ("redshift-namespaces", aws.region),
        lambda: [n for page in aws.pages(_NAMESPACES) for n in page["namespaces"]],
    )


def _workgroups(aws: Aws) -> list[dict[str, Any]]:
    """Workgroups with their parameters as {"values": {...}}."""

    def read(group: dict[str, Any]) -> dict[str, Any]:
        given = group.get("configParameters") or ()
        return group | {"values": {p["parameterKey"]: p["parameterValue"] for p in given}}

    return aws.shared(
        ("redshift-workgroups", aws.region),
        lambda: [read(w) for page in aws.pages(_WORKGROUPS) for w in page["workgroups"]],
    )


@source(
    Store,
    fields=["category", "encrypted", "key_id"],
    calls=[_NAMESPACES],
    always=_WAREHOUSE,
    per="region",
)
def serverless_warehouses(aws: Aws) -> Iterator[Store]:
    """Namespaces of Redshift Serverless, which are always encrypted (management guide)."""
    for namespace in _namespaces(aws):
        key = namespace.get("kmsKeyId")
        yield Store(
            **aws.here(_NAMESPACES),
            subject=namespace["namespaceArn"],
            name=namespace["namespaceName"],
            category="warehouse",
            encrypted=True,
            key_id=None if key == "AWS_OWNED_KMS_KEY" else key,
        )


@serverless_warehouses.detail(
    fields=["public", "external_principals", "tls_required"], calls=[_WORKGROUPS]
)
def serverless_warehouse_ways_in(aws: Aws, namespace: Store) -> dict[str, object]:
    groups = [g for g in _workgroups(aws) if g.get("namespaceName") == namespace.name]
    return {
        "public": any(group.get("publiclyAccessible", False) for group in groups),
        "external_principals": (),
        # Without a workgroup nothing answers at all.
        "tls_required": all(group["values"].get("require_ssl") == "true" for group in groups),
    }


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls=[_WORKGROUPS],
    always={"setting": "redshift"},
    per="region",
)
def serverless_redshift_fips(aws: Aws) -> Iterator[FipsSetting]:
    """Workgroups of Redshift Serverless, as clusters are."""
    for group in _workgroups(aws):
        yield FipsSetting(
            **aws.here(_WORKGROUPS),
            subject=group["workgroupArn"],
            name=f"Redshift workgroup {group['workgroupName']}",
            **_fips(group["values"]),
        )


@source(
    Trail,
    fields=LOG_FIELDS,
    calls=[_NAMESPACES],
    always={"system": "database"},
    per="region",
)
def serverless_warehouse_logs(aws: Aws) -> Iterator[Trail]:
    """Which namespaces of Redshift Serverless hand their logs to CloudWatch."""
    for namespace in _namespaces(aws):
        name, exported = namespace["namespaceName"], sorted(namespace.get("logExports") or ())
        where = f"log group /aws/redshift/{name}/{exported[0]}" if exported else None
        arn = namespace["namespaceArn"]
        yield service_log(aws, _NAMESPACES, arn, f"logs of {name}", "database", where)
