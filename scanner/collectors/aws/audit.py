"""Trails, and where records are kept: log groups, event data stores and the trails' buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.s3 import NO_LIFECYCLE, NO_LOCK, bucket_arn, expiry_days, lock_of
from scanner.collectors.base import source
from scanner.facts.audit import Store, Trail
from scanner.facts.services import Detection

_NOISE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
"""Sources of many events that AWS itself offers to leave out of management events."""
_KEPT = ["system", "bucket", "time_bound", "persistent", "searchable"]
_TRAILS = {"cloudtrail:DescribeTrails": "cloudtrail:DescribeTrails"}


def trail_list(aws: Aws, region: str) -> list[dict[str, Any]]:
    """Trails as one region shows them, those of others that record it included. Raises Refused."""

    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = aws.call("cloudtrail:DescribeTrails", at=region)["trailList"]
        return found

    return aws.shared(("trails", region), read)


def _trails(aws: Aws) -> Iterator[dict[str, Any]]:
    """Each trail once: at its home region, or at the scope's first one if home is not scanned."""
    for trail in trail_list(aws, aws.region):
        home = trail["HomeRegion"]
        if home == aws.region or (home not in aws.regions and aws.region == aws.regions[0]):
            yield trail


@source(
    Trail,
    fields=["system", "all_regions", "validated", "encrypted", "destination", "central"],
    calls=_TRAILS,
    always={"system": "cloudtrail"},
    per="region",
)
def trails(aws: Aws) -> Iterator[Trail]:
    """CloudTrail trails, organisation trails as the member account sees them included."""
    for trail in _trails(aws):
        yield Trail(
            **{**aws.here("cloudtrail:DescribeTrails"), "region": trail["HomeRegion"]},
            subject=trail["TrailARN"],
            name=trail["Name"],
            system="cloudtrail",
            all_regions=trail["IsMultiRegionTrail"],
            validated=trail["LogFileValidationEnabled"],
            encrypted=trail.get("KmsKeyId") is not None,
            destination=bucket_arn(aws, trail["S3BucketName"]),
            central=_owner(trail["TrailARN"]) != aws.account or trail["IsOrganizationTrail"],
        )


def _owner(arn: str) -> str:
    return arn.split(":")[4]


@trails.detail(fields=["enabled", "delivering", "last_error"], calls=["cloudtrail:GetTrailStatus"])
def trail_status(aws: Aws, trail: Trail) -> dict[str, object]:
    status = aws.call("cloudtrail:GetTrailStatus", at=trail.region, Name=trail.subject)
    logging = status["IsLogging"]
    error = status.get("LatestDeliveryError") or None
    return {
        "enabled": logging,
        # A trail that has never delivered anything has not shown that it can.
        "delivering": logging and error is None and "LatestDeliveryTime" in status,
        "last_error": error,
    }


@trails.detail(
    fields=["admin_writes", "identity_events", "data_events"],
    calls=["cloudtrail:GetEventSelectors"],
)
def trail_selectors(aws: Aws, trail: Trail) -> dict[str, object]:
    answer = aws.call("cloudtrail:GetEventSelectors", at=trail.region, TrailName=trail.subject)
    basic = answer.get("EventSelectors") or []
    advanced = answer.get("AdvancedEventSelectors") or []
    managed = [s for s in basic if s.get("IncludeManagementEvents", True)]
    writes = any(s.get("ReadWriteType", "All") in ("All", "WriteOnly") for s in managed)
    data = any(s.get("DataResources") for s in basic)
    for selector in advanced:
        fields = {f["Field"]: f for f in selector["FieldSelectors"]}
        category = fields.get("eventCategory", {}).get("Equals", ())
        if "Management" in category:
            writes = writes or (
                _only(fields, "readOnly") in (None, "false")
                and not _narrowed(fields, ("eventCategory", "readOnly"))
            )
        data = data or "Data" in category
    return {"admin_writes": writes, "identity_events": writes, "data_events": data}


def _only(fields: Mapping[str, Any], name: str) -> str | None:
    equals: list[str] = fields.get(name, {}).get("Equals") or []
    return equals[0] if len(equals) == 1 else None


def _narrowed(fields: Mapping[str, Any], harmless: tuple[str, ...]) -> bool:
    """Whether a selector leaves events out by anything but the usual noise."""
    for name, field in fields.items():
        if name in harmless:
            continue
        left_out = set(field.get("NotEquals") or ())
        noise = bool(left_out) and left_out <= _NOISE and not set(field) - {"Field", "NotEquals"}
        if name == "eventSource" and noise:
            continue
        return True
    return False


@source(
    Detection,
    fields=["service", "enabled", "features"],
    calls={**_TRAILS, "cloudtrail:GetInsightSelectors": "cloudtrail:GetInsightSelectors"},
    always={"service": "cloudtrail-insights"},
    per="region",
)
def trail_insights(aws: Aws) -> Iterator[Detection]:
    """Whether each trail looks for unusual numbers of calls or errors."""
    operation = "cloudtrail:GetInsightSelectors"
    for trail in _trails(aws):
        answer = aws.maybe(
            operation,
            "InsightNotEnabledException",
            at=trail["HomeRegion"],
            TrailName=trail["TrailARN"],
        )
        kinds = sorted(s["InsightType"] for s in (answer or {}).get("InsightSelectors") or ())
        yield Detection(
            **{**aws.here(operation), "region": trail["HomeRegion"]},
            subject=f"{trail['TrailARN']}/insights",
            name=f"insights of trail {trail['Name']}",
            service="cloudtrail-insights",
            enabled=bool(kinds),
            features=tuple(kinds),
        )


