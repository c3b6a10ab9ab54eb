"""Which services record how they are used: balancers, databases, clusters, firewalls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.databases import (
    CLUSTER_CALLS,
    DATABASE_CALLS,
    cluster_list,
    database_list,
)
from scanner.collectors.aws.service_logs import LOG_FIELDS, service_log
from scanner.collectors.base import source
from scanner.facts.audit import Trail
from scanner.facts.network import Boundary

_ANY = ("0.0.0.0/0", "::/0")
_ATTRIBUTES = "elbv2:DescribeLoadBalancerAttributes"


@source(
    Trail,
    fields=LOG_FIELDS,
    calls={
        "elbv2:DescribeLoadBalancers": "elasticloadbalancing:DescribeLoadBalancers",
        _ATTRIBUTES: _ATTRIBUTES.replace("elbv2", "elasticloadbalancing"),
    },
    always={"system": "load-balancer"},
    per="region",
)
def balancer_logs(aws: Aws) -> Iterator[Trail]:
    """Access logs of application and network load balancers."""
    balancers = (
        b
        for page in aws.pages("elbv2:DescribeLoadBalancers", PageSize=400)
        for b in page["LoadBalancers"]
        if b["Type"] != "gateway"
    )

    def attributes(balancer: dict[str, Any]) -> dict[str, str]:
        answer = aws.call(_ATTRIBUTES, LoadBalancerArn=balancer["LoadBalancerArn"])
        return {a["Key"]: a["Value"] for a in answer["Attributes"]}

    for balancer, found in aws.each(balancers, attributes):
        on = found.get("access_logs.s3.enabled") == "true"
        bucket = found.get("access_logs.s3.bucket") or "a bucket"
        arn, name = balancer["LoadBalancerArn"], f"access log of {balancer['LoadBalancerName']}"
        yield service_log(aws, _ATTRIBUTES, arn, name, "load-balancer", bucket if on else None)


@source(
    Trail,
    fields=LOG_FIELDS,
    calls=DATABASE_CALLS,
    always={"system": "database"},
    per="region",
)
def database_logs(aws: Aws) -> Iterator[Trail]:
    """Which databases of RDS hand their own logs to CloudWatch; a cluster does it for its own."""
    for database in database_list(aws):
        if "DBClusterIdentifier" in database:
            continue
        identifier = database["DBInstanceIdentifier"]
        where = _exported_to("/aws/rds/instance", identifier, database)
        arn, name = database["DBInstanceArn"], f"logs of {identifier}"
        yield service_log(aws, "rds:DescribeDBInstances", arn, name, "database", where)


@source(
    Trail,
    fields=LOG_FIELDS,
    calls=CLUSTER_CALLS,
    always={"system": "database"},
    per="region",
)
def database_cluster_logs(aws: Aws) -> Iterator[Trail]:
    """Which clusters of databases hand the logs of all their instances to CloudWatch."""
    for cluster in cluster_list(aws):
        identifier = cluster["DBClusterIdentifier"]
        where = _exported_to(_CLUSTER_LOGS.get(cluster["Engine"], _OF_RDS), identifier, cluster)
        arn, name = cluster["DBClusterArn"], f"logs of {identifier}"
        yield service_log(aws, "rds:DescribeDBClusters", arn, name, "database", where)


_OF_RDS = "/aws/rds/cluster"
_CLUSTER_LOGS = {"docdb": "/aws/docdb", "neptune": "/aws/neptune"}
"""Engine -> where the names of its log groups begin."""


def _exported_to(folder: str, identifier: str, found: dict[str, Any]) -> str | None:
    exported = sorted(found.get("EnabledCloudwatchLogsExports") or ())
    return f"log group {folder}/{identifier}/{exported[0]}" if exported else None


_CLUSTER = "eks:DescribeCluster"
_CLUSTER_CALLS = {"eks:ListClusters": "eks:ListClusters", _CLUSTER: _CLUSTER}


def _clusters(aws: Aws) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        names = (c for page in aws.pages("eks:ListClusters") for c in page["clusters"])
        found = aws.each(names, lambda name: aws.call(_CLUSTER, name=name)["cluster"])
        return [cluster for _, cluster in found]

    return aws.shared(("eks-clusters", aws.region), read)


@source(
    Trail,
    fields=LOG_FIELDS,
    calls=_CLUSTER_CALLS,
    always={"system": "cluster"},
    per="region",
)
def cluster_logs(aws: Aws) -> Iterator[Trail]:
    """EKS clusters, and whether their audit log goes to CloudWatch."""
    for cluster in _clusters(aws):
        kinds = {
            kind
            for each in (cluster.get("logging") or {}).get("clusterLogging") or ()
            if each.get("enabled")
            for kind in each.get("types") or ()
        }
        where = f"log group /aws/eks/{cluster['name']}/cluster" if "audit" in kinds else None
        name = f"audit log of {cluster['name']}"
        yield service_log(aws, _CLUSTER, cluster["arn"], name, "cluster", where)


@source(
    Boundary,
    fields=["category", "enabled", "default_ingress", "open_rules", "faces_internet"],
    calls=_CLUSTER_CALLS,
    always={"category": "cluster-endpoint"},
    per="region",
)
def cluster_endpoints(aws: Aws) -> Iterator[Boundary]:
    """Who may reach the control plane of EKS clusters over the network."""
    for cluster in _clusters(aws):
        network = cluster["resourcesVpcConfig"]
        public = network.get("endpointPublicAccess", True)
        # Without a list of its own a public endpoint answers every address.
        sources = network.get("publicAccessCidrs") or ["0.0.0.0/0"]
        opened = public and any(each in _ANY for each in sources)
        yield Boundary(
            **aws.here(_CLUSTER),
            subject=cluster["arn"],
            name=cluster["name"],
            category="cluster-endpoint",
            enabled=True,
            default_ingress="allow" if opened else "deny",
            open_rules=("tcp/443",) if opened else (),
            faces_internet=public,
        )


_ACLS = "wafv2:ListWebACLs"
_ACL_LOGS = "wafv2:ListLoggingConfigurations"


@source(
    Trail,
    fields=LOG_FIELDS,
    calls=[_ACLS, _ACL_LOGS],
    always={"system": "web-firewall"},
    per="region",
)
def web_firewall_logs(aws: Aws) -> Iterator[Trail]:
    """Web ACLs of the region with where their log goes; one listing tells for all."""
    acls = [a for page in aws.pages(_ACLS, Scope="REGIONAL", Limit=100) for a in page["WebACLs"]]
    if not acls:
        return
    logs = dict(_acl_logs(aws))
    for acl in acls:
        name, where = f"log of web ACL {acl['Name']}", logs.get(acl["ARN"])
        yield service_log(aws, _ACL_LOGS, acl["ARN"], name, "web-firewall", where)


def _acl_logs(aws: Aws) -> Iterator[tuple[str, str]]:
    marker: dict[str, str] = {}
    while True:
        page = aws.call(_ACL_LOGS, Scope="REGIONAL", Limit=100, **marker)
        for each in page.get("LoggingConfigurations") or ():
            yield each["ResourceArn"], each["LogDestinationConfigs"][0]
        following = page.get("NextMarker")
        if not following or following == marker.get("NextMarker"):
            return
        marker = {"NextMarker": following}


_FIREWALLS = "network-firewall:ListFirewalls"
_FIREWALL_LOGS = "network-firewall:DescribeLoggingConfiguration"


@source(
    Trail,
    fields=LOG_FIELDS,
    calls=[_FIREWALLS, _FIREWALL_LOGS],
    always={"system": "network-firewall"},
    per="region",
)
def network_firewall_logs(aws: Aws) -> Iterator[Trail]:
    """Network Firewalls, and whether flows or alerts of theirs are recorded."""
    firewalls = (f for page in aws.pages(_FIREWALLS, MaxResults=100) for f in page["Firewalls"])

    def destination(firewall: dict[str, Any]) -> str | None:
        answer = aws.call(_FIREWALL_LOGS, FirewallName=firewall["FirewallName"])
        found = (answer.get("LoggingConfiguration") or {}).get("LogDestinationConfigs") or ()
        for each in found:
            if each["LogType"] in ("FLOW", "ALERT"):
                return str(sorted(each["LogDestination"].items())[0][1])
        return None

    for firewall, where in aws.each(firewalls, destination):
        arn, name = firewall["FirewallArn"], f"log of firewall {firewall['FirewallName']}"
        yield service_log(aws, _FIREWALL_LOGS, arn, name, "network-firewall", where)
