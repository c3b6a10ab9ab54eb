"""Clusters of databases without an instance, delivery streams, DAX, and notebooks of SageMaker."""

from __future__ import annotations

from typing import Any

import pytest
from stores_of_each import cluster_of_databases, delivery_stream

from scanner.collectors.base import Refused
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"
ME = "123456789012"
OPERATIONS = {
    "empty-clusters": "rds:DescribeDBClusters",
    "delivery-streams": "firehose:ListDeliveryStreams",
    "table-caches": "dax:DescribeClusters",
    "notebook-volumes": "sagemaker:ListNotebookInstances",
    "studio-networks": "sagemaker:ListDomains",
}


def _instance(rds: Any, cluster: str) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier=f"{cluster}-1",
        DBClusterIdentifier=cluster,
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
        PubliclyAccessible=False,
    )


def test_a_cluster_without_an_instance_is_a_database_too(
    empty: Emulator, client: Any, read: Any
) -> None:
    rds = client("rds")
    cluster_of_databases(rds, "plain")
    cluster_of_databases(rds, "kept", StorageEncrypted=True, Tags=[{"Key": "cui", "Value": "yes"}])
    cluster_of_databases(rds, "served")
    _instance(rds, "served")
    found = {store.name: store for store in read("empty-clusters").values()}
    # The instance speaks for its own cluster.
    assert {name: store.encrypted for name, store in found.items()} == {
        "plain": False,
        "kept": True,
    }
    assert found["kept"].subject == f"arn:aws-us-gov:rds:{REGION}:{ME}:cluster:kept"
    assert found["kept"].tags == {"cui": "yes"}
    assert (found["kept"].category, found["kept"].public) == ("database", False)
    assert {store.name for store in read("databases").values()} == {"served-1"}


def test_who_reaches_a_cluster_is_told_where_it_can_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from scanner.collectors.aws import databases

    common: dict[str, Any] = {"StorageEncrypted": True, "Engine": "aurora-postgresql"}
    listed = [
        {"DBClusterArn": name, "DBClusterIdentifier": name, **common, **more}
        for name, more in (
            ("wide", {"ClusterScalabilityType": "limitless"}),
            ("gateway", {"InternetAccessGatewayEnabled": True}),
            ("zones", {"PubliclyAccessible": True}),
            ("inside", {"PubliclyAccessible": False}),
        )
    ]
    monkeypatch.setattr(databases, "cluster_list", lambda aws: listed)

    class Place:
        def here(self, operation: str) -> dict[str, Any]:
            common = ("provider", "target", "scope", "source", "observed_at")
            return dict.fromkeys(common, "x") | {"region": REGION, "operation": operation}

    wide, *others = databases.empty_clusters.run(Place())
    assert wide.fact.public is UNSET
    assert wide.refused["public"].reason == "not-supported"
    assert {store.name: store.public for store in others} == {
        "gateway": True,
        "zones": True,
        "inside": False,
    }


def test_transport_of_clusters_is_told_by_their_own_parameters(
    empty: Emulator, client: Any, read: Any
) -> None:
    rds = client("rds")
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="strict",
        DBParameterGroupFamily="aurora-postgresql15",
        Description="x",
    )
    forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName="strict", Parameters=[forced])
    for name in ("bare", "served"):
        cluster_of_databases(rds, name, DBClusterParameterGroupName="strict")
    _instance(rds, "served")
    cluster_of_databases(rds, "graph", Engine="neptune")

    found = {store.name: store for store in read("empty-cluster-transport").values()}
    assert found["bare"].tls_required is True
    assert found["graph"].unread == {"tls_required": "not-supported"}
    (served,) = read("database-transport").values()
    assert (served.name, served.tls_required) == ("served-1", True)


def test_clusters_are_not_asked_for_where_no_instance_belongs_to_one(
    empty: Emulator, read: Any
) -> None:
    empty.calls.clear()
    assert read("database-transport") == {}
    assert "rds:DescribeDBClusters" not in empty.calls.operations()


def test_logs_of_a_cluster_are_told_once_and_by_the_cluster(
    empty: Emulator, client: Any, read: Any
) -> None:
    rds = client("rds")
    cluster_of_databases(rds, "served", EnableCloudwatchLogsExports=["postgresql"])
    _instance(rds, "served")
    cluster_of_databases(rds, "quiet")
    cluster_of_databases(rds, "graph", Engine="neptune", EnableCloudwatchLogsExports=["audit"])
    assert read("database-logs") == {}
    assert {log.name: log.destination for log in read("database-cluster-logs").values()} == {
        "logs of served": "log group /aws/rds/cluster/served/postgresql",
        "logs of quiet": None,
        "logs of graph": "log group /aws/neptune/graph/audit",
    }


def test_delivery_streams(empty: Emulator, client: Any, read: Any) -> None:
    firehose = client("firehose")
    arn = delivery_stream(firehose, "plain")
    key = f"arn:aws-us-gov:kms:{REGION}:{ME}:key/1"
    for name, chosen in (
        ("own", {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}),
        ("theirs", {"KeyType": "AWS_OWNED_CMK"}),
    ):
        delivery_stream(firehose, name)
        firehose.start_delivery_stream_encryption(
            DeliveryStreamName=name, DeliveryStreamEncryptionConfigurationInput=chosen
        )
    stream = f"arn:aws-us-gov:kinesis:{REGION}:{ME}:stream/s"
    source = {"KinesisStreamARN": stream, "RoleARN": f"arn:aws-us-gov:iam::{ME}:role/x"}
    fed = {"DeliveryStreamType": "KinesisStreamAsSource"}
    delivery_stream(firehose, "fed", **fed, KinesisStreamSourceConfiguration=source)

    found = {store.name: store for store in read("delivery-streams").values()}
    # What is fed by another stream keeps nothing of its own.
    assert {name: (store.encrypted, store.key_id) for name, store in found.items()} == {
        "plain": (False, None),
        "own": (True, key),
        "theirs": (True, None),
    }
    assert found["plain"].subject == arn
    assert (found["plain"].tls_required, found["plain"].public) == (True, False)


