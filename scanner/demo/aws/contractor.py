"""Builds the emulated contractor's estate (`estate.py`) in a running emulator, over HTTP.

Everything that AWS has a write operation for is made by boto3; what only an agent reports is put
in through the control endpoint. Larger accounts repeat the tables' rows under numbered names.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from scanner.demo.aws import estate
from scanner.demo.aws.emulator import ACCOUNT, REGION
from scanner.demo.aws.models import partition_of

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Contractor:
    """What was built where; sizes are those that were asked for."""

    endpoint: str
    account: str
    region: str
    sizes: dict[str, int]


@dataclasses.dataclass
class _Site:
    """The emulator as the seeder sees it: one boto3 client a service, and the control endpoint."""

    endpoint: str
    region: str
    session: Any
    clients: dict[str, Any] = dataclasses.field(default_factory=dict)
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def __call__(self, service: str) -> Any:
        if service not in self.clients:
            from botocore.config import Config

            self.clients[service] = self.session.client(
                service,
                endpoint_url=self.endpoint,
                config=Config(proxies={}, retries={"total_max_attempts": 1}),
            )
        return self.clients[service]

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        where = self.region if region is None else region
        return f"arn:{partition_of(self.region)}:{service}:{where}:{ACCOUNT}:{resource}"

    def put(self, table: str, key: str, value: Any, region: str | None = None) -> None:
        where = self.region if region is None else region
        row = {"account": ACCOUNT, "region": where, "table": table, "key": key, "value": value}
        self.rows.append(row)

    def flush(self) -> None:
        """Send what was put."""
        request = urllib.request.Request(
            f"{self.endpoint}/_emulator/records", json.dumps(self.rows).encode(), method="POST"
        )
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
        self.rows.clear()


def seed(
    endpoint: str,
    *,
    region: str = REGION,
    users: int = len(estate.USERS),
    log_groups: int = len(estate.LOG_GROUPS),
    buckets: int = len(estate.BUCKETS),
    instances: int = len(estate.INSTANCES),
    functions: int = len(estate.FUNCTIONS),
) -> Contractor:
    """Build the estate in the emulator at `endpoint`, which should be empty.

    A size beyond the table's repeats its rows under names with a number; a smaller one takes the
    first rows, though never fewer buckets than the trails need.
    """
    import boto3

    session = boto3.Session(
        aws_access_key_id="AKIAEXAMPLESEEDER", aws_secret_access_key="none", region_name=region
    )
    site = _Site(endpoint, region, session)
    _identity(site, users)
    _storage(site, max(buckets, 2))
    _logging(site, log_groups)
    _network(site)
    _listeners(site)
    _crypto(site)
    _compute(site, instances)
    _functions(site, functions)
    _watching(site)
    site.flush()
    sizes = {
        "users": users,
        "log_groups": log_groups,
        "buckets": buckets,
        "instances": instances,
        "functions": functions,
    }
    return Contractor(endpoint, ACCOUNT, region, sizes)


def repeated(rows: Sequence[T], count: int) -> Iterator[tuple[T, str]]:
    """`count` rows of the table, with the suffix that makes a repeated row's name its own."""
    for number, row in zip(range(count), itertools.cycle(rows), strict=False):
        lap = number // len(rows)
        yield row, f"-{lap:04d}" if lap else ""


# --- identity --------------------------------------------------------------------------------


def _identity(site: _Site, count: int) -> None:
    iam = site("iam")
    site.put("iam.credential_report", "<root_account>", estate.ROOT, region="global")
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        PasswordReusePrevention=24,
    )
    for team in sorted({user.team for user in estate.USERS}):
        iam.create_group(GroupName=team)
    managed = f"arn:{partition_of(site.region)}:iam::aws:policy/"
    iam.attach_group_policy(GroupName="it", PolicyArn=f"{managed}AdministratorAccess")
    iam.attach_group_policy(GroupName="security", PolicyArn=f"{managed}SecurityAudit")
    for user, suffix in repeated(estate.USERS, count):
        _user(site, iam, user, f"{user.name}{suffix}")