@source(
    Store,
    fields=[*_KEPT, "organization"],
    calls=_TRAILS,
    always={"system": "bucket"},
    per="region",
)
def trail_buckets(aws: Aws) -> Iterator[Store]:
    """The bucket and prefix that each trail writes to; retention is what its lifecycle leaves."""
    for trail in _trails(aws):
        bucket = bucket_arn(aws, trail["S3BucketName"])
        prefix = trail.get("S3KeyPrefix") or ""
        where = aws.here("cloudtrail:DescribeTrails")
        yield Store(
            **{**where, "region": trail["HomeRegion"]},
            subject=f"{bucket}/{prefix}{'/' if prefix else ''}AWSLogs/",
            name=f"{trail['S3BucketName']}/{prefix}".rstrip("/"),
            system="bucket",
            bucket=bucket,
            organization=trail["IsOrganizationTrail"],
            time_bound=True,
            persistent=True,
            searchable=False,
        )


def _place(store: Store) -> tuple[str, str]:
    """Bucket name and key prefix of a trail's store."""
    assert isinstance(store.bucket, str)
    return store.bucket.split(":::")[1], store.subject[len(store.bucket) + 1 :]


@trail_buckets.detail(
    fields=["retention_days"],
    calls={"s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration"},
)
def trail_bucket_retention(aws: Aws, store: Store) -> dict[str, object]:
    name, prefix = _place(store)
    answer = aws.maybe("s3:GetBucketLifecycleConfiguration", NO_LIFECYCLE, Bucket=name)
    rules = answer["Rules"] if answer is not None else []
    return {"retention_days": expiry_days(rules, store.observed_at, prefix)}


@trail_buckets.detail(
    fields=["immutable", "delete_protected"],
    calls={
        "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketVersioning": "s3:GetBucketVersioning",
    },
)
def trail_bucket_lock(aws: Aws, store: Store) -> dict[str, object]:
    name, _ = _place(store)
    answer = aws.maybe("s3:GetObjectLockConfiguration", NO_LOCK, Bucket=name)
    days, mode = lock_of(answer)
    if days is not None:
        # A governance lock can be lifted by whoever holds the permission to.
        return {"immutable": mode == "COMPLIANCE", "delete_protected": True}
    versioning = aws.call("s3:GetBucketVersioning", Bucket=name)
    kept = versioning.get("Status") == "Enabled" and versioning.get("MFADelete") == "Enabled"
    return {"immutable": False, "delete_protected": kept}


@source(
    Store,
    fields=[
        *_KEPT,
        "retention_days",
        "immutable",
        "encrypted",
        "delete_protected",
        "central",
    ],
    calls=["logs:DescribeLogGroups"],
    always={"system": "log-group"},
    per="region",
)
def log_groups(aws: Aws) -> Iterator[Store]:
    """CloudWatch log groups; without a retention setting a group keeps its events for ever."""
    where = aws.here("logs:DescribeLogGroups")
    for page in aws.pages("logs:DescribeLogGroups", limit=50):
        for group in page["logGroups"]:
            # `arn` ends in ":*", the newer `logGroupArn` does not.
            subject = group.get("logGroupArn") or group["arn"].removesuffix(":*")
            yield Store(
                **where,
                subject=subject,
                name=group["logGroupName"],
                system="log-group",
                bucket=None,
                retention_days=group.get("retentionInDays"),
                # A shorter retention deletes what is older, protected or not.
                immutable=False,
                time_bound=True,
                persistent=True,
                searchable=True,
                encrypted=group.get("kmsKeyId") is not None,
                # Present only on groups for which protection was ever set.
                delete_protected=group.get("deletionProtectionEnabled", False),
                central=True,
            )


def event_data_store_list(aws: Aws, region: str) -> list[dict[str, Any]]:
    """Event data stores of a region: `EventDataStoreArn` and `Name`. Raises Refused."""

    def read() -> list[dict[str, Any]]:
        pages = aws.pages("cloudtrail:ListEventDataStores", at=region)
        return [store for page in pages for store in page["EventDataStores"]]

    return aws.shared(("event-data-stores", region), read)


@source(
    Store,
    fields=[*_KEPT, "immutable", "central"],
    calls=["cloudtrail:ListEventDataStores"],
    always={"system": "event-data-store"},
    per="region",
)
def event_data_stores(aws: Aws) -> Iterator[Store]:
    """CloudTrail Lake event data stores."""
    for each in event_data_store_list(aws, aws.region):
        yield Store(
            **aws.here("cloudtrail:ListEventDataStores"),
            subject=each["EventDataStoreArn"],
            name=each["Name"],
            system="event-data-store",
            bucket=None,
            time_bound=True,
            persistent=True,
            searchable=True,
            # Lake has no call that changes or deletes a single event.
            immutable=True,
            central=True,
        )


@event_data_stores.detail(
    fields=["retention_days", "delete_protected", "encrypted"],
    calls=["cloudtrail:GetEventDataStore"],
)
def event_data_store(aws: Aws, store: Store) -> dict[str, object]:
    found = aws.call("cloudtrail:GetEventDataStore", EventDataStore=store.subject)
    return {
        "retention_days": found["RetentionPeriod"],
        "delete_protected": found["TerminationProtectionEnabled"],
        "encrypted": found.get("KmsKeyId") is not None,
    }
