"""Queues, topics, functions and registries that others may use; blocks; databases' TLS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"
ME = "123456789012"
OTHER = "210987654321"


def _policy(principal: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_queue_for_another_account_and_one_for_everybody(
    empty: Emulator, client: Any, read: Any
) -> None:
    sqs = client("sqs")
    sqs.create_queue(QueueName="closed", Attributes={"SqsManagedSseEnabled": "true"})
    sqs.create_queue(
        QueueName="partner",
        Attributes={
            "Policy": _policy({"AWS": f"arn:aws-us-gov:iam::{OTHER}:root"}),
            "KmsMasterKeyId": "alias/own",
        },
    )
    bound = {"ArnEquals": {"aws:SourceArn": f"arn:aws-us-gov:sns:{REGION}:{ME}:alarms"}}
    sqs.create_queue(QueueName="bound", Attributes={"Policy": _policy("*", Condition=bound)})
    sqs.create_queue(QueueName="open", Attributes={"Policy": _policy("*")})
    found = {queue.name: queue for queue in read("queues").values()}

    assert found["partner"].external_principals == (f"arn:aws-us-gov:iam::{OTHER}:root",)
    assert (found["partner"].public, found["partner"].key_id) == (False, "alias/own")
    assert (found["open"].public, found["open"].external_principals) == (True, ("*",))
    # Everybody, but only for one of the account's own topics.
    assert (found["bound"].public, found["bound"].external_principals) == (False, ())
    assert (found["closed"].external_principals, found["closed"].encrypted) == ((), True)


def test_topics_functions_and_registries(empty: Emulator, client: Any, read: Any) -> None:
    topic = client("sns").create_topic(Name="open")["TopicArn"]
    client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=_policy({"AWS": OTHER})
    )
    (found,) = read("topics").values()
    assert (found.external_principals, found.encrypted, found.public) == ((OTHER,), False, False)

    ecr = client("ecr")
    ecr.create_repository(repositoryName="mine")
    ecr.create_repository(repositoryName="ours")
    ecr.set_repository_policy(repositoryName="ours", policyText=_policy({"AWS": OTHER}))
    registries = {r.name: r.external_principals for r in read("image-registries").values()}
    assert registries == {"mine": (), "ours": (OTHER,)}


def test_functions_that_another_account_may_call(empty: Emulator, client: Any, read: Any) -> None:
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("main.py", "")
    role = client("iam").create_role(RoleName="f", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    for name in ("closed", "open"):
        client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="main.f",
            Code={"ZipFile": held.getvalue()},
        )
    client("lambda").add_permission(
        FunctionName="open", StatementId="s", Action="lambda:InvokeFunction", Principal=OTHER
    )
    found = {f.name: f for f in read("functions").values()}
    assert not empty.defects
    assert found["closed"].external_principals == ()
    assert OTHER in found["open"].external_principals[0]


def test_an_unreadable_policy_is_not_an_empty_one(empty: Emulator, client: Any, read: Any) -> None:
    client("sqs").create_queue(QueueName="q")
    with empty.faults.injected(on="sqs:GetQueueAttributes", effect="denied"):
        (queue,) = read("queues").values()
    assert queue.external_principals is UNSET
    assert queue.unread["public"] == "denied"


def test_blocks_of_public_sharing(empty: Emulator, client: Any, read: Any) -> None:
    before = {b.operation: b.enforced for b in read("public-sharing-blocks").values()}
    # New accounts refuse to share images from the start, and snapshots only when told to.
    assert before == {
        "ec2:GetSnapshotBlockPublicAccessState": False,
        "ec2:GetImageBlockPublicAccessState": True,
    }
    client("ec2").disable_image_block_public_access()
    client("ec2").enable_snapshot_block_public_access(State="block-all-sharing")
    found = {b.operation: b.enforced for b in read("public-sharing-blocks").values()}
    assert found == {
        "ec2:GetSnapshotBlockPublicAccessState": True,
        "ec2:GetImageBlockPublicAccessState": False,
    }


@pytest.mark.parametrize(
    ("engine", "family", "parameter", "value", "forced"),
    [
        ("postgres", "postgres16", "rds.force_ssl", "1", True),
        ("postgres", "postgres16", "rds.force_ssl", "0", False),
        ("mysql", "mysql8.0", "require_secure_transport", "ON", True),
        ("mysql", "mysql8.0", "max_connections", "1", False),
        ("sqlserver-ex", "sqlserver-ex-15.0", "rds.force_ssl", "1", True),
    ],
)
def test_databases_that_refuse_plain_text(
    empty: Emulator,
    client: Any,
    read: Any,
    engine: str,
    family: str,
    parameter: str,
    value: str,
    forced: bool,
) -> None:
    rds = client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily=family, Description="own"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName="own",
        Parameters=[
            {"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": "immediate"}
        ],
    )
    _database(rds, engine, DBParameterGroupName="own")
    (found,) = read("database-transport").values()
    assert found.tls_required is forced


def _database(rds: Any, engine: str, **more: Any) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        DBInstanceClass="db.m6g.large",
        Engine=engine,
        AllocatedStorage=100,
        MasterUsername="owner",
        MasterUserPassword="Not-a-secret-9",
        **more,
    )


def test_an_engine_without_such_a_parameter_is_unknown(
    empty: Emulator, client: Any, read: Any
) -> None:
    _database(client("rds"), "oracle-se2")
    (found,) = read("database-transport").values()
    assert found.tls_required is UNSET
    assert found.unread == {"tls_required": "not-supported"}