def _user(site: _Site, iam: Any, user: estate.User, name: str) -> None:
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": user.team}])
    iam.add_user_to_group(GroupName=user.team, UserName=name)
    columns: dict[str, Any] = {"user_creation_time_days": user.age}
    if user.console:
        iam.create_login_profile(UserName=name, Password="Not-a-secret-9")
        columns["password_last_changed_days"] = min(user.age, 70)
        if user.used is not None:
            columns["password_last_used_days"] = user.used
    if user.mfa:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=device["VirtualMFADevice"]["SerialNumber"],
            AuthenticationCode1="123456",
            AuthenticationCode2="234567",
        )
    if user.key_age is not None:
        iam.create_access_key(UserName=name)
        columns["access_key_1_last_rotated_days"] = user.key_age
        columns["access_key_1_last_used_date_days"] = user.key_used or 0
        columns["access_key_1_last_used_region"] = site.region
        columns["access_key_1_last_used_service"] = "s3"
    site.put("iam.credential_report", name, columns, region="global")


# --- storage and logging ---------------------------------------------------------------------


def _storage(site: _Site, count: int) -> None:
    s3 = site("s3")
    key = site("kms").create_key(Description="halyard data")["KeyMetadata"]
    site("kms").enable_key_rotation(KeyId=key["KeyId"])
    for bucket, suffix in repeated(estate.BUCKETS, count):
        _bucket(site, s3, bucket, f"{bucket.name}{suffix}", key["Arn"])
    for database in estate.DATABASES:
        site("rds").create_db_instance(
            DBInstanceIdentifier=database.name,
            DBInstanceClass="db.m6g.large",
            Engine=database.engine,
            AllocatedStorage=100,
            MasterUsername="owner",
            MasterUserPassword="Not-a-secret-9",
            StorageEncrypted=database.encrypted,
            PubliclyAccessible=database.public,
        )


def _bucket(site: _Site, s3: Any, bucket: estate.Bucket, name: str, key: str) -> None:
    where = {} if site.region == "us-east-1" else {"LocationConstraint": site.region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    if bucket.kms:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    if bucket.expires is not None:
        rule = {
            "ID": "expire",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": bucket.expires},
        }
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    if bucket.versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    statements = list(_statements(site, bucket, name))
    if bucket.open_to:
        s3.delete_public_access_block(Bucket=name)
    if statements:
        policy = {"Version": "2012-10-17", "Statement": statements}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


def _statements(site: _Site, bucket: estate.Bucket, name: str) -> Iterator[dict[str, Any]]:
    arn = f"arn:{partition_of(site.region)}:s3:::{name}"
    if bucket.tls_only:
        yield {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    if bucket.open_to == "policy":
        yield {
            "Sid": "Datasheets",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"{arn}/*",
        }


def _logging(site: _Site, count: int) -> None:
    logs = site("logs")
    for (name, days), suffix in repeated(tuple(estate.LOG_GROUPS.items()), count):
        logs.create_log_group(logGroupName=f"{name}{suffix}")
        if days is not None:
            logs.put_retention_policy(logGroupName=f"{name}{suffix}", retentionInDays=days)
    cloudtrail = site("cloudtrail")
    for trail in estate.TRAILS:
        cloudtrail.create_trail(
            Name=trail.name,
            S3BucketName=trail.bucket,
            IsMultiRegionTrail=trail.multi_region,
            IncludeGlobalServiceEvents=trail.multi_region,
            EnableLogFileValidation=trail.validated,
        )
        if trail.logging:
            cloudtrail.start_logging(Name=trail.name)
    for name, (days, protected) in estate.EVENT_DATA_STORES.items():
        cloudtrail.create_event_data_store(
            Name=name, RetentionPeriod=days, TerminationProtectionEnabled=protected
        )


# --- network and transport -------------------------------------------------------------------


def _network(site: _Site) -> None:
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


def _listeners(site: _Site) -> None:
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


def _crypto(site: _Site) -> None:
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


# --- hosts and functions ---------------------------------------------------------------------


def _compute(site: _Site, count: int) -> None:
    ec2 = site("ec2")
    ec2.enable_allowed_images_settings(AllowedImagesSettingsState=estate.ALLOWED_IMAGES)
    ec2.replace_image_criteria_in_allowed_images_settings(
        ImageCriteria=[{"ImageProviders": [ACCOUNT, "amazon"]}]
    )
    ec2.enable_ebs_encryption_by_default()
    golden = ec2.register_image(Name="halyard-golden-2026-10", RootDeviceName="/dev/xvda")
    for row, suffix in repeated(estate.INSTANCES, count):
        image = golden["ImageId"] if row.golden else "ami-0f00dfeed00000001"
        made = ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            InstanceType="m6i.large",
            MetadataOptions={"HttpTokens": row.imds},
            BlockDeviceMappings=[
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80, "Encrypted": row.encrypted}}
            ],
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [{"Key": "Name", "Value": f"{row.name}{suffix}"}],
                }
            ],
        )
        if row.managed:
            _agent(site, row, made["Instances"][0]["InstanceId"], f"{row.name}{suffix}")


