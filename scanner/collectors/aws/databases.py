"""Databases of RDS, Aurora, DocumentDB and Neptune, and their snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.storage import Store

DATABASE_CALLS = {"rds:DescribeDBInstances": "rds:DescribeDBInstances"}
CLUSTER_CALLS = {"rds:DescribeDBClusters": "rds:DescribeDBClusters"}
_PAGE = 100
_COMMON = ["category", "encrypted", "key_id"]
_OWN = "rds:DescribeDBParameters"
_CLUSTER = "rds:DescribeDBClusterParameters"
_CLUSTERS = "rds:DescribeDBClusters"
_KEPT = (
    "DBInstanceArn",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "DBParameterGroups",
    "Engine",
    "EnabledCloudwatchLogsExports",
    "KmsKeyId",
    "PubliclyAccessible",
    "StorageEncrypted",
    "StorageEncryptionType",
    "TagList",
)
_KEPT_OF_CLUSTERS = (
    "ClusterScalabilityType",
    "DBClusterArn",
    "DBClusterIdentifier",
    "DBClusterMembers",
    "DBClusterParameterGroup",
    "Engine",
    "EnabledCloudwatchLogsExports",
    "InternetAccessGatewayEnabled",
    "KmsKeyId",
    "PubliclyAccessible",
    "StorageEncrypted",
    "StorageEncryptionType",
    "TagList",
)

_FORCING = {
    "postgres": "rds.force_ssl",
    "aurora-postgresql": "rds.force_ssl",
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
    "aurora-mysql": "require_secure_transport",
    "docdb": "tls",
}
"""Engine -> the parameter that refuses connections without TLS; SQL Server has the first too."""
_ON = frozenset({"1", "on", "true", "enabled", "fips-140-3", "tls1.2+", "tls1.3+"})


def _encrypted(found: Mapping[str, Any], flag: str) -> bool:
    """StorageEncryptionType tells what holds; the flag is false for keys that AWS itself owns."""
    kind = found.get("StorageEncryptionType")
    return bool(found[flag]) if kind is None else kind != "none"


def database_list(aws: Aws) -> list[dict[str, Any]]:
    """Database instances of RDS, Aurora, DocumentDB and Neptune, cut down to what is looked at."""
    return aws.shared(
        ("databases", aws.region),
        lambda: [
            {name: database[name] for name in _KEPT if name in database}
            for page in aws.pages("rds:DescribeDBInstances", MaxRecords=_PAGE)
            for database in page["DBInstances"]
        ],
    )


def cluster_list(aws: Aws) -> list[dict[str, Any]]:
    """Clusters of Aurora, DocumentDB, Neptune and of RDS in several zones, cut down likewise."""
    return aws.shared(
        ("database-clusters", aws.region),
        lambda: [
            {name: cluster[name] for name in _KEPT_OF_CLUSTERS if name in cluster}
            for page in aws.pages(_CLUSTERS, MaxRecords=_PAGE)
            for cluster in page["DBClusters"]
        ],
    )


def _empty_clusters(aws: Aws) -> list[dict[str, Any]]:
    """Clusters that no instance speaks for: the second of a global database, a restored one, ..."""
    return [each for each in cluster_list(aws) if not each.get("DBClusterMembers")]


@source(
    Store,
    fields=[*_COMMON, "public", "external_principals", "tags"],
    calls=DATABASE_CALLS,
    always={"category": "database"},
    per="region",
)
def databases(aws: Aws) -> Iterator[Store]:
    """Database instances of RDS, Aurora, DocumentDB and Neptune."""
    for database in database_list(aws):
        yield Store(
            **aws.here("rds:DescribeDBInstances"),
            subject=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            tags=tags_of(database, "TagList"),
            category="database",
            public=database["PubliclyAccessible"],
            external_principals=(),
            encrypted=_encrypted(database, "StorageEncrypted"),
            key_id=database.get("KmsKeyId"),
        )


@source(
    Store,
    fields=[*_COMMON, "public", "external_principals", "tags"],
    calls=CLUSTER_CALLS,
    always={"category": "database"},
    per="region",
)
def empty_clusters(aws: Aws) -> Iterator[Store | Partial]:
    """Clusters of databases without an instance, whose storage holds data all the same."""
    for cluster in _empty_clusters(aws):
        facts: dict[str, Any] = {
            **aws.here(_CLUSTERS),
            "subject": cluster["DBClusterArn"],
            "name": cluster["DBClusterIdentifier"],
            "tags": tags_of(cluster, "TagList"),
            "category": "database",
            "external_principals": (),
            "encrypted": _encrypted(cluster, "StorageEncrypted"),
            "key_id": cluster.get("KmsKeyId"),
        }
        if cluster.get("ClusterScalabilityType") == "limitless":
            unsaid = Refused("not-supported", _CLUSTERS, "its shard groups tell it, one by one")
            yield Partial(Store(**facts), {"public": unsaid})
        else:
            # Told where it can be so; the endpoint of any other leads nowhere without an instance.
            flags = ("PubliclyAccessible", "InternetAccessGatewayEnabled")
            yield Store(**facts, public=any(cluster.get(flag) is True for flag in flags))


@source(
    Store,
    fields=[*_COMMON, "tags"],
    calls=["rds:DescribeDBSnapshots"],
    always={"category": "database-snapshot"},
    per="region",
)
def database_snapshots(aws: Aws) -> Iterator[Store]:
    """Snapshots of databases, made by hand or by themselves."""
    for page in aws.pages("rds:DescribeDBSnapshots", MaxRecords=_PAGE):
        for snapshot in page["DBSnapshots"]:
            yield Store(
                **aws.here("rds:DescribeDBSnapshots"),
                subject=snapshot["DBSnapshotArn"],
                name=snapshot["DBSnapshotIdentifier"],
                tags=tags_of(snapshot, "TagList"),
                category="database-snapshot",
                encrypted=_encrypted(snapshot, "Encrypted"),
                key_id=snapshot.get("KmsKeyId"),
            )


@database_snapshots.detail(
    fields=["public", "external_principals"], calls=["rds:DescribeDBSnapshotAttributes"]
)
def database_snapshot_sharing(aws: Aws, snapshot: Store) -> dict[str, object]:
    if snapshot.name.startswith("rds:"):
        # Automatic snapshots cannot be shared.
        return {"public": False, "external_principals": ()}
    answer = aws.call("rds:DescribeDBSnapshotAttributes", DBSnapshotIdentifier=snapshot.name)
    return _shared(answer["DBSnapshotAttributesResult"]["DBSnapshotAttributes"])


def _shared(attributes: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Who may restore a snapshot, by its attributes."""
    shared = {
        "*" if value == "all" else value
        for each in attributes
        if each["AttributeName"] == "restore"
        for value in each.get("AttributeValues") or ()
    }
    return {"public": "*" in shared, "external_principals": tuple(sorted(shared))}


