"""The seeded estate, read by boto3: answers fit AWS's models and say what the tables say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from scanner.demo.aws import Emulator, estate, models, shapes
from scanner.demo.aws.contractor import Contractor, repeated, seed

ACCOUNT = "123456789012"

# Every read that the collector makes of an account as small as this one, with its parameters;
# {x} stands for an id that the test looks up.
READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("accessanalyzer", "ListAnalyzers", {}),
    ("accessanalyzer", "ListFindingsV2", {"analyzerArn": "{analyzer}"}),
    ("account", "ListRegions", {}),
    ("apigateway", "GetDomainNames", {}),
    ("apigateway", "GetRestApis", {}),
    ("account", "GetAlternateContact", {"AlternateContactType": "SECURITY"}),
    ("cloudtrail", "DescribeTrails", {}),
    ("cloudtrail", "GetEventDataStore", {"EventDataStore": "{store}"}),
    ("cloudtrail", "GetEventSelectors", {"TrailName": "audit"}),
    ("cloudtrail", "GetTrailStatus", {"Name": "audit"}),
    ("cloudtrail", "ListEventDataStores", {}),
    ("cloudtrail", "ListTrails", {}),
    ("config", "DescribeConfigurationRecorderStatus", {}),
    ("config", "DescribeConfigurationRecorders", {}),
    ("config", "DescribeRetentionConfigurations", {}),
    ("ec2", "DescribeImages", {"Owners": ["self"]}),
    ("ec2", "DescribeInstances", {}),
    ("ec2", "DescribeRegions", {}),
    ("ec2", "DescribeSecurityGroups", {}),
    ("ec2", "DescribeVolumes", {}),
    ("ec2", "DescribeVpcBlockPublicAccessOptions", {}),
    ("ec2", "GetAllowedImagesSettings", {}),
    ("ec2", "GetEbsEncryptionByDefault", {}),
    ("ec2", "GetImageBlockPublicAccessState", {}),
    ("ec2", "GetInstanceMetadataDefaults", {}),
    ("ec2", "GetSerialConsoleAccessStatus", {}),
    ("ec2", "GetSnapshotBlockPublicAccessState", {}),
    ("ecs", "ListAccountSettings", {"effectiveSettings": True, "name": "fargateFIPSMode"}),
    ("ecs", "ListClusters", {}),
    ("eks", "DescribeCluster", {"name": "mission"}),
    ("eks", "DescribeNodegroup", {"clusterName": "mission", "nodegroupName": "build"}),
    ("eks", "ListClusters", {}),
    ("eks", "ListNodegroups", {"clusterName": "mission"}),
    ("elbv2", "DescribeListeners", {"LoadBalancerArn": "{balancer}"}),
    ("elbv2", "DescribeLoadBalancers", {}),
    ("elbv2", "DescribeSSLPolicies", {}),
    ("guardduty", "GetDetector", {"DetectorId": "{detector}"}),
    ("guardduty", "ListDetectors", {}),
    ("guardduty", "ListFindings", {"DetectorId": "{detector}"}),
    ("iam", "GetAccountAuthorizationDetails", {}),
    ("iam", "GetAccountPasswordPolicy", {}),
    ("iam", "GetAccountSummary", {}),
    ("iam", "GetCredentialReport", {}),
    ("iam", "ListAccountAliases", {}),
    ("iam", "ListMFADevices", {"UserName": "amara.okafor"}),
    ("iam", "ListUsers", {}),
    ("iam", "ListVirtualMFADevices", {}),
    ("inspector2", "BatchGetAccountStatus", {}),
    ("inspector2", "ListCoverage", {}),
    ("inspector2", "ListFindings", {}),
    ("kms", "ListKeys", {}),
    ("lambda", "GetCodeSigningConfig", {"CodeSigningConfigArn": "{signing}"}),
    ("lambda", "GetFunctionCodeSigningConfig", {"FunctionName": "drawing-convert"}),
    ("lambda", "ListCodeSigningConfigs", {}),
    ("lambda", "ListFunctions", {}),
    ("lambda", "ListFunctionsByCodeSigningConfig", {"CodeSigningConfigArn": "{signing}"}),
    ("logs", "DescribeLogGroups", {}),
    ("opensearch", "DescribeDomain", {"DomainName": "drawings"}),
    ("opensearch", "DescribeDomains", {"DomainNames": ["drawings", "app-logs"]}),
    ("opensearch", "ListDomainNames", {}),
    ("rds", "DescribeDBInstances", {}),
    ("s3", "GetBucketEncryption", {"Bucket": "halyard-telemetry"}),
    ("s3", "GetBucketLifecycleConfiguration", {"Bucket": "halyard-audit-logs"}),
    ("s3", "GetBucketLocation", {"Bucket": "halyard-audit-logs"}),
    ("s3", "GetBucketPolicyStatus", {"Bucket": "halyard-public-datasheets"}),
    ("s3", "GetBucketVersioning", {"Bucket": "halyard-audit-logs"}),
    ("s3", "GetPublicAccessBlock", {"Bucket": "halyard-audit-logs"}),
    ("s3", "ListBuckets", {}),
    ("securityhub", "DescribeHub", {}),
    ("securityhub", "GetEnabledStandards", {}),
    ("ssm", "DescribeInstanceInformation", {}),
    ("ssm", "DescribeInstancePatchStates", {"InstanceIds": ["{instance}"]}),
    ("ssm", "GetInventory", {"ResultAttributes": [{"TypeName": "AWS:Application"}]}),
    ("ssm", "ListComplianceItems", {}),
    ("ssm", "ListInventoryEntries", {"InstanceId": "{instance}", "TypeName": "AWS:Application"}),
    ("ssm", "ListResourceComplianceSummaries", {}),
    ("sts", "GetCallerIdentity", {}),
)


@pytest.fixture(scope="module")
def contractor(emulator: Emulator, client: Any) -> Iterator[Contractor]:
    emulator.reset()
    built = seed(emulator.endpoint)
    client("iam").generate_credential_report()
    yield built
    assert emulator.unserved == set()
    assert emulator.defects == []


@pytest.fixture(scope="module")
def ids(contractor: Contractor, client: Any) -> dict[str, str]:
    balancers = client("elbv2").describe_load_balancers()["LoadBalancers"]
    information = client("ssm").describe_instance_information()["InstanceInformationList"]
    stores = client("cloudtrail").list_event_data_stores()["EventDataStores"]
    configs = client("lambda").list_code_signing_configs()["CodeSigningConfigs"]
    return {
        "{analyzer}": client("accessanalyzer").list_analyzers()["analyzers"][0]["arn"],
        "{balancer}": balancers[0]["LoadBalancerArn"],
        "{detector}": client("guardduty").list_detectors()["DetectorIds"][0],
        "{instance}": information[0]["InstanceId"],
        "{signing}": configs[0]["CodeSigningConfigArn"],
        "{store}": stores[0]["EventDataStoreArn"],
    }


@pytest.mark.parametrize(("service", "operation", "params"), READS)
def test_every_answer_fits_the_model(
    client: Any, ids: dict[str, str], service: str, operation: str, params: dict[str, Any]
) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(v) for v in value]
        return ids.get(value, value) if isinstance(value, str) else value

    api = client(service)
    method = next(m for m, o in api.meta.method_to_api_mapping.items() if o == operation)
    output = getattr(api, method)(**{n: filled(v) for n, v in params.items()})
    output.pop("ResponseMetadata")
    wrong = shapes.problems(models.operation_model(service, operation).output_shape, output)
    # boto3 turns IAM's policy documents into dicts after parsing; Inspector sends null in these.
    known = ("(policyDocumentType)", "'errorCode' missing", "'errorMessage' missing")
    assert [problem for problem in wrong if not any(k in problem for k in known)] == []


def test_the_credential_report_has_root_and_ages(contractor: Contractor, client: Any) -> None:
    content = client("iam").get_credential_report()["Content"].decode()
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(content))}
    assert len(rows) == len(estate.USERS) + 1
    root = rows["<root_account>"]
    assert root["arn"] == f"arn:aws-us-gov:iam::{ACCOUNT}:root"
    assert (root["mfa_active"], root["password_enabled"]) == ("true", "not_supported")
    for user in estate.USERS:
        row = rows[user.name]
        assert row["mfa_active"] == str(user.mfa).lower()
        assert row["password_enabled"] == str(user.console).lower()
        assert row["access_key_1_active"] == str(user.key_age is not None).lower()
    assert rows["quentin.moreau"]["password_last_used"] == "no_information"
    assert rows["svc-erp-export"]["password_last_used"] == "N/A"
    assert client("iam").get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1


def test_transport_policies_are_those_that_were_set(contractor: Contractor, client: Any) -> None:
    elbv2 = client("elbv2")
    found = {
        (balancer["LoadBalancerName"], balancer["Type"], listener["Port"]): listener.get(
            "SslPolicy"
        )
        for balancer in elbv2.describe_load_balancers()["LoadBalancers"]
        for listener in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
            "Listeners"
        ]
    }
    assert found == {(row.balancer, row.kind, row.port): row.policy for row in estate.LISTENERS}
    known = {p["Name"]: p for p in elbv2.describe_ssl_policies()["SslPolicies"]}
    assert {row.policy for row in estate.LISTENERS if row.policy} <= known.keys()
    fips = known["ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04"]
    assert fips["SslProtocols"] == ["TLSv1.3", "TLSv1.2", "TLSv1.1"]
    domains = client("apigateway").get_domain_names()["items"]
    assert {d["domainName"]: d["securityPolicy"] for d in domains} == estate.API_DOMAINS
    for name, (policy, https, _) in estate.SEARCH_DOMAINS.items():
        options = client("opensearch").describe_domain(DomainName=name)["DomainStatus"]
        endpoint = options["DomainEndpointOptions"]
        assert (endpoint["TLSSecurityPolicy"], endpoint["EnforceHTTPS"]) == (policy, https)
    for name, ami_type in estate.NODE_GROUPS.items():
        group = client("eks").describe_nodegroup(clusterName="mission", nodegroupName=name)
        assert group["nodegroup"]["amiType"] == ami_type
    settings = client("ecs").list_account_settings(effectiveSettings=True)["settings"]
    assert {s["name"]: s["value"] for s in settings}["fargateFIPSMode"] == estate.FARGATE_FIPS


def test_logging_is_what_the_tables_say(contractor: Contractor, client: Any) -> None:
    groups = client("logs").describe_log_groups()["logGroups"]
    assert {g["logGroupName"]: g.get("retentionInDays") for g in groups} == estate.LOG_GROUPS
    trail = client("cloudtrail")
    logging = {t.name: trail.get_trail_status(Name=t.name)["IsLogging"] for t in estate.TRAILS}
    assert logging == {"audit": True, "old-trail": False}
    stores = [
        trail.get_event_data_store(EventDataStore=s["EventDataStoreArn"])
        for s in trail.list_event_data_stores()["EventDataStores"]
    ]
    assert {
        s["Name"]: (s["RetentionPeriod"], s["TerminationProtectionEnabled"]) for s in stores
    } == estate.EVENT_DATA_STORES


def test_buckets_are_private_and_encrypted_but_where_the_table_says(
    contractor: Contractor, client: Any
) -> None:
    s3 = client("s3")
    for bucket in estate.BUCKETS:
        rules = s3.get_bucket_encryption(Bucket=bucket.name)["ServerSideEncryptionConfiguration"]
        default = rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
        assert default == ("aws:kms" if bucket.kms else "AES256")
        if bucket.expires is not None:
            lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
            assert lifecycle[0]["Expiration"]["Days"] == bucket.expires
        if bucket.open_to:
            with pytest.raises(s3.exceptions.ClientError, match="NoSuchPublicAccessBlock"):
                s3.get_public_access_block(Bucket=bucket.name)
            status = s3.get_bucket_policy_status(Bucket=bucket.name)["PolicyStatus"]
            assert status == {"IsPublic": True}
        elif bucket.tls_only:
            status = s3.get_bucket_policy_status(Bucket=bucket.name)["PolicyStatus"]
            assert status == {"IsPublic": False}
        else:
            with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
                s3.get_bucket_policy_status(Bucket=bucket.name)


def test_software_and_signing_are_what_the_tables_say(contractor: Contractor, client: Any) -> None:
    ssm = client("ssm")
    pages = ssm.get_paginator("describe_instance_information").paginate()
    managed = [i for page in pages for i in page["InstanceInformationList"]]
    assert len(managed) == sum(row.managed for row in estate.INSTANCES)
    assert sum(i["PingStatus"] != "Online" for i in managed) == 1
    installed = {
        entry["Name"]
        for instance in managed
        for entry in ssm.list_inventory_entries(
            InstanceId=instance["InstanceId"], TypeName="AWS:Application"
        )["Entries"]
    }
    extra = {name for row in estate.INSTANCES for name, _ in row.extra}
    assert installed - set(estate.ALLOWED_SOFTWARE) == extra
    entities = ssm.get_inventory(ResultAttributes=[{"TypeName": "AWS:Application"}])["Entities"]
    assert {e["Id"] for e in entities} == {i["InstanceId"] for i in managed}

    functions = client("lambda")
    found: dict[str, str | None] = {}
    for name in estate.FUNCTIONS:
        arn = functions.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"]
        config = functions.get_code_signing_config(CodeSigningConfigArn=arn) if arn else None
        found[name] = (
            config["CodeSigningConfig"]["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]
            if config
            else None
        )
    assert found == estate.FUNCTIONS
    assert client("ec2").get_allowed_images_settings()["State"] == estate.ALLOWED_IMAGES


def test_an_arn_is_of_the_partition(contractor: Contractor, client: Any) -> None:
    assert client("securityhub").describe_hub()["HubArn"].startswith("arn:aws-us-gov:")
    regions = client("ec2").describe_regions()["Regions"]
    assert [r["RegionName"] for r in regions] == ["us-gov-east-1", "us-gov-west-1"]


def test_a_region_can_be_left_out(emulator: Emulator, contractor: Contractor, client: Any) -> None:
    emulator.put("account.regions", "eu-south-1", "DISABLED", region="global")
    account, ec2 = client("account", "us-east-1"), client("ec2", "us-east-1")
    off = account.list_regions(RegionOptStatusContains=["DISABLED"])["Regions"]
    assert [r["RegionName"] for r in off] == ["eu-south-1"]
    listed = {r["RegionName"] for r in ec2.describe_regions()["Regions"]}
    assert "us-east-1" in listed
    assert "eu-south-1" not in listed
    every = {r["RegionName"] for r in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert every - listed == {"eu-south-1"}


def test_a_table_is_repeated_under_numbers() -> None:
    rows = [f"{row}{suffix}" for row, suffix in repeated(("a", "b"), 5)]
    assert rows == ["a", "b", "a-0001", "b-0001", "a-0002"]
