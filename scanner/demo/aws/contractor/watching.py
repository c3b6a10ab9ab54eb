"""The services that watch: Access Analyzer, GuardDuty, Inspector, Security Hub, Config."""

from __future__ import annotations

from typing import Any

from scanner.demo.aws import estate
from scanner.demo.aws.contractor.site import Site
from scanner.demo.aws.emulator import ACCOUNT
from scanner.demo.aws.models import partition_of


def build_watching(site: Site, instances: dict[str, str]) -> None:
    analyzer = site("accessanalyzer").create_analyzer(analyzerName="account", type="ACCOUNT")
    site.put("accessanalyzer.findings", "public-datasheets", _open_bucket(site, analyzer["arn"]))
    features = [{"Name": n, "Status": s} for n, s in estate.GUARDDUTY_FEATURES.items()]
    site("guardduty").create_detector(Enable=True, Features=features)
    site("inspector2").enable(resourceTypes=["EC2"])
    managed = {row.name for row in estate.INSTANCES if row.managed}
    for name, instance in instances.items():
        covered = name in managed
        site.put(
            "inspector2.coverage",
            instance,
            {
                "accountId": ACCOUNT,
                "resourceId": instance,
                "resourceType": "AWS_EC2_INSTANCE",
                "scanType": "PACKAGE",
                "scanStatus": {
                    "statusCode": "ACTIVE" if covered else "INACTIVE",
                    "reason": "SUCCESSFUL" if covered else "UNMANAGED_EC2_INSTANCE",
                },
                **({"lastScannedAt": {"hours_ago": 9}} if covered else {}),
            },
        )
    for number, (name, severity, days, fixable) in enumerate(estate.VULNERABILITIES):
        if name in instances:
            finding = _vulnerability(site, number, name, instances[name], severity, days, fixable)
            site.put("inspector2.findings", str(number), finding)
    site("securityhub").enable_security_hub(EnableDefaultStandards=False)
    config = site("config")
    role = site.arn("iam", "role/config", region="")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": role,
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    config.put_delivery_channel(
        DeliveryChannel={"name": "default", "s3BucketName": estate.BUCKETS[0].name}
    )
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    config.put_retention_configuration(RetentionPeriodInDays=estate.CONFIG_KEPT_DAYS)
    site("account").put_alternate_contact(
        AlternateContactType="SECURITY",
        EmailAddress="security@halyard.example",
        Name="Samuel Adeyemi",
        PhoneNumber="+1 555 0100",
        Title="Security lead",
    )


def _open_bucket(site: Site, analyzer: str) -> dict[str, Any]:
    """What Access Analyzer says of the bucket that is open to everybody."""
    bucket = next(bucket.name for bucket in estate.BUCKETS if bucket.open_to)
    return {
        "analyzer": analyzer,
        "id": "public-datasheets",
        "resource": f"arn:{partition_of(site.region)}:s3:::{bucket}",
        "resourceType": "AWS::S3::Bucket",
        "resourceOwnerAccount": ACCOUNT,
        "status": "ACTIVE",
        "findingType": "ExternalAccess",
        "createdAt": {"days_ago": 80},
        "analyzedAt": {"hours_ago": 5},
        "updatedAt": {"days_ago": 80},
    }


def _vulnerability(
    site: Site, number: int, name: str, instance: str, severity: str, days: int, fixable: bool
) -> dict[str, Any]:
    return {
        "findingArn": site.arn("inspector2", f"finding/{number:032x}"),
        "awsAccountId": ACCOUNT,
        "type": "PACKAGE_VULNERABILITY",
        "title": f"CVE-2026-1{number:04d} - openssl",
        "description": "A package has a known vulnerability.",
        "remediation": {"recommendation": {"text": "Update the package."}},
        "severity": severity,
        "firstObservedAt": {"days_ago": days},
        "lastObservedAt": {"hours_ago": 7},
        "updatedAt": {"hours_ago": 7},
        "status": "ACTIVE",
        "fixAvailable": "YES" if fixable else "NO",
        "resources": [
            {
                "type": "AWS_EC2_INSTANCE",
                "id": instance,
                "region": site.region,
                "tags": {"Name": name},
            }
        ],
        "packageVulnerabilityDetails": {
            "vulnerabilityId": f"CVE-2026-1{number:04d}",
            "source": "NVD",
            "vulnerablePackages": [{"name": "openssl", "version": "3.0.7"}],
        },
    }