_CLUSTER_SNAPSHOTS = "rds:DescribeDBClusterSnapshots"
_CLUSTER_SHARING = "rds:DescribeDBClusterSnapshotAttributes"


@source(
    Store,
    fields=[*_COMMON, "tags"],
    calls=[_CLUSTER_SNAPSHOTS],
    always={"category": "database-snapshot"},
    per="region",
)
def cluster_snapshots(aws: Aws) -> Iterator[Store]:
    """Snapshots of clusters: Aurora, DocumentDB, Neptune, and RDS in several zones."""
    for page in aws.pages(_CLUSTER_SNAPSHOTS, MaxRecords=_PAGE):
        for snapshot in page["DBClusterSnapshots"]:
            yield Store(
                **aws.here(_CLUSTER_SNAPSHOTS),
                subject=snapshot["DBClusterSnapshotArn"],
                name=snapshot["DBClusterSnapshotIdentifier"],
                tags=tags_of(snapshot, "TagList"),
                category="database-snapshot",
                encrypted=_encrypted(snapshot, "StorageEncrypted"),
                key_id=snapshot.get("KmsKeyId"),
            )


@cluster_snapshots.detail(fields=["public", "external_principals"], calls=[_CLUSTER_SHARING])
def cluster_snapshot_sharing(aws: Aws, snapshot: Store) -> dict[str, object]:
    if snapshot.name.startswith("rds:"):
        return {"public": False, "external_principals": ()}
    answer = aws.call(_CLUSTER_SHARING, DBClusterSnapshotIdentifier=snapshot.name)
    return _shared(answer["DBClusterSnapshotAttributesResult"]["DBClusterSnapshotAttributes"])


