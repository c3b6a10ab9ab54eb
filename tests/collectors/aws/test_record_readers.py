"""Who may read what is recorded, from identity, bucket, store and key policies together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scanner.collectors.aws.record_stores import _flow_prefix
from scanner.demo.aws import Emulator

ME = "123456789012"
OTHER = "210987654321"
REGION = "us-gov-west-1"
OTHER_REGION = "us-gov-east-1"
BUCKET = "arn:aws-us-gov:s3:::trail"
ROOT = f"arn:aws-us-gov:iam::{ME}:root"

Client = Callable[..., Any]
Read = Callable[..., dict[str, Any]]


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _user(client: Client, name: str, *statements: dict[str, Any]) -> str:
    iam = client("iam")
    arn = str(iam.create_user(UserName=name)["User"]["Arn"])
    if statements:
        document = _policy(*statements)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    return arn


def _trail(client: Client, **more: Any) -> None:
    place = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket="trail", CreateBucketConfiguration=place)
    client("cloudtrail").create_trail(Name="main", S3BucketName="trail", **more)


def _key(client: Client, *statements: dict[str, Any]) -> str:
    made = client("kms").create_key(Policy=_policy(*statements))
    return str(made["KeyMetadata"]["Arn"])


def _reads(read: Read, **options: Any) -> dict[str, Any]:
    """By the last part of the name of each user or role: true, false, or the reason of a gap."""
    found = {}
    for subject, fact in read("record-readers", **options).items():
        name = subject.partition("#")[0].rsplit("/", 1)[-1]
        found[name] = fact.unread.get("reads_records", fact.reads_records)
    return found


def test_by_the_bucket_of_a_trail(empty: Emulator, client: Client, read: Read) -> None:
    _trail(client)
    _user(client, "all", _allow("*"))
    _user(client, "get", _allow("s3:Get*", f"{BUCKET}/*"))
    _user(client, "version", _allow("s3:GetObjectVersion", f"{BUCKET}/AWSLogs/*"))
    _user(client, "list", _allow("s3:ListBucket", BUCKET))
    _user(client, "else", _allow("s3:GetObject", "arn:aws-us-gov:s3:::portal/*"))
    _user(client, "nothing")
    assert _reads(read) == {
        **dict.fromkeys(("all", "get", "version"), True),
        **dict.fromkeys(("list", "else", "nothing"), False),
    }


def test_by_log_groups_of_trails_and_flow_logs(empty: Emulator, client: Client, read: Read) -> None:
    group = f"arn:aws-us-gov:logs:{REGION}:{ME}:log-group"
    client("logs").create_log_group(logGroupName="audit")
    iam = client("iam")
    trust = _policy(_allow("sts:AssumeRole", Principal={"Service": "cloudtrail.amazonaws.com"}))
    role = iam.create_role(RoleName="writer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    to_group = {"CloudWatchLogsLogGroupArn": f"{group}:audit:*", "CloudWatchLogsRoleArn": role}
    _trail(client, **to_group)
    network = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    client("ec2").create_flow_logs(
        ResourceIds=[network],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="traffic",
        DeliverLogsPermissionArn=role,
    )
    _user(client, "audit", _allow("logs:StartQuery", f"{group}:audit:*"))
    _user(client, "stream", _allow("logs:GetLogEvents", f"{group}:audit:log-stream:x"))
    # Without what stands for its streams a group's name means its tags alone.
    _user(client, "plain", _allow("logs:FilterLogEvents", f"{group}:audit"))
    barring = _allow("logs:*", f"{group}:audit:*") | {"Effect": "Deny"}
    traffic = _allow("logs:*", f"{group}:traffic:*") | {"Effect": "Deny"}
    _user(client, "barred", _allow("logs:FilterLogEvents"), barring, traffic)
    _user(client, "results", _allow("logs:GetQueryResults"))
    _user(client, "traffic", _allow("logs:FilterLogEvents", f"{group}:traffic:*"))
    _user(client, "own-app", _allow("logs:*", f"{group}:audit-of-my-app:*"))
    _user(client, "names", _allow("logs:DescribeLogGroups"))
    assert _reads(read) == {
        **dict.fromkeys(("audit", "stream", "traffic", "results"), True),
        **dict.fromkeys(("own-app", "names", "writer", "plain", "barred"), False),
    }


def test_by_flow_logs_in_a_bucket(empty: Emulator, client: Client, read: Read) -> None:
    place = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket="flows", CreateBucketConfiguration=place)
    network = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    client("ec2").create_flow_logs(
        ResourceIds=[network],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws-us-gov:s3:::flows",
    )
    _user(client, "net", _allow("s3:GetObject", "arn:aws-us-gov:s3:::flows/AWSLogs/*"))
    _user(client, "web", _allow("s3:GetObject", "arn:aws-us-gov:s3:::flows/web/*"))
    others = f"arn:aws-us-gov:s3:::flows/AWSLogs/{ME}/elasticloadbalancing/*"
    _user(client, "balancers", _allow("s3:GetObject", others))
    assert _reads(read) == {"net": True, "web": False, "balancers": False}


def test_one_box_with_and_without_a_key(empty: Emulator, client: Client, read: Read) -> None:
    """What one writer encrypts in a bucket, another does not."""
    key = _key(client, _allow("kms:*", Principal={"AWS": ROOT}))
    _trail(client, KmsKeyId=key)
    _user(client, "no-key", _allow("s3:GetObject", f"{BUCKET}/*"))
    assert _reads(read) == {"no-key": False}
    client("cloudtrail").create_trail(Name="aplain", S3BucketName="trail")
    assert _reads(read) == {"no-key": True}


def test_a_flow_log_that_leads_elsewhere_hides_who_reads_it(
    empty: Emulator, client: Client, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    _user(client, "history", _allow("cloudtrail:LookupEvents"))
    _user(client, "none")
    streamed = {"FlowLogId": "fl-1", "LogDestinationType": "kinesis-data-firehose"}
    monkeypatch.setattr(
        "scanner.collectors.aws.record_stores.flow_log_list", lambda aws, region: [streamed]
    )
    assert _reads(read) == {"history": True, "none": "not-supported"}


@pytest.mark.parametrize(
    ("more", "name", "prefix"),
    [
        ({"LogDestination": "arn:aws:s3:::b"}, "b", f"AWSLogs/{ME}/vpcflowlogs/"),
        ({"LogDestination": "arn:aws:s3:::b/net/"}, "b", f"net/AWSLogs/{ME}/vpcflowlogs/"),
        (
            {
                "LogDestination": "arn:aws:s3:::b",
                "DestinationOptions": {"HiveCompatiblePartitions": True},
            },
            "b",
            f"AWSLogs/aws-account-id={ME}/aws-service=vpcflowlogs/",
        ),
    ],
)
def test_how_files_of_flow_logs_are_named(more: dict[str, Any], name: str, prefix: str) -> None:
    assert _flow_prefix(more, ME) == (name, prefix)


def test_flow_logs_in_a_bucket_of_another_account_are_seen_by_nobody(
    empty: Emulator, client: Client, read: Read
) -> None:
    place = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket="flows", CreateBucketConfiguration=place)
    network = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    client("ec2").create_flow_logs(
        ResourceIds=[network],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws-us-gov:s3:::flows",
    )
    client("s3").delete_bucket(Bucket="flows")
    _user(client, "history", _allow("cloudtrail:LookupEvents"))
    _user(client, "none")
    assert _reads(read) == {"history": True, "none": "not-supported"}


def test_by_the_place_in_the_bucket(empty: Emulator, client: Client, read: Read) -> None:
    _trail(client, S3KeyPrefix="org")
    _user(client, "org", _allow("s3:GetObject", f"{BUCKET}/org/*"))
    _user(client, "other", _allow("s3:GetObject", f"{BUCKET}/AWSLogs/*"))
    assert _reads(read) == {"org": True, "other": False}


def test_by_the_event_history_alone(empty: Emulator, client: Client, read: Read) -> None:
    _user(client, "history", _allow("cloudtrail:LookupEvents"))
    # The history is nobody's resource: a right to something else in CloudTrail is none to it.
    _user(client, "narrow", _allow("cloudtrail:*", f"arn:aws-us-gov:cloudtrail:*:{ME}:trail/*"))
    assert _reads(read) == {"history": True, "narrow": False}


def test_by_an_event_data_store(empty: Emulator, client: Client, read: Read) -> None:
    made = client("cloudtrail").create_event_data_store(Name="lake")["EventDataStoreArn"]
    _user(client, "query", _allow("cloudtrail:StartQuery", made))
    eve = _user(client, "eve")
    _user(client, "bob")
    assert _reads(read) == {"query": True, "eve": False, "bob": False}
    given = _policy(_allow("cloudtrail:StartQuery", made, Principal={"AWS": eve}))
    client("cloudtrail").put_resource_policy(ResourceArn=made, ResourcePolicy=given)
    assert _reads(read) == {"query": True, "eve": True, "bob": False}


def test_what_the_bucket_gives_and_denies(empty: Emulator, client: Client, read: Read) -> None:
    _trail(client)
    eve = _user(client, "eve")
    _user(client, "boss", _allow("*"))
    barred = {
        **_allow("s3:*", f"{BUCKET}/*", Principal="*"),
        "Effect": "Deny",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": eve}},
    }
    given = _allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": eve})
    client("s3").put_bucket_policy(Bucket="trail", Policy=_policy(given, barred))
    # The event history is still there for whoever may do everything.
    assert _reads(read) == {"eve": True, "boss": True}
    client("iam").put_user_policy(
        UserName="boss", PolicyName="p", PolicyDocument=_policy(_allow("s3:*"))
    )
    assert _reads(read) == {"eve": True, "boss": False}


def test_without_the_key_records_stay_shut(empty: Emulator, client: Client, read: Read) -> None:
    get = _allow("s3:GetObject", f"{BUCKET}/*")
    direct = _user(client, "direct", get)
    key = _key(
        client,
        _allow("kms:*", Principal={"AWS": ROOT}),
        _allow("kms:Decrypt", Principal={"AWS": direct}),
    )
    _trail(client, KmsKeyId=key)
    _user(client, "no-key", get)
    _user(client, "key", get, _allow("kms:Decrypt", key))
    _user(client, "only-key", _allow("kms:Decrypt"))
    assert _reads(read) == {"direct": True, "no-key": False, "key": True, "only-key": False}


def test_a_key_of_another_account_is_closed_without_a_right_of_ones_own(
    empty: Emulator, client: Client, read: Read
) -> None:
    _trail(client, KmsKeyId=f"arn:aws-us-gov:kms:{REGION}:{OTHER}:key/1")
    get = _allow("s3:GetObject", f"{BUCKET}/*")
    _user(client, "no-key", get)
    _user(client, "key", get, _allow("kms:Decrypt"))
    assert _reads(read) == {"no-key": False, "key": "not-supported"}


def test_a_bucket_with_a_key_of_its_own_may_hold_records_without_it(
    empty: Emulator, client: Client, read: Read
) -> None:
    key = _key(client, _allow("kms:*", Principal={"AWS": ROOT}))
    _trail(client)
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    client("s3").put_bucket_encryption(
        Bucket="trail", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    get = _allow("s3:GetObject", f"{BUCKET}/*")
    _user(client, "no-key", get)
    _user(client, "key", get, _allow("kms:Decrypt", key))
    assert _reads(read) == {"no-key": "not-supported", "key": True}


def test_groups_and_boundaries_count(empty: Emulator, client: Client, read: Read) -> None:
    _trail(client)
    iam = client("iam")
    every = _policy(_allow("s3:*"))
    iam.create_group(GroupName="staff")
    iam.put_group_policy(GroupName="staff", PolicyName="p", PolicyDocument=every)
    _user(client, "member")
    iam.add_user_to_group(GroupName="staff", UserName="member")
    _user(client, "guest")
    small = iam.create_policy(PolicyName="small", PolicyDocument=_policy(_allow("ec2:*")))
    trust = _policy(_allow("sts:AssumeRole", Principal={"AWS": ROOT}))
    for name, more in (("free", {}), ("bound", {"PermissionsBoundary": small["Policy"]["Arn"]})):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=every)
    assert _reads(read) == {"member": True, "guest": False, "free": True, "bound": False}


def test_roles_read_for_everybody_who_may_take_them(
    empty: Emulator, client: Client, read: Read
) -> None:
    trust = _policy(
        _allow("sts:AssumeRole", Principal={"AWS": [ROOT, f"arn:aws-us-gov:iam::{OTHER}:root"]})
    )
    iam = client("iam")
    arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="reader", PolicyName="p", PolicyDocument=_policy(_allow("cloudtrail:Lookup*"))
    )
    found = read("record-readers")
    assert {s: f.reads_records for s, f in found.items()} == {
        f"{arn}#{ROOT}": True,
        f"{arn}#arn:aws-us-gov:iam::{OTHER}:root": True,
    }
    assert set(found) == set(read("role-grants"))


def test_people_of_other_accounts_have_names_of_their_own(
    empty: Emulator, client: Client, read: Read
) -> None:
    eve = f"arn:aws-us-gov:iam::{OTHER}:user/eve"
    trust = _policy(_allow("sts:AssumeRole", Principal={"AWS": eve}))
    client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=trust)
    (grant,) = read("role-grants").values()
    assert (grant.principal_name, grant.external) == (f"{OTHER}/eve", True)


def test_tags_that_a_session_brings_go_before_those_of_the_role(
    empty: Emulator, client: Client, read: Read
) -> None:
    asks = {"StringEquals": {"aws:PrincipalTag/team": "audit"}}
    iam = client("iam")
    for name, actions in (("fixed", "sts:AssumeRole"), ("brings", ["sts:AssumeRole", "sts:Tag*"])):
        trust = _policy(_allow(actions, Principal={"AWS": ROOT}))
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trust,
            Tags=[{"Key": "team", "Value": "dev"}],
        )
        given = _policy(_allow("cloudtrail:LookupEvents", Condition=asks))
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=given)
    assert _reads(read) == {"fixed": False, "brings": True}


def test_a_bucket_of_another_account_is_judged_there(
    empty: Emulator, client: Client, read: Read
) -> None:
    _trail(client)
    client("s3").delete_bucket(Bucket="trail")
    _user(client, "eve", _allow("s3:GetObject"))
    assert _reads(read) == {"eve": False}


@pytest.mark.parametrize(
    ("operation", "sure"),
    [
        ("cloudtrail:DescribeTrails", {"boss"}),
        ("ec2:DescribeFlowLogs", {"boss"}),
        ("cloudtrail:ListEventDataStores", {"boss"}),
        ("cloudtrail:GetEventDataStore", {"boss"}),
        ("s3:ListBuckets", {"boss"}),
        ("s3:GetBucketEncryption", {"boss"}),
        ("cloudtrail:GetResourcePolicy", {"boss", "barred"}),
        ("s3:GetBucketPolicy", {"boss", "barred"}),
    ],
)
def test_a_refused_read_hides_who_else_may_read(
    operation: str, sure: set[str], empty: Emulator, client: Client, read: Read
) -> None:
    _trail(client)
    client("cloudtrail").create_event_data_store(Name="lake")
    _user(client, "boss", _allow("cloudtrail:*"))
    _user(client, "nobody")
    _user(client, "barred", {**_allow("*"), "Effect": "Deny"})
    before = _reads(read)
    assert before == {"boss": True, "nobody": False, "barred": False}
    with empty.faults.injected(operation, "denied"):
        found = _reads(read)
    assert {name for name, answer in found.items() if answer == before[name]} == sure
    assert {answer for name, answer in found.items() if name not in sure} == {"denied"}


def test_a_key_policy_that_is_refused_leaves_those_unknown_whom_it_may_let_in(
    empty: Emulator, client: Client, read: Read
) -> None:
    key = _key(client, _allow("kms:*", Principal={"AWS": ROOT}))
    _trail(client, KmsKeyId=key)
    _user(client, "get", _allow("s3:GetObject"), _allow("kms:Decrypt"))
    _user(client, "none")
    with empty.faults.injected("kms:GetKeyPolicy", "denied"):
        assert _reads(read) == {"get": "denied", "none": False}


def test_a_region_that_does_not_answer_hides_its_trails(
    empty: Emulator, client: Client, read: Read
) -> None:
    _trail(client)
    _user(client, "get", _allow("s3:GetObject"))
    _user(client, "none")
    with empty.faults.injected("cloudtrail:DescribeTrails", "denied", region=OTHER_REGION):
        found = _reads(read, regions=[REGION, OTHER_REGION])
    assert found == {"get": True, "none": "denied"}


def test_links_name_the_accounts_that_see_log_groups(
    empty: Emulator, client: Client, read: Read
) -> None:
    (nobody,) = read("log-group-links").values()
    assert nobody.parties == ()
    sink = f"arn:aws-us-gov:oam:{REGION}:{OTHER}:sink/1"

    def link(*kinds: str, **more: Any) -> None:
        client("oam").create_link(
            LabelTemplate="$AccountName", ResourceTypes=list(kinds), SinkIdentifier=sink, **more
        )

    link("AWS::CloudWatch::Metric")
    (nobody,) = read("log-group-links").values()
    assert nobody.parties == ()
    link("AWS::Logs::LogGroup", "AWS::CloudWatch::Metric")
    (shared,) = read("log-group-links").values()
    assert shared.parties == (OTHER,)
    some = {"LogGroupConfiguration": {"Filter": "LogGroupName LIKE 'app%'"}}
    link("AWS::Logs::LogGroup", LinkConfiguration=some)
    (narrowed,) = read("log-group-links").values()
    assert narrowed.unread == {"parties": "not-supported"}


def test_policies_name_who_outside_may_query_a_store(
    empty: Emulator, client: Client, read: Read
) -> None:
    made = client("cloudtrail").create_event_data_store(Name="lake")["EventDataStoreArn"]
    outside = f"arn:aws-us-gov:iam::{OTHER}:root"
    (shut,) = read("event-data-store-shares").values()
    assert shut.parties == ()
    given = _policy(_allow("cloudtrail:StartQuery", made, Principal={"AWS": [outside, ROOT]}))
    client("cloudtrail").put_resource_policy(ResourceArn=made, ResourcePolicy=given)
    (shared,) = read("event-data-store-shares").values()
    assert shared.parties == (outside,)
