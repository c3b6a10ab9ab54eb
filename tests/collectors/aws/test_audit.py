"""Trails and where records are kept."""

from __future__ import annotations

from typing import Any

from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"


def _bucket(client: Any, name: str) -> None:
    client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )


def _trail(client: Any, name: str = "main", *, start: bool = True, **more: Any) -> str:
    _bucket(client, f"{name}-records")
    trail = client("cloudtrail").create_trail(
        Name=name, S3BucketName=f"{name}-records", IsMultiRegionTrail=True, **more
    )
    if start:
        client("cloudtrail").start_logging(Name=name)
    return str(trail["TrailARN"])


def test_a_trail_that_logs_and_delivers(empty: Emulator, client: Any, read: Any) -> None:
    arn = _trail(client, EnableLogFileValidation=True)
    trail = read("trails")[arn]

    assert (trail.enabled, trail.delivering, trail.last_error) == (True, True, None)
    assert (trail.all_regions, trail.validated, trail.encrypted) == (True, True, False)
    assert (trail.admin_writes, trail.data_events) == (True, False)
    assert trail.destination == "arn:aws-us-gov:s3:::main-records"


def test_a_stopped_trail(empty: Emulator, client: Any, read: Any) -> None:
    arn = _trail(client, start=False)
    trail = read("trails")[arn]

    assert (trail.enabled, trail.delivering) == (False, False)


def test_a_trail_whose_status_is_refused_is_neither_on_nor_off(
    empty: Emulator, client: Any, read: Any
) -> None:
    arn = _trail(client)
    with empty.faults.injected(on="cloudtrail:GetTrailStatus", effect="denied"):
        trail = read("trails")[arn]

    assert trail.enabled is UNSET
    assert trail.unread["delivering"] == "denied"
    assert trail.all_regions is True


def test_read_only_selectors_record_no_administrative_change(
    empty: Emulator, client: Any, read: Any
) -> None:
    arn = _trail(client)
    client("cloudtrail").put_event_selectors(
        TrailName="main",
        EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}],
    )
    assert read("trails", "admin_writes")[arn].admin_writes is False


def test_a_trail_is_seen_once_however_many_regions_are_scanned(
    empty: Emulator, client: Any, read: Any
) -> None:
    arn = _trail(client)
    found = read("trails", regions=[REGION, "us-gov-east-1"])

    assert list(found) == [arn]
    assert empty.calls.count("cloudtrail:GetTrailStatus") == 1


def test_a_trail_bucket_keeps_what_its_lifecycle_leaves(
    empty: Emulator, client: Any, read: Any
) -> None:
    _trail(client, S3KeyPrefix="audit")
    rules = [
        {
            "ID": "scratch",
            "Status": "Enabled",
            "Filter": {"Prefix": "tmp/"},
            "Expiration": {"Days": 3},
        },
        {
            "ID": "records",
            "Status": "Enabled",
            "Filter": {"Prefix": "audit/"},
            "Expiration": {"Days": 400},
        },
        {
            "ID": "off",
            "Status": "Disabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": 1},
        },
    ]
    (store,) = read("trail-buckets").values()
    assert store.retention_days is None

    client("s3").put_bucket_lifecycle_configuration(
        Bucket="main-records", LifecycleConfiguration={"Rules": rules}
    )
    (store,) = read("trail-buckets").values()
    assert store.retention_days == 400
    assert store.bucket == "arn:aws-us-gov:s3:::main-records"


def test_log_groups_tell_days_or_without_end(empty: Emulator, client: Any, read: Any) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/kept")
    logs.create_log_group(logGroupName="/short")
    logs.put_retention_policy(logGroupName="/short", retentionInDays=30)
    found = {store.name: store for store in read("log-groups").values()}

    assert found["/kept"].retention_days is None
    assert found["/short"].retention_days == 30
    assert found["/short"].encrypted is False
    assert not found["/short"].subject.endswith("*")


def test_log_groups_are_read_to_the_last_page(empty: Emulator, client: Any, read: Any) -> None:
    for number in range(120):
        client("logs").create_log_group(logGroupName=f"/group/{number:03}")
    assert len(read("log-groups")) == 120
    assert empty.calls.count("logs:DescribeLogGroups") == 3


def test_event_data_stores(empty: Emulator, client: Any, read: Any) -> None:
    client("cloudtrail").create_event_data_store(
        Name="lake", RetentionPeriod=2557, TerminationProtectionEnabled=True
    )
    (store,) = read("event-data-stores").values()

    assert (store.retention_days, store.delete_protected) == (2557, True)
