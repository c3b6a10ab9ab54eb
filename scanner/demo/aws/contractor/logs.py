"""Log groups, trails and event data stores."""

from __future__ import annotations

from scanner.demo.aws import estate
from scanner.demo.aws.contractor.site import Site, repeated


def build_logs(site: Site, count: int) -> None:
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
