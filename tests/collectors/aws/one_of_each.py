"""One of each resource that the emulated contractor does not have, so that every read is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from scanner.demo.aws import Emulator

REGION = "us-gov-west-1"
ME = "123456789012"
_STOP = ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"]


def add_one_of_each(emulator: Emulator) -> None:
    """Add them to an account that holds the contractor's estate."""
    import botocore.session
    from botocore.config import Config

    core = botocore.session.Session()

    def client(service: str) -> Any:
        return core.create_client(
            service,
            region_name=REGION,
            endpoint_url=emulator.endpoint,
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="x",
            config=Config(proxies={}),
        )

    _edges(client)
    _shared(client)
    _firewalls(client)
    _organization(client)
    _databases(client)
    client("accessanalyzer").create_analyzer(analyzerName="outside", type="ACCOUNT")
    emulator.put("cognito.pools", "p", {"Id": "p", "Name": "portal", "MfaConfiguration": "ON"})
    emulator.put(
        "ec2.verified_access",
        "vai-1",
        {"VerifiedAccessInstanceId": "vai-1", "FipsEnabled": True},
    )
    machine = client("ssm").describe_instance_information()["InstanceInformationList"][0]
    clock = {"Service": "chronyd", "Servers": "x", "Synchronised": "true"}
    emulator.put(
        "ssm.inventory",
        f"{machine['InstanceId']}/Custom:TimeSource",
        {
            "TypeName": "Custom:TimeSource",
            "SchemaVersion": "1.0",
            "CaptureTime": "2026-11-24T07:00:00Z",
            "Content": [clock | {"OffsetMilliseconds": "1"}],
        },
    )


def _edges(client: Callable[[str], Any]) -> None:
    client("transfer").create_server(
        Protocols=["SFTP"],
        EndpointType="PUBLIC",
        SecurityPolicyName="TransferSecurityPolicy-FIPS-2024-01",
    )
    certificate = client("acm").request_certificate(DomainName="old.example.com")
    elb = client("elb")
    elb.create_load_balancer(
        LoadBalancerName="old",
        AvailabilityZones=[f"{REGION}a"],
        Listeners=[
            {
                "Protocol": "HTTPS",
                "LoadBalancerPort": 443,
                "InstancePort": 443,
                "SSLCertificateId": certificate["CertificateArn"],
            }
        ],
    )
    elb.create_load_balancer_policy(
        LoadBalancerName="old",
        PolicyName="tls",
        PolicyTypeName="SSLNegotiationPolicyType",
        PolicyAttributes=[{"AttributeName": "Protocol-TLSv1.2", "AttributeValue": "true"}],
    )
    elb.set_load_balancer_policies_of_listener(
        LoadBalancerName="old", LoadBalancerPort=443, PolicyNames=["tls"]
    )
    client("cloudhsmv2").create_cluster(HsmType="hsm2m.medium", SubnetIds=["subnet-1"], Mode="FIPS")


def _shared(client: Callable[[str], Any]) -> None:
    client("sqs").create_queue(QueueName="queue")
    client("sns").create_topic(Name="topic")
    client("ecr").create_repository(repositoryName="app")


def _firewalls(client: Callable[[str], Any]) -> None:
    shown = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    client("wafv2").create_web_acl(
        Name="acl", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=shown
    )
    client("network-firewall").create_firewall(
        FirewallName="edge", FirewallPolicyArn="arn:p", VpcId="vpc-1", SubnetMappings=[]
    )


def _organization(client: Callable[[str], Any]) -> None:
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    statement = {"Effect": "Deny", "Action": _STOP, "Resource": "*"}
    policy = organizations.create_policy(
        Name="keep-trails",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Policy"]["PolicySummary"]["Id"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=root)


def _databases(client: Callable[[str], Any]) -> None:
    client("redshift").create_cluster(
        ClusterIdentifier="facts", NodeType="ra3.large", MasterUsername="o", MasterUserPassword="x"
    )
    rds = client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="aurora",
        Engine="aurora-postgresql",
        MasterUsername="owner",
        MasterUserPassword="Not-a-secret-9",
    )
    rds.create_db_instance(
        DBInstanceIdentifier="aurora-1",
        DBClusterIdentifier="aurora",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
    )
