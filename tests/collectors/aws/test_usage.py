"""What services record of their use, the organisation's guards, clocks, and who reviews."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collectors.aws.organization import denies_stopping
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"
ME = "123456789012"


def _balancer(client: Any) -> str:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for n, zone in enumerate("ab")
    ]
    made = client("elbv2").create_load_balancer(
        Name="front", Subnets=[s["Subnet"]["SubnetId"] for s in subnets]
    )
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def test_balancers_and_databases(empty: Emulator, client: Any, read: Any) -> None:
    arn = _balancer(client)
    (log,) = read("balancer-logs").values()
    assert (log.enabled, log.destination) == (False, None)
    client("s3").create_bucket(
        Bucket="lb-logs", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[
            {"Key": "access_logs.s3.enabled", "Value": "true"},
            {"Key": "access_logs.s3.bucket", "Value": "lb-logs"},
        ],
    )
    (log,) = read("balancer-logs").values()
    assert (log.enabled, log.destination) == (True, "lb-logs")

    for name, exports in (("quiet", []), ("kept", ["postgresql"])):
        client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.m6g.large",
            Engine="postgres",
            AllocatedStorage=100,
            MasterUsername="owner",
            MasterUserPassword="Not-a-secret-9",
            EnableCloudwatchLogsExports=exports,
        )
    found = {log.name: log.enabled for log in read("database-logs").values()}
    assert found == {"logs of quiet": False, "logs of kept": True}


def test_clusters(empty: Emulator, client: Any, read: Any) -> None:
    eks = client("eks")
    role = f"arn:aws-us-gov:iam::{ME}:role/eks"
    eks.create_cluster(name="open", roleArn=role, resourcesVpcConfig={})
    logging = {"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]}
    network = {"endpointPublicAccess": True, "publicAccessCidrs": ["198.51.100.0/24"]}
    eks.create_cluster(name="kept", roleArn=role, resourcesVpcConfig=network, logging=logging)
    assert {c.name: c.enabled for c in read("cluster-logs").values()} == {
        "audit log of open": False,
        "audit log of kept": True,
    }
    ends = {c.name: (c.default_ingress, c.open_rules) for c in read("cluster-endpoints").values()}
    assert ends == {"open": ("allow", ("tcp/443",)), "kept": ("deny", ())}


def test_firewalls(empty: Emulator, client: Any, read: Any) -> None:
    waf = client("wafv2")
    shown = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    arns = [
        waf.create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=shown
        )["Summary"]["ARN"]
        for name in ("kept", "mute")
    ]
    group = f"arn:aws-us-gov:logs:{REGION}:{ME}:log-group:aws-waf-logs-x"
    waf.put_logging_configuration(
        LoggingConfiguration={"ResourceArn": arns[0], "LogDestinationConfigs": [group]}
    )
    found = {log.name: log.destination for log in read("web-firewall-logs").values()}
    assert found == {"log of web ACL kept": group, "log of web ACL mute": None}

    firewall = client("network-firewall")
    firewall.create_firewall(
        FirewallName="edge", FirewallPolicyArn="arn:p", VpcId="vpc-1", SubnetMappings=[]
    )
    (log,) = read("network-firewall-logs").values()
    assert log.enabled is False
    destination = {"logGroup": "/firewall/flows"}
    firewall.update_logging_configuration(
        FirewallName="edge",
        LoggingConfiguration={
            "LogDestinationConfigs": [
                {
                    "LogType": "FLOW",
                    "LogDestinationType": "CloudWatchLogs",
                    "LogDestination": destination,
                }
            ]
        },
    )
    (log,) = read("network-firewall-logs").values()
    assert (log.enabled, log.destination) == (True, "/firewall/flows")


def test_images_are_scanned_on_arrival(empty: Emulator, client: Any, read: Any) -> None:
    ecr = client("ecr")
    assert read("registry-scanning") == {}
    ecr.create_repository(repositoryName="app")
    (setting,) = read("registry-scanning").values()
    assert (setting.active, setting.continuous) == (False, False)
    ecr.put_registry_scanning_configuration(
        scanType="ENHANCED",
        rules=[
            {
                "scanFrequency": "CONTINUOUS_SCAN",
                "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}],
            }
        ],
    )
    (setting,) = read("registry-scanning").values()
    assert (setting.active, setting.continuous) == (True, True)


def test_insights_of_trails(empty: Emulator, client: Any, read: Any) -> None:
    client("s3").create_bucket(
        Bucket="trail", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    cloudtrail = client("cloudtrail")
    cloudtrail.create_trail(Name="audit", S3BucketName="trail")
    (insights,) = read("trail-insights").values()
    assert insights.enabled is False
    cloudtrail.put_insight_selectors(
        TrailName="audit", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
    )
    (insights,) = read("trail-insights").values()
    assert (insights.enabled, insights.features) == (True, ("ApiCallRateInsight",))


def test_user_pools(empty: Emulator, read: Any) -> None:
    for name, mode in (("portal", "ON"), ("shop", "OPTIONAL"), ("old", "OFF")):
        empty.put("cognito.pools", name, {"Id": name, "Name": name, "MfaConfiguration": mode})
    assert {p.subject: p.enforced for p in read("user-pools").values()} == {
        "portal": True,
        "shop": False,
        "old": False,
    }


_STOP = ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"]


@pytest.mark.parametrize(
    ("statement", "denies"),
    [
        ({"Effect": "Deny", "Action": _STOP, "Resource": "*"}, True),
        ({"Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*"}, True),
        ({"Effect": "Deny", "Action": "cloudtrail:Stop*", "Resource": "*"}, False),
        ({"Effect": "Deny", "Action": _STOP, "Resource": "arn:aws:x"}, False),
        ({"Effect": "Allow", "Action": _STOP, "Resource": "*"}, False),
        ({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}, False),
    ],
)
def test_policies_that_keep_a_trail_on(statement: dict[str, Any], denies: bool) -> None:
    assert denies_stopping({"Statement": statement}) is denies


def test_the_organisation_s_guards_are_told_by_its_management_account_alone(
    empty: Emulator, client: Any, read: Any
) -> None:
    assert read("logging-guard") == {}
    assert read("central-root") == {}

    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    (guard,) = read("logging-guard").values()
    assert guard.enforced is False
    root = organizations.list_roots()["Roots"][0]["Id"]
    if "SERVICE_CONTROL_POLICY" not in str(organizations.list_roots()):
        organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    content = {"Version": "2012-10-17", "Statement": []}
    content["Statement"] = [{"Effect": "Deny", "Action": _STOP, "Resource": "*"}]
    policy = organizations.create_policy(
        Name="keep-trails",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(content),
    )["Policy"]["PolicySummary"]["Id"]
    (guard,) = read("logging-guard").values()
    assert guard.enforced is False, "a policy that is attached nowhere guards nothing"
    organizations.attach_policy(PolicyId=policy, TargetId=root)
    (guard,) = read("logging-guard").values()
    assert guard.enforced is True

    (feature,) = read("central-root").values()
    assert feature.enforced in (True, False)


def test_findings_on_outside_access(empty: Emulator, client: Any, read: Any) -> None:
    assert read("outside-access") == {}
    client("accessanalyzer").create_analyzer(analyzerName="outside", type="ACCOUNT")
    (found,) = read("outside-access").values()
    assert found.noncompliant == 0


def _clock(empty: Emulator, instance: str, **entry: str) -> None:
    empty.put(
        "ssm.inventory",
        f"{instance}/Custom:TimeSource",
        {
            "TypeName": "Custom:TimeSource",
            "SchemaVersion": "1.0",
            "CaptureTime": "2026-11-24T07:00:00Z",
            "Content": [entry],
        },
    )


def test_clocks_that_machines_publish_and_one_that_does_not(empty: Emulator, read: Any) -> None:
    assert read("machine-clocks") == {}
    for name in ("i-1", "i-2", "i-3"):
        empty.put("ssm.instances", name, {"InstanceId": name, "PingStatus": "Online"})
    _clock(
        empty,
        "i-1",
        Service="chronyd",
        Servers="169.254.169.123, 10.0.0.1",
        Synchronised="true",
        OffsetMilliseconds="-1.7",
    )
    _clock(
        empty, "i-2", Service="chronyd", Servers="a", Synchronised="true", OffsetMilliseconds="?"
    )
    found = read("machine-clocks")
    clock = found["i-1/clock"]
    assert (clock.service, clock.synced, clock.offset_ms) == ("chronyd", True, 2)
    assert clock.servers == ("10.0.0.1", "169.254.169.123")
    assert found["i-2/clock"].unread == {"offset_ms": "broken"}
    # A machine that publishes nothing is neither in step nor out of step.
    assert found["i-3/clock"].synced is UNSET
    assert found["i-3/clock"].unread["synced"] == "not-supported"


def test_an_inventory_type_that_nobody_ever_published_is_no_broken_answer(
    empty: Emulator, read: Any
) -> None:
    empty.put("ssm.instances", "i-1", {"InstanceId": "i-1", "PingStatus": "Online"})
    missing = empty.faults.injected(
        on="ssm:GetInventory",
        effect="error",
        status=400,
        code="InvalidTypeNameException",
        message="no such type",
    )
    with missing:
        (clock,) = read("machine-clocks").values()
    assert clock.unread["synced"] == "not-supported"
