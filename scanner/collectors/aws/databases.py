"""Databases of RDS, Aurora, DocumentDB and Neptune, and their snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.storage import Store

DATABASE_CALLS = {"rds:DescribeDBInstances": "rds:DescribeDBInstances"}
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
    calls={**DATABASE_CALLS, _CLUSTERS: _CLUSTERS, _OWN: _OWN, _CLUSTER: _CLUSTER},
    always={"category": "database"},
    lists=False,
    per="region",
)
def database_transport(aws: Aws) -> Iterator[Store | Partial]:
    """Whether databases refuse connections without TLS, by the parameter group of each."""
    databases = database_list(aws)
    clusters: dict[str, str] = {}
    if any("DBClusterIdentifier" in each for each in databases):
        clusters = {
            c["DBClusterIdentifier"]: c["DBClusterParameterGroup"]
            for page in aws.pages(_CLUSTERS, MaxRecords=_PAGE)
            for c in page["DBClusters"]
        }
    for database in databases:
        facts: dict[str, Any] = {
            **aws.here(_OWN),
            "subject": database["DBInstanceArn"],
            "name": database["DBInstanceIdentifier"],
            "category": "database",
        }
        engine = database["Engine"]
        forcing = "rds.force_ssl" if engine.startswith("sqlserver") else _FORCING.get(engine)
        cluster = clusters.get(database.get("DBClusterIdentifier", ""))
        own = [g["DBParameterGroupName"] for g in database.get("DBParameterGroups") or ()]
        try:
            if forcing is None:
                raise Refused("not-supported", _OWN, f"no parameter of {engine} tells it")
            if cluster is not None:
                values = _parameters(aws, _CLUSTER, cluster, forcing)
            else:
                values = [v for group in own for v in _parameters(aws, _OWN, group, forcing)]
        except Refused as refused:
            yield Partial(Store(**facts), {"tls_required": refused})
        else:
            # Without the parameter plain text is accepted.
            yield Store(**facts, tls_required=any(v.lower() in _ON for v in values))


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
