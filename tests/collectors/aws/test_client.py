"""What a place sends, and what its refusals mean."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.aws import COLLECTOR
from scanner.collectors.aws.cloud import has_fips
from scanner.collectors.aws.policy import actions, policy_document
from scanner.collectors.aws.readonly import objection, objections
from scanner.collectors.base import Job, Refused
from scanner.demo.aws import Emulator
from scanner.errors import Defect, InputError

REGION = "us-gov-west-1"


def _place(session: Any, name: str, wanted: frozenset[str] = frozenset()) -> Any:
    (scope,) = session.scopes()
    found = next(each for each in COLLECTOR.sources if each.name == name)
    return session.place(Job("t1", scope, REGION, found, wanted, lambda: "2026-11-24T07:33:41Z"))


def test_an_undeclared_operation_is_a_defect(session: Any) -> None:
    place = _place(session, "log-groups")
    with pytest.raises(Defect, match="does not declare logs:DescribeMetricFilters"):
        place.call("logs:DescribeMetricFilters")


def test_a_detail_that_nobody_wants_may_not_call_either(session: Any) -> None:
    place = _place(session, "buckets", frozenset({"versioned"}))
    with pytest.raises(Defect):
        place.call("s3:GetBucketEncryption", Bucket="box")


@pytest.mark.parametrize(
    ("effect", "reason", "fatal"),
    [
        ("denied", "denied", False),
        ("scp-denied", "denied", False),
        ("expired", "credentials", True),
        ("unrecognized", "credentials", True),
        ("not-found", "broken", False),
        ("garbage", "broken", False),
        ("error-500", "broken", False),
        ("dropped", "unreachable", False),
    ],
)
@pytest.mark.parametrize(
    ("source", "operation"),
    [
        ("log-groups", "logs:DescribeLogGroups"),
        ("buckets", "s3:ListBuckets"),
        ("instances", "ec2:DescribeInstances"),
        ("password-policy", "iam:GetAccountPasswordPolicy"),
        ("code-signing", "lambda:ListCodeSigningConfigs"),
    ],
)
def test_every_fault_in_every_protocol(
    empty: Emulator,
    opened: Any,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    operation: str,
    effect: str,
    reason: str,
    fatal: bool,
) -> None:
    monkeypatch.setattr("scanner.collectors.aws.clients.ATTEMPTS", 1)
    place = _place(opened(), source)
    found = next(each for each in COLLECTOR.sources if each.name == source)
    with empty.faults.injected(on=operation, effect=effect), pytest.raises(Refused) as refused:
        list(found.run(place))

    assert (refused.value.reason, refused.value.fatal) == (reason, fatal)
    assert refused.value.operation == operation
    if reason == "denied":
        assert refused.value.permission == found.calls[operation]


def test_throttling_that_outlasts_the_retries(
    empty: Emulator, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.collectors.aws.clients.ATTEMPTS", 1)
    place = _place(opened(), "buckets")
    found = next(each for each in COLLECTOR.sources if each.name == "buckets")
    with empty.faults.injected(on="s3:*", effect="throttled"), pytest.raises(Refused) as refused:
        list(found.run(place))
    assert refused.value.reason == "throttled"


def test_after_an_expired_token_nothing_more_is_sent(empty: Emulator, session: Any) -> None:
    place = _place(session, "buckets")
    with empty.faults.injected(on="s3:ListBuckets", effect="expired"), pytest.raises(Refused):
        place.call("s3:ListBuckets")
    empty.calls.clear()
    with pytest.raises(Refused) as again:
        place.call("s3:ListBuckets")
    assert again.value.fatal
    assert len(empty.calls) == 0


def test_a_region_that_is_not_enabled_does_not_end_the_scan(empty: Emulator, opened: Any) -> None:
    session = opened(regions=[REGION, "us-gov-east-1"])
    (scope,) = session.scopes()
    found = next(each for each in COLLECTOR.sources if each.name == "log-groups")
    job = Job("t1", scope, "us-gov-east-1", found, frozenset(), lambda: "2026-11-24T07:33:41Z")
    fault = empty.faults.injected(on="logs:*", region="us-gov-east-1", effect="unrecognized")
    with fault, pytest.raises(Refused) as refused:
        list(found.run(session.place(job)))

    assert (refused.value.reason, refused.value.fatal) == ("denied", False)
    assert "not enabled" in refused.value.detail
    assert list(found.run(_place(session, "log-groups"))) == []


def test_pages_that_break_off_are_a_refusal(empty: Emulator, client: Any, session: Any) -> None:
    for number in range(60):
        client("logs").create_log_group(logGroupName=f"/group/{number:02}")
    place = _place(session, "log-groups")
    found = next(each for each in COLLECTOR.sources if each.name == "log-groups")
    fault = empty.faults.injected(
        on="logs:DescribeLogGroups", effect="denied", containing="nextToken"
    )
    seen: list[Any] = []
    with fault, pytest.raises(Refused):
        seen.extend(found.run(place))
    assert len(seen) == 50


def test_scope_names_partition_and_account(session: Any) -> None:
    (scope,) = session.scopes()
    assert scope.id == "aws:aws-us-gov:123456789012"
    assert scope.regions == (REGION,)


def test_all_regions_are_the_enabled_ones_and_a_refusal_is_no_shorter_list(
    empty: Emulator, opened: Any
) -> None:
    (scope,) = opened(regions="all", partition="aws-us-gov").scopes()
    assert set(scope.regions) == {"us-gov-west-1", "us-gov-east-1"}

    with empty.faults.injected(on="ec2:DescribeRegions", effect="denied"):
        (scope,) = opened(regions="all", partition="aws-us-gov").scopes()
    assert scope.refused is None
    assert scope.regions_refused is not None
    assert scope.regions_refused.permission == "ec2:DescribeRegions"


def test_an_organisation_is_entered_account_by_account(
    empty: Emulator, client: Any, opened: Any
) -> None:
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="plant", Email="p@example.com")
    plant = made["CreateAccountStatus"]["AccountId"]
    fault = empty.faults.injected(on="sts:AssumeRole", effect="denied", containing=plant)
    with fault:
        scopes = list(opened(accounts="all", role_name="cmmc-scan").scopes())
    by_id = {scope.id.split(":")[2]: scope for scope in scopes}

    assert by_id["123456789012"].refused is None
    assert by_id[plant].name == "plant"
    assert by_id[plant].refused is not None
    assert by_id[plant].refused.permission == "sts:AssumeRole"

    again = {s.id: s for s in opened(accounts=[plant], role_name="cmmc-scan").scopes()}
    assert again[f"aws:aws-us-gov:{plant}"].refused is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": "http://example.com"}, "loopback"),
        ({"regions": ["us-gov-west-1", "eu-west-1"]}, "one partition"),
        ({"partition": "aws"}, "one partition"),
        ({"accounts": "all"}, "role_name"),
        ({"profile": "no-such"}, "no-such"),
    ],
)
def test_options_that_cannot_be_are_named(opened: Any, options: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as wrong:
        opened(**options)
    assert "cmmc-scan.yaml:4" in str(wrong.value)


@pytest.mark.parametrize(
    "operation",
    [
        "s3:GetObject",
        "s3:ListObjectsV2",
        "s3:SelectObjectContent",
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "ssm:GetParameterHistory",
        "ssm:GetCommandInvocation",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Scan",
        "dynamodb:Query",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
        "logs:GetQueryResults",
        "logs:StartQuery",
        "ec2:GetPasswordData",
        "ec2:GetConsoleOutput",
        "ec2:DescribeInstanceAttribute",
        "ecr:GetAuthorizationToken",
        "ecr:BatchGetImage",
        "lambda:GetFunction",
        "lambda:Invoke",
        "sts:GetSessionToken",
        "sts:GetFederationToken",
        "sso:GetRoleCredentials",
        "redshift:GetClusterCredentials",
        "kinesis:GetRecords",
        "sqs:ReceiveMessage",
        "ebs:GetSnapshotBlock",
        "iam:CreateUser",
        "iam:DeleteUser",
        "ec2:ModifyInstanceMetadataOptions",
        "cloudtrail:StopLogging",
        "nonsense",
    ],
)
def test_writes_and_reads_of_contents_may_not_be_declared(operation: str) -> None:
    assert objection(operation) is not None


def test_what_is_declared_may_be() -> None:
    assert objections(COLLECTOR.sources) == []
    assert objection("s3:GetObjectLockConfiguration") is None


def test_every_declared_operation_exists_and_pages_as_it_is_read() -> None:
    import botocore.session

    core = botocore.session.Session()
    for source in COLLECTOR.sources:
        for operation, permission in source.needs(source.serves):
            service, _, name = operation.partition(":")
            model = core.get_service_model(service)
            assert name in model.operation_names, operation
            assert permission.count(":") == 1


def test_the_policy_is_derived_and_sorted() -> None:
    buckets = next(each for each in COLLECTOR.sources if each.name == "buckets")
    document = policy_document([(buckets, frozenset({"encrypted", "expires_after_days"}))])

    (statement,) = document["Statement"]
    assert statement["Action"] == [
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:ListAllMyBuckets",
    ]
    assert "ec2:DescribeRegions" in actions([], all_regions=True)


@pytest.mark.parametrize(
    ("service", "region", "named"),
    [
        ("iam", "us-east-1", True),
        ("s3", "us-east-1", True),
        ("s3", "eu-west-1", False),
        ("kms", "us-gov-west-1", True),
        ("logs", "us-gov-west-1", True),
        ("backup", "us-gov-west-1", False),
    ],
)
def test_fips_is_asked_for_only_where_a_host_is_known(
    service: str, region: str, named: bool
) -> None:
    import botocore.session

    endpoints = botocore.session.Session().get_data("endpoints")
    assert has_fips(endpoints, service, region) is named


class _Answer:
    status_code = 200

    def __init__(self, content: bytes) -> None:
        self.content = content


@pytest.mark.parametrize(
    ("operation", "body", "garbled"),
    [
        ("apigateway:GetDomainNames", b"{}", False),
        ("apigateway:GetDomainNames", b"", True),
        ("apigateway:GetDomainNames", b'{"item": [{"domainName": "a"', True),
        ("apigateway:GetDomainNames", b"<html>", True),
        ("s3:GetBucketVersioning", b"<VersioningConfiguration/>", False),
        ("s3:GetBucketVersioning", b"", True),
    ],
)
def test_an_answer_of_nothing_is_told_from_a_broken_one(
    operation: str, body: bytes, garbled: bool
) -> None:
    import botocore.session

    from scanner.collectors.aws.clients import Garbled, _refuse_garbled

    service, _, name = operation.partition(":")
    model = botocore.session.Session().get_service_model(service).operation_model(name)
    if garbled:
        with pytest.raises(Garbled):
            _refuse_garbled(_Answer(body), {"ResponseMetadata": {}}, model)
    else:
        _refuse_garbled(_Answer(body), {"ResponseMetadata": {}}, model)
