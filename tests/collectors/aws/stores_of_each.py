"""One store of each kind: databases, shares, streams, notebooks, collections."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

REGION = "us-gov-west-1"
ME = "123456789012"


def add_stores(client: Callable[..., Any]) -> None:
    """Add them by real clients."""
    _databases(client)
    _stores(client)
    _streams(client)
    _notebooks(client("sagemaker"))
    _collection(client("opensearchserverless"))


def cluster_of_databases(rds: Any, name: str = "aurora", **more: Any) -> None:
    """A cluster of that name, without a machine in it."""
    rds.create_db_cluster(
        DBClusterIdentifier=name,
        **{"Engine": "aurora-postgresql", **more},
        MasterUsername="owner",
        MasterUserPassword="Not-a-secret-9",
    )


def _databases(client: Callable[..., Any]) -> None:
    client("redshift").create_cluster(
        ClusterIdentifier="facts", NodeType="ra3.large", MasterUsername="o", MasterUserPassword="x"
    )
    client("dax").create_cluster(
        ClusterName="tables",
        NodeType="dax.t3.small",
        ReplicationFactor=1,
        IamRoleArn=f"arn:aws-us-gov:iam::{ME}:role/dax",
    )
    rds = client("rds")
    cluster_of_databases(rds)
    cluster_of_databases(rds, "bare")
    rds.create_db_instance(
        DBInstanceIdentifier="aurora-1",
        DBClusterIdentifier="aurora",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
        PubliclyAccessible=False,
    )
    rds.create_db_cluster_snapshot(
        DBClusterIdentifier="aurora", DBClusterSnapshotIdentifier="cluster-by-hand"
    )
    rds.create_db_instance(
        DBInstanceIdentifier="kept",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="owner",
        MasterUserPassword="Not-a-secret-9",
        AllocatedStorage=20,
    )
    rds.create_db_snapshot(DBSnapshotIdentifier="by-hand", DBInstanceIdentifier="kept")


def _stores(client: Callable[..., Any]) -> None:
    client("dynamodb").create_table(
        TableName="parts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("efs").create_file_system(CreationToken="share", Encrypted=True)
    client("backup").create_backup_vault(BackupVaultName="vault")
    client("secretsmanager").create_secret(Name="key", SecretString="not-a-secret")
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True, "VolumeSize": 8}}
    client("ec2").register_image(Name="golden", BlockDeviceMappings=[disk])
    s3 = client("s3")
    # Without a block of its own, what its access list says counts.
    s3.create_bucket(Bucket="listed", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.delete_public_access_block(Bucket="listed")


def _streams(client: Callable[..., Any]) -> None:
    client("kinesis").create_stream(StreamName="readings", ShardCount=1)
    delivery_stream(client("firehose"), "delivery")
    client("kafka").create_cluster(
        ClusterName="events",
        BrokerNodeGroupInfo={"ClientSubnets": ["subnet-1"], "InstanceType": "kafka.m5.large"},
        KafkaVersion="3.5.1",
        NumberOfBrokerNodes=3,
    )
    client("mq").create_broker(
        BrokerName="orders",
        EngineType="ACTIVEMQ",
        EngineVersion="5.18",
        HostInstanceType="mq.t3.micro",
        DeploymentMode="SINGLE_INSTANCE",
        PubliclyAccessible=False,
        AutoMinorVersionUpgrade=True,
        Users=[{"Username": "u", "Password": "not-a-secret-99"}],
    )


def delivery_stream(firehose: Any, name: str, **more: Any) -> str:
    """A delivery stream into a bucket, and its ARN."""
    role = f"arn:aws-us-gov:iam::{ME}:role/firehose"
    bucket = {"RoleARN": role, "BucketARN": "arn:aws-us-gov:s3:::delivered"}
    made = firehose.create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=bucket, **more
    )
    return str(made["DeliveryStreamARN"])


def _notebooks(sagemaker: Any) -> None:
    role = f"arn:aws-us-gov:iam::{ME}:role/notebook"
    sagemaker.create_notebook_instance(
        NotebookInstanceName="trial", InstanceType="ml.t3.medium", RoleArn=role
    )
    sagemaker.create_domain(
        DomainName="studio",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": role},
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
    )


def _collection(aoss: Any) -> None:
    resource = {"ResourceType": "collection", "Resource": ["collection/parts"]}
    key = {"Rules": [resource], "AWSOwnedKey": False, "KmsARN": "auto"}
    aoss.create_security_policy(name="key", type="encryption", policy=json.dumps(key))
    aoss.create_collection(name="parts", type="SEARCH")
    network = [{"Rules": [resource], "AllowFromPublic": True}]
    aoss.create_security_policy(name="network", type="network", policy=json.dumps(network))
