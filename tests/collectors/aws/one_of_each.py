"""One of each resource that the emulated contractor does not have, so that every read is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from stores_of_each import add_stores

from scanner.demo.aws import Emulator

REGION = "us-gov-west-1"
ME = "123456789012"
_STOP = ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"]


def add_one_of_each(emulator: Emulator) -> None:
    """Add them to an account that holds the contractor's estate."""
    import botocore.session
    from botocore.config import Config

    core = botocore.session.Session()

    def client(service: str, region: str = REGION) -> Any:
        return core.create_client(
            service,
            region_name=region,
            endpoint_url=emulator.endpoint,
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="x",
            config=Config(proxies={}),
        )

    _edges(client)
    _shared(client)
    _interfaces(client)
    _firewalls(client)
    _organization(client)
    add_stores(client)
    _serverless(emulator)
    _alarms(client)
    _records(client)
    _distribution(client("cloudfront", "us-east-1"))
    vpn = {
        "ClientVpnEndpointId": "cvpn-9",
        "Status": {"Code": "available"},
        "SplitTunnel": False,
        "AuthenticationOptions": [{"Type": "federated-authentication"}],
        "SessionTimeoutHours": 8,
        "ConnectionLogOptions": {"Enabled": True},
    }
    emulator.put("ec2.client_vpns", "cvpn-9", vpn)
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


def _records(client: Callable[..., Any]) -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    client("s3").create_bucket(
        Bucket="sealed", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client("cloudtrail").create_trail(Name="sealed", S3BucketName="sealed", KmsKeyId=key)
    client("oam").create_link(
        LabelTemplate="$AccountName",
        ResourceTypes=["AWS::Logs::LogGroup"],
        SinkIdentifier=f"arn:aws-us-gov:oam:{REGION}:210987654321:sink/1",
    )


def _edges(client: Callable[..., Any]) -> None:
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


def _interfaces(client: Callable[..., Any]) -> None:
    client("apigateway").create_rest_api(name="parts")
    client("apigatewayv2").create_api(Name="orders", ProtocolType="HTTP")


def _shared(client: Callable[..., Any]) -> None:
    client("sqs").create_queue(QueueName="queue")
    client("sns").create_topic(Name="topic")
    client("ecr").create_repository(repositoryName="app")


def _firewalls(client: Callable[..., Any]) -> None:
    shown = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    client("wafv2").create_web_acl(
        Name="acl", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=shown
    )
    client("network-firewall").create_firewall(
        FirewallName="edge", FirewallPolicyArn="arn:p", VpcId="vpc-1", SubnetMappings=[]
    )


def _organization(client: Callable[..., Any]) -> None:
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


def _serverless(emulator: Emulator) -> None:
    policy = {
        "name": "data",
        "policy": [{"Rules": [], "Principal": [f"arn:aws-us-gov:iam::{ME}:role/x"]}],
    }
    emulator.put("aoss.access_policies", "data", policy)
    arn = f"arn:aws-us-gov:redshift-serverless:{REGION}:{ME}"
    namespace = {"namespaceName": "n", "namespaceArn": f"{arn}:namespace/n"}
    emulator.put("redshift.namespaces", "n", namespace)
    group = {"workgroupName": "w", "workgroupArn": f"{arn}:workgroup/w", "namespaceName": "n"}
    emulator.put("redshift.workgroups", "w", group)


def stop_alarm(client: Callable[..., Any]) -> str:
    """An alarm on what ends a trail's log, and the ARN of the topic that it tells."""
    topic = client("sns").create_topic(Name="alarms")["TopicArn"]
    client("logs").create_log_group(logGroupName="trail")
    client("logs").put_metric_filter(
        logGroupName="trail",
        filterName="stop",
        filterPattern="{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }",
        metricTransformations=[
            {"metricName": "stopped", "metricNamespace": "trail", "metricValue": "1"}
        ],
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="stopped",
        Namespace="trail",
        MetricName="stopped",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        AlarmActions=[topic],
    )
    return str(topic)


def _alarms(client: Callable[..., Any]) -> None:
    topic = stop_alarm(client)
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="soc@example.com")
    events = client("events")
    pattern = {"detail": {"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}}
    events.put_rule(Name="stopped", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="stopped", Targets=[{"Id": "1", "Arn": topic}])


def _distribution(cloudfront: Any) -> None:
    origin = {
        "Id": "o",
        "DomainName": "front.example.com",
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        },
    }
    cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "a",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "o",
                "ViewerProtocolPolicy": "redirect-to-https",
                "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                "MinTTL": 0,
            },
        }
    )