@source(
    Store,
    fields=["tls_required"],
    calls={**DATABASE_CALLS, **CLUSTER_CALLS, _OWN: _OWN, _CLUSTER: _CLUSTER},
    always={"category": "database"},
    lists=False,
    per="region",
)
def database_transport(aws: Aws) -> Iterator[Store | Partial]:
    """Whether databases refuse connections without TLS, by the parameter group of each."""
    databases = database_list(aws)
    clustered = any("DBClusterIdentifier" in each for each in databases)
    clusters = cluster_list(aws) if clustered else ()
    groups = {c["DBClusterIdentifier"]: c["DBClusterParameterGroup"] for c in clusters}
    for database in databases:
        of_cluster = groups.get(database.get("DBClusterIdentifier", ""))
        own = [g["DBParameterGroupName"] for g in database.get("DBParameterGroups") or ()]
        where = [(_OWN, each) for each in own] if of_cluster is None else [(_CLUSTER, of_cluster)]
        arn, name = database["DBInstanceArn"], database["DBInstanceIdentifier"]
        yield _transport(aws, arn, name, database["Engine"], where)


@source(
    Store,
    fields=["tls_required"],
    calls={**CLUSTER_CALLS, _CLUSTER: _CLUSTER},
    always={"category": "database"},
    lists=False,
    per="region",
)
def empty_cluster_transport(aws: Aws) -> Iterator[Store | Partial]:
    """The same of clusters without an instance, for the day that one is added."""
    for cluster in _empty_clusters(aws):
        arn, name = cluster["DBClusterArn"], cluster["DBClusterIdentifier"]
        where = [(_CLUSTER, cluster["DBClusterParameterGroup"])]
        yield _transport(aws, arn, name, cluster["Engine"], where)


def _transport(
    aws: Aws, subject: str, name: str, engine: str, where: list[tuple[str, str]]
) -> Store | Partial:
    """What the parameter groups say of TLS; where: operation and name of each."""
    facts: dict[str, Any] = {
        **aws.here(where[0][0] if where else _OWN),
        "subject": subject,
        "name": name,
        "category": "database",
    }
    forcing = "rds.force_ssl" if engine.startswith("sqlserver") else _FORCING.get(engine)
    try:
        if forcing is None:
            raise Refused("not-supported", facts["operation"], f"no parameter of {engine} tells it")
        values = [v for which, group in where for v in _parameters(aws, which, group, forcing)]
    except Refused as refused:
        return Partial(Store(**facts), {"tls_required": refused})
    # Without the parameter plain text is accepted.
    return Store(**facts, tls_required=any(v.lower() in _ON for v in values))


def _parameters(aws: Aws, operation: str, group: str, name: str) -> list[str]:
    """Values of one parameter of one group, which many databases may share."""
    which = "DBClusterParameterGroupName" if operation == _CLUSTER else "DBParameterGroupName"
    return aws.shared(
        (operation, aws.region, group, name),
        lambda: [
            str(parameter["ParameterValue"])
            for page in aws.pages(operation, **{which: group}, MaxRecords=_PAGE)
            for parameter in page["Parameters"]
            if parameter["ParameterName"] == name and "ParameterValue" in parameter
        ],
    )
