"""TLS policies and FIPS settings."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.aws.tls import named_version, names_fips
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"


@pytest.mark.parametrize(
    ("policy", "fips"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", True),
        ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09", True),
        ("SecurityPolicy_TLS13_1_3_FIPS_2025_09", True),
        ("Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08", True),
        ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", False),
        ("ELBSecurityPolicy-2016-08", False),
        ("TLS_1_2", False),
        ("ELBSecurityPolicy-NotFIPSish-2030", False),
    ],
)
def test_the_token_fips_counts_and_no_list_of_names(policy: str, fips: bool) -> None:
    assert names_fips(policy) is fips


@pytest.mark.parametrize(
    ("policy", "version"),
    [
        ("TLS_1_0", "1.0"),
        ("TLS_1_2", "1.2"),
        ("SecurityPolicy_TLS13_1_3_FIPS_2025_09", "1.3"),
        ("SecurityPolicy_TLS13_1_2_Ext2_FIPS_PQ_2025_09", "1.2"),
        ("SecurityPolicy_TLS13_2025_EDGE", "1.3"),
        ("SecurityPolicy_TLS12_PFS_2025_EDGE", "1.2"),
        ("Policy-Min-TLS-1-2-2019-07", "1.2"),
        ("TransferSecurityPolicy-2024-01", None),
    ],
)
def test_least_version_by_name(policy: str, version: str | None) -> None:
    assert named_version(policy) == version


def _balancer(client: Any, scheme: str = "internet-facing") -> str:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for n, zone in enumerate("ab")
    ]
    made = client("elbv2").create_load_balancer(
        Name="front", Scheme=scheme, Subnets=[s["Subnet"]["SubnetId"] for s in subnets]
    )
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def _listen(client: Any, balancer: str, port: int, protocol: str, **more: Any) -> str:
    if protocol == "HTTPS":
        made = client("acm").request_certificate(DomainName="front.example.com")
        more["Certificates"] = [{"CertificateArn": made["CertificateArn"]}]
    more.setdefault(
        "DefaultActions", [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    )
    made = client("elbv2").create_listener(
        LoadBalancerArn=balancer, Protocol=protocol, Port=port, **more
    )
    return str(made["Listeners"][0]["ListenerArn"])


def test_listeners_tell_policy_version_and_plain_text(
    empty: Emulator, client: Any, read: Any
) -> None:
    balancer = _balancer(client)
    secure = _listen(client, balancer, 443, "HTTPS", SslPolicy="ELBSecurityPolicy-2016-08")
    plain = _listen(client, balancer, 80, "HTTP")
    redirect = [
        {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    ]
    sent_on = _listen(client, balancer, 8080, "HTTP", DefaultActions=redirect)
    found = read("listeners")

    assert found[secure].fips_policy is False
    assert found[secure].min_version_rank == 10
    assert "ECDHE-RSA-AES128-GCM-SHA256" in found[secure].ciphers
    assert found[secure].public is True
    assert (found[plain].encrypted, found[plain].plaintext_refused) == (False, False)
    assert found[sent_on].plaintext_refused is True


def test_without_the_policies_the_version_is_unread_and_the_name_still_counts(
    empty: Emulator, client: Any, read: Any
) -> None:
    policy = "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04"
    arn = _listen(client, _balancer(client), 443, "HTTPS", SslPolicy=policy)
    with empty.faults.injected(on="elbv2:DescribeSSLPolicies", effect="denied"):
        listener = read("listeners")[arn]

    assert listener.fips_policy is True
    assert listener.min_version is UNSET
    assert listener.unread["min_version_rank"] == "denied"


def test_search_domains_without_enforced_https_offer_plain_text(
    empty: Emulator, client: Any, read: Any
) -> None:
    search = client("opensearch")
    search.create_domain(
        DomainName="open-one",
        DomainEndpointOptions={
            "EnforceHTTPS": False,
            "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07",
        },
    )
    search.create_domain(
        DomainName="fips-one",
        DomainEndpointOptions={
            "EnforceHTTPS": True,
            "TLSSecurityPolicy": "Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08",
        },
    )
    found = {endpoint.name: endpoint for endpoint in read("search-domains").values()}

    assert found["open-one"].plaintext_refused is False
    assert found["open-one"].fips_policy is False
    assert found["fips-one"].fips_policy is True
    assert found["fips-one"].min_version == "1.2"


def test_api_domains_by_their_policy(empty: Emulator, client: Any, read: Any) -> None:
    gateway = client("apigateway")
    for name, policy in (("a.example.com", "TLS_1_2"), ("b.example.com", "TLS_1_0")):
        gateway.create_domain_name(
            domainName=name,
            securityPolicy=policy,
            endpointConfiguration={"types": ["REGIONAL"]},
            certificateName="x",
        )
    gateway.create_domain_name(
        domainName="edge.example.com",
        securityPolicy="TLS_1_2",
        endpointConfiguration={"types": ["EDGE"]},
        certificateName="x",
    )
    found = {endpoint.name: endpoint for endpoint in read("api-domains").values()}

    assert found["a.example.com"].min_version_rank == 12
    assert found["b.example.com"].min_version_rank == 10
    assert found["a.example.com"].fips_policy is False
    # No policy of an edge domain can name FIPS: that is no "not FIPS".
    assert found["edge.example.com"].fips_policy is UNSET


def test_fargate_is_told_only_where_a_cluster_is(empty: Emulator, client: Any, read: Any) -> None:
    assert read("fargate-fips") == {}

    client("ecs").create_cluster(clusterName="one")
    (setting,) = read("fargate-fips").values()
    assert setting.on is False

    client("ecs").put_account_setting(name="fargateFIPSMode", value="enabled")
    (setting,) = read("fargate-fips").values()
    assert (setting.on, setting.value) == (True, "enabled")


def test_node_images_tell_where_their_type_can(empty: Emulator, client: Any, read: Any) -> None:
    eks = client("eks")
    eks.create_cluster(
        name="c", roleArn="arn:aws-us-gov:iam::123456789012:role/eks", resourcesVpcConfig={}
    )
    kinds = {"f": "BOTTLEROCKET_x86_64_FIPS", "b": "BOTTLEROCKET_x86_64", "l": "AL2_x86_64"}
    for name, image in kinds.items():
        eks.create_nodegroup(
            clusterName="c",
            nodegroupName=name,
            amiType=image,
            subnets=["subnet-1"],
            nodeRole="arn:aws-us-gov:iam::123456789012:role/eks",
        )
    found = {setting.name: setting for setting in read("node-images").values()}

    assert found["c/f"].on is True
    assert found["c/b"].on is False
    assert found["c/l"].on is UNSET
    assert found["c/l"].unread == {"on": "not-supported"}
