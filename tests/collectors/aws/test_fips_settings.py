"""FIPS settings, file transfer, Classic load balancers and CloudFront."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.aws.edge import least
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"


def test_transfer_servers_ask_the_policy_whether_it_is_fips(
    empty: Emulator, client: Any, read: Any
) -> None:
    transfer = client("transfer")
    # Its name holds the token elsewhere; the policy's own word counts.
    for policy in ("TransferSecurityPolicy-FIPS-2024-01", "TransferSecurityPolicy-2024-01"):
        transfer.create_server(Protocols=["SFTP"], EndpointType="PUBLIC", SecurityPolicyName=policy)
    transfer.create_server(
        Protocols=["FTPS", "FTP"],
        EndpointType="VPC",
        SecurityPolicyName="TransferSecurityPolicy-2018-11",
    )
    found = {(e.policy, e.protocol): e for e in read("transfer-servers").values()}

    assert found["TransferSecurityPolicy-FIPS-2024-01", "SFTP"].fips_policy is True
    plain_name = found["TransferSecurityPolicy-2024-01", "SFTP"]
    assert (plain_name.fips_policy, plain_name.public) == (False, True)
    assert plain_name.ciphers == ("aes256-ctr", "aes256-gcm@openssh.com")
    ftp = found[None, "FTP"]
    assert (ftp.plaintext_refused, ftp.encrypted, ftp.public) == (False, False, False)
    ftps = found["TransferSecurityPolicy-2018-11", "FTPS"]
    assert ftps.unread == {"min_version": "not-supported", "min_version_rank": "not-supported"}


def test_a_refused_policy_leaves_the_server(empty: Emulator, client: Any, read: Any) -> None:
    client("transfer").create_server(
        Protocols=["SFTP"],
        EndpointType="PUBLIC",
        SecurityPolicyName="TransferSecurityPolicy-2024-01",
    )
    with empty.faults.injected(on="transfer:DescribeSecurityPolicy", effect="denied"):
        (server,) = read("transfer-servers").values()
    assert server.plaintext_refused is True
    assert server.fips_policy is UNSET


def test_hsm_clusters_by_their_mode(empty: Emulator, client: Any, read: Any) -> None:
    for mode in ("FIPS", "NON_FIPS"):
        client("cloudhsmv2").create_cluster(
            HsmType="hsm2m.medium", SubnetIds=["subnet-1"], Mode=mode
        )
    found = {each.value: each.on for each in read("hsm-clusters").values()}
    assert found == {"hsm2m.medium FIPS": True, "hsm2m.medium NON_FIPS": False}


def test_certificate_authorities_by_their_standard(empty: Emulator, client: Any, read: Any) -> None:
    for standard in ("FIPS_140_2_LEVEL_3_OR_HIGHER", "CCPC_LEVEL_1_OR_HIGHER"):
        client("acm-pca").create_certificate_authority(
            CertificateAuthorityConfiguration={
                "KeyAlgorithm": "RSA_4096",
                "SigningAlgorithm": "SHA512WITHRSA",
                "Subject": {"CommonName": "halyard.example"},
            },
            CertificateAuthorityType="ROOT",
            KeyStorageSecurityStandard=standard,
        )
    found = {each.value: each.on for each in read("certificate-authorities").values()}
    assert found == {"FIPS_140_2_LEVEL_3_OR_HIGHER": True, "CCPC_LEVEL_1_OR_HIGHER": False}


def test_workspaces_verified_access_and_redshift(empty: Emulator, client: Any, read: Any) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=f"{REGION}{z}")
        for n, z in enumerate("ab")
    ]
    directory = client("ds").create_microsoft_ad(
        Name="corp.halyard.example",
        Password="Not-a-secret-9",
        VpcSettings={"VpcId": vpc, "SubnetIds": [s["Subnet"]["SubnetId"] for s in subnets]},
    )["DirectoryId"]
    client("workspaces").register_workspace_directory(
        DirectoryId=directory, EnableSelfService=False
    )
    (desk,) = read("workspace-directories").values()
    assert (desk.value, desk.on) == ("STANDARD_TLS", False)
    empty.put("workspaces.modes", directory, "FIPS_VALIDATED")
    (desk,) = read("workspace-directories").values()
    assert desk.on is True
    (users,) = read("workspace-users").values()
    assert users.enforced in (True, False)
    (factor,) = read("directories").values()
    assert factor.enforced is False

    empty.put(
        "ec2.verified_access",
        "vai-1",
        {"VerifiedAccessInstanceId": "vai-1", "FipsEnabled": True},
    )
    empty.put("ec2.verified_access", "vai-2", {"VerifiedAccessInstanceId": "vai-2"})
    assert {a.subject: a.on for a in read("verified-access").values()} == {
        "vai-1": True,
        "vai-2": False,
    }

    redshift = client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="facts", NodeType="ra3.large", MasterUsername="o", MasterUserPassword="x"
    )
    (cluster,) = read("redshift-fips").values()
    assert (cluster.on, cluster.value) == (False, "use_fips_ssl false, require_ssl false")


@pytest.mark.parametrize(
    ("name", "rank"),
    [("TLSv1.2_2021", 12), ("TLSv1_2016", 10), ("TLSv1", 10), ("SSLv3", 3), ("TLSv1.3_2025", 13)],
)
def test_least_versions(name: str, rank: int) -> None:
    assert least(name)[1] == rank


def test_classic_listeners(empty: Emulator, client: Any, read: Any) -> None:
    elb = client("elb")
    certificate = client("acm").request_certificate(DomainName="old.example.com")
    elb.create_load_balancer(
        LoadBalancerName="old",
        AvailabilityZones=[f"{REGION}a"],
        Listeners=[
            {
                "Protocol": "HTTPS",
                "LoadBalancerPort": 443,
                "InstancePort": 443,
                "SSLCertificateId": certificate["CertificateArn"],
            },
            {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80},
        ],
    )
    elb.create_load_balancer_policy(
        LoadBalancerName="old",
        PolicyName="tls",
        PolicyTypeName="SSLNegotiationPolicyType",
        PolicyAttributes=[
            {"AttributeName": "Protocol-TLSv1.2", "AttributeValue": "true"},
            {"AttributeName": "Protocol-TLSv1", "AttributeValue": "false"},
        ],
    )
    elb.set_load_balancer_policies_of_listener(
        LoadBalancerName="old", LoadBalancerPort=443, PolicyNames=["tls"]
    )
    found = {endpoint.name: endpoint for endpoint in read("classic-listeners").values()}
    assert found["old:443"].min_version_rank == 12
    assert found["old:443"].fips_policy is False
    assert (found["old:80"].plaintext_refused, found["old:80"].min_version_rank) == (False, None)


def test_distributions_live_in_the_commercial_partition(
    empty: Emulator, client: Any, read: Any
) -> None:
    assert read("distributions") == {}
    assert not any("cloudfront" in name for name in empty.calls.by_operation())

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
    for reference, policy in (("a", "redirect-to-https"), ("b", "allow-all")):
        client("cloudfront", "us-east-1").create_distribution(
            DistributionConfig={
                "CallerReference": reference,
                "Comment": "",
                "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": {
                    "TargetOriginId": "o",
                    "ViewerProtocolPolicy": policy,
                    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                    "MinTTL": 0,
                },
            }
        )
    found = read("distributions", regions=["us-east-1"], partition="aws").values()
    assert sorted((e.plaintext_refused, e.min_version_rank) for e in found) == [
        (False, 10),
        (True, 10),
    ]
    assert {e.unread["fips_policy"] for e in found} == {"not-supported"}
