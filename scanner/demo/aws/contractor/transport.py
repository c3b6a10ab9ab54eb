"""Security groups, TLS listeners and domains, FIPS settings of containers."""

from __future__ import annotations

from scanner.demo.aws import estate
from scanner.demo.aws.contractor.site import Site


def build_network(site: Site) -> None:
    ec2 = site("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    for name, openings in estate.SECURITY_GROUPS.items():
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": port,
                    "ToPort": port,
                    "IpRanges": [{"CidrIp": source}],
                }
                for port, source in openings
            ],
        )


def build_listeners(site: Site) -> None:
    elbv2, ec2 = site("elbv2"), site("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    certificate = site("acm").request_certificate(DomainName="portal.halyard.example")
    target = elbv2.create_target_group(Name="apps", Protocol="HTTPS", Port=8443, VpcId=vpc)
    forward = {
        "Type": "forward",
        "TargetGroupArn": target["TargetGroups"][0]["TargetGroupArn"],
    }
    redirect = {
        "Type": "redirect",
        "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
    }
    balancers: dict[str, str] = {}
    for row in estate.LISTENERS:
        if row.balancer not in balancers:
            made = elbv2.create_load_balancer(
                Name=row.balancer, Subnets=subnets, Type=row.kind, Scheme="internet-facing"
            )
            balancers[row.balancer] = made["LoadBalancers"][0]["LoadBalancerArn"]
        secure = {
            "SslPolicy": row.policy,
            "Certificates": [{"CertificateArn": certificate["CertificateArn"]}],
        }
        elbv2.create_listener(
            LoadBalancerArn=balancers[row.balancer],
            Protocol=row.protocol,
            Port=row.port,
            DefaultActions=[redirect if row.redirects else forward],
            **(secure if row.policy else {}),
        )


def build_crypto(site: Site) -> None:
    for domain, policy in estate.API_DOMAINS.items():
        site("apigateway").create_domain_name(
            domainName=domain,
            securityPolicy=policy,
            endpointConfiguration={"types": ["REGIONAL"]},
        )
    for name, (tls, https, encrypted) in estate.SEARCH_DOMAINS.items():
        site("opensearch").create_domain(
            DomainName=name,
            EngineVersion="OpenSearch_2.17",
            DomainEndpointOptions={"EnforceHTTPS": https, "TLSSecurityPolicy": tls},
            EncryptionAtRestOptions={"Enabled": encrypted},
            NodeToNodeEncryptionOptions={"Enabled": encrypted},
        )
    site("ecs").create_cluster(clusterName="services")
    site("ecs").put_account_setting(name="fargateFIPSMode", value=estate.FARGATE_FIPS)
    eks, role = site("eks"), site.arn("iam", "role/eks", region="")
    eks.create_cluster(name="mission", version="1.32", roleArn=role, resourcesVpcConfig={})
    for name, ami_type in estate.NODE_GROUPS.items():
        eks.create_nodegroup(
            clusterName="mission",
            nodegroupName=name,
            subnets=["subnet-00000001"],
            nodeRole=role,
            amiType=ami_type,
        )
