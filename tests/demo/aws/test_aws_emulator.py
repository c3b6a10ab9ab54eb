"""The emulator as a thing: log, control endpoint, own process, accounts, who emulates what."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from scanner.demo.aws import Emulator, start_emulator, start_emulator_process
from scanner.demo.aws.paging import PAGED
from scanner.demo.aws.registry import OURS, OVERLAYS, readme_table, who_emulates
from scanner.errors import Defect


def _control(emulator: Emulator, method: str, what: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{emulator.endpoint}/_emulator/{what}", data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)


def test_calls_are_counted_by_operation_region_and_account(empty: Emulator, client: Any) -> None:
    client("iam").list_users()
    client("logs").describe_log_groups()
    client("logs", "us-gov-east-1").describe_log_groups()
    with pytest.raises(client("s3").exceptions.ClientError):
        client("s3").get_bucket_policy(Bucket="no-such-bucket")
    assert empty.calls.operations() == {
        "iam:ListUsers",
        "logs:DescribeLogGroups",
        "s3:GetBucketPolicy",
    }
    assert empty.calls.count("logs:*") == 2
    assert empty.calls.count("logs:*", region="us-gov-east-1") == 1
    assert empty.calls.by_operation()["iam:ListUsers"] == 1
    (refused,) = empty.calls.matching("s3:*")
    assert (refused.status, refused.account, refused.region) == (
        404,
        "123456789012",
        "us-gov-west-1",
    )


def test_an_assumed_role_is_its_own_account(empty: Emulator, client: Any) -> None:
    import boto3
    from botocore.config import Config

    assumed = client("sts").assume_role(
        RoleArn="arn:aws-us-gov:iam::210987654321:role/audit", RoleSessionName="scan"
    )["Credentials"]
    other = boto3.client(
        "logs",
        region_name="us-gov-west-1",
        endpoint_url=empty.endpoint,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
        config=Config(proxies={}),
    )
    client("logs").create_log_group(logGroupName="here")
    assert other.describe_log_groups()["logGroups"] == []
    assert empty.calls.count("logs:*", account="210987654321") == 1


def test_the_server_speaks_http_as_s3_wants_it(empty: Emulator, client: Any) -> None:
    s3 = client("s3")
    where = {"LocationConstraint": "us-gov-west-1"}
    s3.create_bucket(Bucket="halyard", CreateBucketConfiguration=where)
    body = bytes(range(256)) * 4096
    s3.put_object(Bucket="halyard", Key="a folder/ü%.bin", Body=body)  # Expect: 100-continue
    assert s3.get_object(Bucket="halyard", Key="a folder/ü%.bin")["Body"].read() == body
    assert s3.head_object(Bucket="halyard", Key="a folder/ü%.bin")["ContentLength"] == len(body)
    s3.delete_object(Bucket="halyard", Key="a folder/ü%.bin")
    assert empty.calls.operations() >= {"s3:PutObject", "s3:GetObject", "s3:HeadObject"}
    assert all(call.status < 300 for call in empty.calls)


def test_what_nobody_emulates_is_said_and_noted(empty: Emulator, client: Any) -> None:
    with pytest.raises(client("ssm").exceptions.ClientError, match="NotEmulated") as caught:
        client("ssm").describe_patch_groups()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(client("lambda").exceptions.ClientError, match="NotEmulated"):
        client("lambda").list_capacity_providers()
    assert empty.unserved == {"ssm:DescribePatchGroups", "lambda:ListCapacityProviders"}
    assert empty.defects == []


def test_everything_can_be_steered_over_http(empty: Emulator, client: Any) -> None:
    fault = _control(empty, "POST", "faults", {"on": "iam:*", "effect": "denied", "first": 1})
    with pytest.raises(client("iam").exceptions.ClientError, match="AccessDenied"):
        client("iam").list_users()
    assert [f["hits"] for f in _control(empty, "GET", "faults")] == [1]
    _control(empty, "DELETE", f"faults/{fault['id']}")
    assert _control(empty, "GET", "faults") == []
    counted = _control(empty, "GET", "calls")
    assert counted == {"total": 1, "operations": {"iam:ListUsers": 1}}
    row = {
        "account": "123456789012",
        "region": "us-gov-west-1",
        "table": "ssm.instances",
        "key": "i-1",
        "value": {"InstanceId": "i-1", "LastPingDateTime": {"minutes_ago": 5}},
    }
    assert _control(empty, "POST", "records", [row]) == {"stored": 1}
    listed = client("ssm").describe_instance_information()["InstanceInformationList"]
    assert [i["InstanceId"] for i in listed] == ["i-1"]
    assert len(_control(empty, "GET", "operations")) == len(who_emulates())
    _control(empty, "POST", "reset")
    assert len(empty.calls) == 0
    assert client("ssm").describe_instance_information()["InstanceInformationList"] == []
    with pytest.raises(urllib.error.HTTPError, match="400"):
        _control(empty, "POST", "faults", {"on": "*", "effect": "explode"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        _control(empty, "GET", "nothing")


def test_a_bad_record_is_a_defect_of_the_emulator_not_an_answer(
    empty: Emulator, client: Any
) -> None:
    empty.put("ssm.instances", "i-1", {"InstanceId": "i-1", "PingStatus": "Asleep"})
    with pytest.raises(client("ssm").exceptions.ClientError, match="EmulatorDefect"):
        client("ssm").describe_instance_information()
    assert "'Asleep' is none of Online" in empty.defects[0]


def test_one_emulator_a_process(emulator: Emulator) -> None:
    with pytest.raises(Defect, match="runs in this process already"):
        start_emulator()


def test_a_process_of_its_own_comes_up_and_ends(client: Any) -> None:
    import boto3
    from botocore.config import Config

    started = time.monotonic()
    with start_emulator_process() as other:
        up = time.monotonic() - started
        assert other.endpoint.startswith("http://127.0.0.1:")
        fault = other.add_fault("sts:*", latency_ms=1)
        sts = boto3.client(
            "sts",
            region_name="us-gov-west-1",
            endpoint_url=other.endpoint,
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="x",
            config=Config(proxies={}),
        )
        assert sts.get_caller_identity()["Arn"].startswith("arn:aws-us-gov:")
        assert other.calls() == {"sts:GetCallerIdentity": 1}
        other.remove_fault(fault)
        other.clear_calls()
        other.reset()
        assert other.calls() == {}
        assert other.cpu_seconds() > 0
    assert up < 60  # 1 s on an idle machine; a start that fails hangs for longer
    assert other._child.returncode == 0


def test_the_table_of_who_emulates_what_is_whole() -> None:
    rows = who_emulates()
    assert rows == sorted(rows)
    assert {row.name for row in rows} == {*OURS, *OVERLAYS, *PAGED}
    assert {row.by for row in rows} == {"us", "moto, then us", "moto, paged by us"}
    assert all(row.why and re.match(r"^[a-z0-9-]+:[A-Z]\w+$", row.name) for row in rows)
    assert not OURS.keys() & OVERLAYS.keys()
    written = readme_table()
    assert "| kms |  |  | ListAliases, ListKeys |" in written
    assert all(row.name.split(":")[1] in written for row in rows)
