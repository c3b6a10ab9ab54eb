"""Caches, warehouses, streams, brokers, collections, desktops, images, secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from stores_of_each import cluster_of_databases

from scanner.collectors.base import Refused
from scanner.demo.aws import Emulator

REGION = "us-gov-west-1"
ME = "123456789012"
OTHER = "999999999999"


def _let_in(who: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_caches(empty: Emulator, client: Any, read: Any) -> None:
    elasticache = client("elasticache")
    for name, mode in (("strict", "required"), ("moving", "preferred")):
        elasticache.create_replication_group(
            ReplicationGroupId=name,
            ReplicationGroupDescription="x",
            AtRestEncryptionEnabled=True,
            TransitEncryptionEnabled=True,
            TransitEncryptionMode=mode,
        )
    elasticache.create_cache_cluster(
        CacheClusterId="old", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    found = {store.name: store for store in read("cache-groups").values()}
    assert found["strict"].encrypted is True
    assert found["strict"].tls_required is True
    # `preferred` still answers plain text.
    assert found["moving"].tls_required is False
    (old,) = read("cache-clusters").values()
    assert (old.name, old.encrypted, old.tls_required) == ("old", False, False)


def test_what_a_cache_keeps_is_told_by_its_type_of_encryption() -> None:
    from scanner.collectors.aws.caches import _encrypted

    assert _encrypted({"AtRestEncryptionEnabled": False, "StorageEncryptionType": "sse-kms"})
    assert not _encrypted({"AtRestEncryptionEnabled": False, "StorageEncryptionType": "none"})
    assert _encrypted({"AtRestEncryptionEnabled": True})
    assert not _encrypted({})


def test_caches_without_machines(empty: Emulator, read: Any) -> None:
    arn = f"arn:aws-us-gov:elasticache:{REGION}:{ME}:serverlesscache:s"
    for name, kind in (("s", "vpc"), ("p", "public")):
        cache = {"ServerlessCacheName": name, "ARN": f"{arn}-{name}", "ConnectionType": kind}
        empty.put("elasticache.serverless", name, cache)
    found = {store.name: store for store in read("serverless-caches").values()}
    assert {name: store.public for name, store in found.items()} == {"s": False, "p": True}
    assert found["s"].encrypted is True


def test_memory_databases(empty: Emulator, client: Any, read: Any) -> None:
    client("memorydb").create_cluster(
        ClusterName="plain", NodeType="db.t4g.small", ACLName="open-access", TLSEnabled=False
    )
    (store,) = read("memory-databases").values()
    assert (store.encrypted, store.tls_required) == (True, False)


def test_warehouses(empty: Emulator, client: Any, read: Any) -> None:
    redshift = client("redshift")
    redshift.create_cluster_parameter_group(
        ParameterGroupName="own", ParameterGroupFamily="redshift-1.0", Description="x"
    )
    redshift.create_cluster(
        ClusterIdentifier="facts",
        NodeType="ra3.large",
        MasterUsername="owner",
        MasterUserPassword="x",
        Encrypted=True,
        PubliclyAccessible=True,
    )
    redshift.create_cluster_snapshot(SnapshotIdentifier="kept", ClusterIdentifier="facts")
    (store,) = read("warehouses").values()
    assert (store.encrypted, store.public) == (True, True)
    (moving,) = read("warehouse-transport").values()
    assert (moving.subject, moving.tls_required) == (store.subject, False)
    snapshots = {each.name: each for each in read("warehouse-snapshots").values()}
    assert snapshots["facts/kept"].external_principals == ()
    (log,) = read("warehouse-logs").values()
    assert (log.enabled, log.destination) == (False, None)


def _workgroup(name: str, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws-us-gov:redshift-serverless:{REGION}:{ME}:workgroup/{name}"
    return {"workgroupName": name, "workgroupArn": arn, "publiclyAccessible": False, **more}


def _parameters(**values: str) -> list[dict[str, str]]:
    return [{"parameterKey": k, "parameterValue": v} for k, v in values.items()]


def test_warehouses_without_machines(empty: Emulator, read: Any) -> None:
    arn = f"arn:aws-us-gov:redshift-serverless:{REGION}:{ME}:namespace/n"
    for name in ("shut", "open"):
        namespace = {
            "namespaceName": name,
            "namespaceArn": f"{arn}-{name}",
            "kmsKeyId": "AWS_OWNED_KMS_KEY",
            "logExports": ["userlog"] if name == "shut" else [],
        }
        empty.put("redshift.namespaces", name, namespace)
    strict = _parameters(require_ssl="true", use_fips_ssl="true")
    loose = _parameters(require_ssl="true", use_fips_ssl="false")
    groups = (
        _workgroup("w1", namespaceName="shut", configParameters=strict),
        _workgroup("w2", namespaceName="open", configParameters=strict),
        _workgroup("w3", namespaceName="open", configParameters=loose, publiclyAccessible=True),
    )
    for group in groups:
        empty.put("redshift.workgroups", group["workgroupName"], group)

    found = {store.name: store for store in read("serverless-warehouses").values()}
    assert (found["shut"].encrypted, found["shut"].key_id) == (True, None)
    assert {name: store.public for name, store in found.items()} == {"shut": False, "open": True}
    assert {store.tls_required for store in found.values()} == {True}
    fips = {
        each.name.rsplit(" ", 1)[-1]: each.on for each in read("serverless-redshift-fips").values()
    }
    assert fips == {"w1": True, "w2": True, "w3": False}
    logs = {log.name: log.enabled for log in read("serverless-warehouse-logs").values()}
    assert logs == {"logs of shut": True, "logs of open": False}

    empty.put("redshift.workgroups", "w1", _workgroup("w1", namespaceName="shut"))
    found = {store.name: store for store in read("serverless-warehouses").values()}
    assert found["shut"].tls_required is False


def test_streams(empty: Emulator, client: Any, read: Any) -> None:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="plain", ShardCount=1)
    kinesis.create_stream(StreamName="kept", ShardCount=1)
    kinesis.start_stream_encryption(StreamName="kept", EncryptionType="KMS", KeyId="alias/k")
    arn = f"arn:aws-us-gov:kinesis:{REGION}:{ME}:stream/plain"
    kinesis.put_resource_policy(ResourceARN=arn, Policy=_let_in(OTHER))
    found = {store.name: store for store in read("data-streams").values()}
    assert {name: store.encrypted for name, store in found.items()} == {
        "plain": False,
        "kept": True,
    }
    assert found["plain"].external_principals == (OTHER,)
    assert found["kept"].external_principals == ()


def test_clusters_of_brokers_for_streams(empty: Emulator, client: Any, read: Any) -> None:
    kafka = client("kafka")
    nodes = {"ClientSubnets": ["subnet-1"], "InstanceType": "kafka.m5.large"}
    for name, moving in (
        ("strict", {"ClientBroker": "TLS", "InCluster": True}),
        ("mixed", {"ClientBroker": "TLS_PLAINTEXT", "InCluster": True}),
        ("inside", {"ClientBroker": "TLS", "InCluster": False}),
    ):
        kafka.create_cluster(
            ClusterName=name,
            BrokerNodeGroupInfo=nodes,
            KafkaVersion="3.5.1",
            NumberOfBrokerNodes=3,
            EncryptionInfo={"EncryptionInTransit": moving},
        )
    found = {store.name: store for store in read("kafka-clusters").values()}
    assert {name: store.tls_required for name, store in found.items()} == {
        "strict": True,
        "mixed": False,
        "inside": False,
    }
    assert found["mixed"].encrypted is True
    assert found["mixed"].external_principals == ()


def test_brokers_and_machines_that_move_databases(empty: Emulator, client: Any, read: Any) -> None:
    client("mq").create_broker(
        BrokerName="orders",
        EngineType="ACTIVEMQ",
        EngineVersion="5.18",
        HostInstanceType="mq.t3.micro",
        DeploymentMode="SINGLE_INSTANCE",
        PubliclyAccessible=True,
        AutoMinorVersionUpgrade=True,
        Users=[{"Username": "u", "Password": "not-a-secret-99"}],
    )
    client("dms").create_replication_instance(
        ReplicationInstanceIdentifier="mover", ReplicationInstanceClass="dms.t3.micro"
    )
    (broker,) = read("brokers").values()
    assert (broker.name, broker.public, broker.encrypted) == ("orders", True, True)
    (mover,) = read("replication-machines").values()
    assert (mover.name, mover.encrypted) == ("mover", True)


def _collections(client: Callable[..., Any], **public: bool) -> None:
    aoss = client("opensearchserverless")
    for name in public:
        resource = {"ResourceType": "collection", "Resource": [f"collection/{name}"]}
        key = {"Rules": [resource], "AWSOwnedKey": False, "KmsARN": "arn:aws-us-gov:kms:x"}
        aoss.create_security_policy(name=f"{name}-k", type="encryption", policy=json.dumps(key))
        aoss.create_collection(name=name, type="SEARCH")
    dashboard = {"ResourceType": "dashboard", "Resource": ["collection/*"]}
    for name, opened in public.items():
        resource = {"ResourceType": "collection", "Resource": [f"collection/{name}"]}
        network = [
            {"Rules": [resource], "AllowFromPublic": opened},
            {"Rules": [dashboard], "AllowFromPublic": True},
        ]
        aoss.create_security_policy(name=f"{name}-n", type="network", policy=json.dumps(network))


def test_collections(empty: Emulator, client: Any, read: Any) -> None:
    _collections(client, inside=False, outside=True)
    index = {"ResourceType": "index", "Resource": ["index/inside/*"], "Permission": ["aoss:*"]}
    parties = [f"arn:aws-us-gov:iam::{a}:role/reader" for a in (ME, OTHER)]
    empty.put(
        "aoss.access_policies",
        "data",
        {"name": "data", "policy": [{"Rules": [index], "Principal": [*parties, "saml/x/group/y"]}]},
    )
    found = {store.name: store for store in read("search-collections").values()}
    assert found["inside"].external_principals == (parties[1],)
    assert found["outside"].external_principals == ()
    assert {store.public for store in found.values()} == {False}
    ends = {each.name: each for each in read("collection-endpoints").values()}
    assert {name: each.public for name, each in ends.items()} == {"inside": False, "outside": True}
    assert ends["inside"].min_version_rank == 12
    assert ends["inside"].unread == {"fips_policy": "not-supported"}


def test_snapshots_of_clusters_are_snapshots_of_databases(
    empty: Emulator, client: Any, read: Any
) -> None:
    rds = client("rds")
    cluster_of_databases(rds)
    rds.create_db_cluster_snapshot(
        DBClusterIdentifier="aurora", DBClusterSnapshotIdentifier="shared"
    )
    rds.modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier="shared", AttributeName="restore", ValuesToAdd=["all", OTHER]
    )
    found = {store.name: store for store in read("cluster-snapshots").values()}
    assert found["shared"].category == "database-snapshot"
    assert (found["shared"].encrypted, found["shared"].public) == (False, True)
    assert found["shared"].external_principals == ("*", OTHER)
    (own,) = (store for name, store in found.items() if name != "shared")
    assert own.public is False


def test_a_database_under_a_key_of_aws_itself_is_encrypted_though_its_flag_says_no() -> None:
    from scanner.collectors.aws.databases import _encrypted

    flag = "StorageEncrypted"
    assert _encrypted({flag: False, "StorageEncryptionType": "sse-rds"}, flag)
    assert not _encrypted({flag: False, "StorageEncryptionType": "none"}, flag)
    assert not _encrypted({flag: False}, flag)


def test_shares_of_fsx_and_secrets(empty: Emulator, client: Any, read: Any) -> None:
    client("fsx").create_file_system(
        FileSystemType="WINDOWS",
        StorageCapacity=300,
        SubnetIds=["subnet-12345678"],
        Tags=[{"Key": "Name", "Value": "home"}],
    )
    (share,) = read("file-systems").values()
    assert (share.name, share.category, share.encrypted) == ("home", "share", True)

    secrets = client("secretsmanager")
    secrets.create_secret(Name="key", SecretString="not-a-secret")
    secrets.put_resource_policy(SecretId="key", ResourcePolicy=_let_in("*"))
    (secret,) = read("secrets").values()
    assert (secret.public, secret.encrypted) == (True, True)
    assert "not-a-secret" not in repr(secret)
    assert {"GetSecretValue"}.isdisjoint(r.operation for r in empty.calls)


def test_machine_images(empty: Emulator, client: Any, read: Any) -> None:
    ec2 = client("ec2")
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True, "VolumeSize": 8}}
    made = ec2.register_image(Name="golden", BlockDeviceMappings=[disk])["ImageId"]
    ec2.modify_image_attribute(
        ImageId=made, LaunchPermission={"Add": [{"UserId": OTHER}, {"UserId": ME}]}
    )
    (store,) = read("machine-images").values()
    assert (store.name, store.public) == ("golden", False)
    assert store.external_principals == (OTHER,)
    assert store.encrypted is False or store.unread == {"encrypted": "not-supported"}


def test_volumes_of_desktops(empty: Emulator, client: Any, read: Any) -> None:
    from scanner.collectors.aws import desktops

    answers = iter(
        [
            {
                "Workspaces": [
                    {
                        "WorkspaceId": "ws-1",
                        "State": "AVAILABLE",
                        "UserVolumeEncryptionEnabled": True,
                    },
                    {"WorkspaceId": "ws-2", "State": "TERMINATED"},
                ]
            }
        ]
    )

    class Place:
        account, region = ME, REGION

        def pages(self, *_: Any, **__: Any) -> Any:
            return answers

        def here(self, operation: str) -> dict[str, Any]:
            common = ("provider", "target", "scope", "source", "observed_at")
            return dict.fromkeys(common, "x") | {"region": REGION, "operation": operation}

    found = {store.name: store.encrypted for store in desktops.desktop_volumes.run(Place())}
    assert found == {"root volume of ws-1": False, "user volume of ws-1": True}


@pytest.mark.parametrize("reason", ["not-in-this-cloud", "unreachable", "denied"])
def test_a_listing_that_was_never_made_is_a_refusal_and_no_empty_one(
    empty: Emulator, read_again: Any, monkeypatch: pytest.MonkeyPatch, reason: Any
) -> None:
    """botocore's data may be older than a region, and a host without an answer is not absent."""
    from scanner.collectors.aws.client import Aws

    def pages(self: Aws, operation: str, *_: Any, **__: Any) -> Any:
        raise Refused(reason, operation)
        yield

    monkeypatch.setattr(Aws, "pages", pages)
    for name in ("memory-databases", "data-streams", "brokers"):
        with pytest.raises(Refused) as refused:
            read_again(name)
        assert refused.value.reason == reason