def _agent(site: _Site, row: estate.Instance, instance: str, name: str) -> None:
    """What the SSM agent on the instance would report."""
    windows = "Windows" in row.platform
    site.put(
        "ssm.instances",
        instance,
        {
            "InstanceId": instance,
            "PingStatus": "Online" if row.online else "ConnectionLost",
            "LastPingDateTime": {"minutes_ago": 3} if row.online else {"days_ago": 9},
            "AgentVersion": "3.3.987.0",
            "IsLatestVersion": True,
            "PlatformType": "Windows" if windows else "Linux",
            "PlatformName": row.platform,
            "PlatformVersion": "10.0.20348" if windows else "2023",
            "ResourceType": "EC2Instance",
            "ComputerName": f"{name}.halyard.example",
            "AssociationStatus": "Success",
        },
    )
    software = estate.BASE_SOFTWARE[row.platform] + row.extra
    site.put(
        "ssm.inventory",
        f"{instance}/AWS:Application",
        {
            "TypeName": "AWS:Application",
            "SchemaVersion": "1.1",
            "CaptureTime": {"hours_ago": 11, "text": True},
            "Content": [
                {
                    "Name": program,
                    "Version": version,
                    "Publisher": "",
                    "Architecture": "x86_64",
                }
                for program, version in software
            ],
        },
    )
    site.put(
        "ssm.patch_states",
        instance,
        {
            "InstanceId": instance,
            "PatchGroup": "production",
            "BaselineId": "pb-0123456789abcdef0",
            "InstalledCount": 180,
            "MissingCount": row.missing,
            "FailedCount": 0,
            "CriticalNonCompliantCount": row.missing // 5,
            "OperationStartTime": {"hours_ago": 20},
            "OperationEndTime": {"hours_ago": 19},
            "Operation": "Scan",
        },
    )


def _functions(site: _Site, count: int) -> None:
    role = site("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    signing = site("lambda")
    publisher = site.arn("signer", "/signing-profiles/halyard/AbCdEfGhIj")
    configs = {
        action: signing.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [publisher]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": action},
        )["CodeSigningConfig"]["CodeSigningConfigArn"]
        for action in ("Enforce", "Warn")
    }
    code = _empty_zip()
    for (name, action), suffix in repeated(tuple(estate.FUNCTIONS.items()), count):
        signing.create_function(
            FunctionName=f"{name}{suffix}",
            Runtime="python3.12",
            Role=role["Role"]["Arn"],
            Handler="main.handler",
            Code={"ZipFile": code},
        )
        if action is not None:
            signing.put_function_code_signing_config(
                FunctionName=f"{name}{suffix}", CodeSigningConfigArn=configs[action]
            )


def _empty_zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): ...\n")
    return held.getvalue()


def _watching(site: _Site) -> None:
    site("accessanalyzer").create_analyzer(analyzerName="account", type="ACCOUNT")
    site("guardduty").create_detector(
        Enable=True, Features=[{"Name": "EBS_MALWARE_PROTECTION", "Status": "ENABLED"}]
    )
