"""Databases of RDS: the listing that several sources share, and whether plain text is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.storage import Store

DATABASE_CALLS = {"rds:DescribeDBInstances": "rds:DescribeDBInstances"}
_PAGE = 100
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