class _Deliveries:
    """A place that answers for delivery streams, two names a page."""

    def __init__(self, **states: str) -> None:
        self.states = states

    def call(self, operation: str, **asked: Any) -> dict[str, Any]:
        if operation.endswith("DescribeDeliveryStream"):
            state = {"Status": self.states[asked["DeliveryStreamName"]]}
            return {"DeliveryStreamDescription": {"DeliveryStreamEncryptionConfiguration": state}}
        names = sorted(self.states)
        after = asked.get("ExclusiveStartDeliveryStreamName")
        start = names.index(after) + 1 if after else 0
        page = names[start : start + 2]
        return {
            "DeliveryStreamNames": page,
            "HasMoreDeliveryStreams": start + 2 < len(names),
        }


def test_every_page_of_delivery_streams_is_asked_for() -> None:
    from scanner.collectors.aws.streams import _delivery_names

    place: Any = _Deliveries(**dict.fromkeys("abcde", "ENABLED"))
    assert list(_delivery_names(place)) == ["a", "b", "c", "d", "e"]
    assert list(_delivery_names(_Deliveries())) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "encrypted"),
    [("ENABLED", True), ("ENABLING", False), ("DISABLING", False), ("DISABLED", False)],
)
def test_a_delivery_stream_is_encrypted_once_its_key_is_in_force(
    state: str, encrypted: bool
) -> None:
    assert _key_of(state)["encrypted"] is encrypted


@pytest.mark.parametrize("state", ["ENABLING_FAILED", "DISABLING_FAILED"])
def test_an_attempt_that_failed_does_not_tell_what_is_in_force(state: str) -> None:
    with pytest.raises(Refused) as refused:
        _key_of(state)
    assert refused.value.reason == "not-supported"


def _key_of(state: str) -> dict[str, Any]:
    from scanner.collectors.aws import streams

    class Stream:
        name = "s"

    (detail,) = streams.delivery_streams.details
    return dict(detail.read(_Deliveries(s=state), Stream()))


def test_clusters_of_dax(empty: Emulator, client: Any, read: Any) -> None:
    dax = client("dax")
    for name, more in (
        ("plain", {}),
        ("strict", {"SSESpecification": {"Enabled": True}, "ClusterEndpointEncryptionType": "TLS"}),
        ("open", {"SSESpecification": {"Enabled": True}, "ClusterEndpointEncryptionType": "NONE"}),
    ):
        role = f"arn:aws-us-gov:iam::{ME}:role/dax"
        dax.create_cluster(
            ClusterName=name, NodeType="dax.t3.small", ReplicationFactor=1, IamRoleArn=role, **more
        )
    found = {store.name: store for store in read("table-caches").values()}
    assert {name: (store.encrypted, store.tls_required) for name, store in found.items()} == {
        "plain": (False, False),
        "strict": (True, True),
        "open": (True, False),
    }
    assert (found["plain"].category, found["plain"].public) == ("cache", False)


def _notebook(sagemaker: Any, name: str, **more: Any) -> None:
    sagemaker.create_notebook_instance(
        NotebookInstanceName=name,
        InstanceType="ml.t3.medium",
        RoleArn=f"arn:aws-us-gov:iam::{ME}:role/notebook",
        **more,
    )


def test_notebooks(empty: Emulator, client: Any, read: Any) -> None:
    sagemaker = client("sagemaker")
    _notebook(sagemaker, "loose")
    _notebook(
        sagemaker,
        "bound",
        SubnetId="subnet-1",
        SecurityGroupIds=["sg-1"],
        DirectInternetAccess="Disabled",
        KmsKeyId="key-1",
    )
    volumes = {store.name: store for store in read("notebook-volumes").values()}
    assert {name: (store.encrypted, store.key_id) for name, store in volumes.items()} == {
        "volume of notebook loose": (True, None),
        "volume of notebook bound": (True, "key-1"),
    }
    ways = {each.name: each for each in read("notebook-networks").values()}
    assert {name: (each.default_egress, each.open_egress) for name, each in ways.items()} == {
        "direct internet access of notebook loose": ("allow", True),
        "direct internet access of notebook bound": ("deny", False),
    }
    assert {(each.attached, each.default_ingress) for each in ways.values()} == {(True, "deny")}


def test_domains_of_studio(empty: Emulator, client: Any, read: Any) -> None:
    sagemaker = client("sagemaker")
    role = f"arn:aws-us-gov:iam::{ME}:role/studio"
    for name, more in (("loose", {}), ("bound", {"AppNetworkAccessType": "VpcOnly"})):
        sagemaker.create_domain(
            DomainName=name,
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": role},
            SubnetIds=["subnet-1"],
            VpcId="vpc-1",
            **more,
        )
    found = {each.name: each.default_egress for each in read("studio-networks").values()}
    assert found == {
        "direct internet access of domain loose": "allow",
        "direct internet access of domain bound": "deny",
    }


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_listing_that_is_denied_is_a_refusal(empty: Emulator, read: Any, name: str) -> None:
    empty.faults.add(OPERATIONS[name], "denied")
    with pytest.raises(Refused) as refused:
        read(name)
    assert (refused.value.reason, refused.value.operation) == ("denied", OPERATIONS[name])
