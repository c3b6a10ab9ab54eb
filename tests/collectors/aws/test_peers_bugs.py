"""Mistakes that other scanners make, one test each, so that they stay out.

Each test scans an emulated account and judges with the shipped rules: what counts is the verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import scan

from scanner.cli.steps import all_rules
from scanner.collectors.aws import COLLECTOR
from scanner.collectors.base import Target
from scanner.demo.aws import Emulator
from scanner.rules.model import Rule

REGION, SECOND = "us-gov-west-1", "us-gov-east-1"
ME = "123456789012"
RULES = {rule.id: rule for rule in all_rules([])}

Judge = Callable[..., dict[str, str]]


@pytest.fixture
def judge(empty: Emulator, tmp_path: Path) -> Judge:
    """Verdicts by name of one rule over the account, with the organisation's values."""

    def run(rule_id: str, *, regions: tuple[str, ...] = (REGION,), **values: Any) -> dict[str, str]:
        rule = RULES[rule_id]
        options = {"endpoint": empty.endpoint, "regions": list(regions)}
        found = scan(
            COLLECTOR,
            Target("t1", "aws", options),
            [rule],
            tmp_path / f"snap{len(list(tmp_path.iterdir()))}",
            {rule_id: values} if values else None,
        )
        return {f.subject or f"{f.verdict} as a whole": f.verdict for f in found.values()}

    return run


def _group(client: Any, name: str, days: int | None) -> None:
    client("logs").create_log_group(logGroupName=name)
    if days is not None:
        client("logs").put_retention_policy(logGroupName=name, retentionInDays=days)


def test_retention_equal_to_the_period_is_enough(client: Any, judge: Judge) -> None:
    """One fails `retention <= 90`, so that exactly 90 days fall short of 90."""
    _group(client, "equal", 90)
    _group(client, "short", 60)
    found = judge("log-retention-meets-policy", min_days=90)
    assert {s.rsplit(":", 1)[-1]: v for s, v in found.items()} == {"equal": "pass", "short": "fail"}


def test_records_kept_for_ever_satisfy_any_period(client: Any, judge: Judge) -> None:
    """Two peers disagree; here it is written in the rule: no end is longer than any period."""
    _group(client, "forever", None)
    assert set(judge("log-retention-meets-policy", min_days=36500).values()) == {"pass"}
    assert "for ever" in RULES["log-retention-meets-policy"].why


def test_a_newer_tls_version_than_asked_for_is_no_failure(
    empty: Emulator, client: Any, judge: Judge
) -> None:
    """One fails all that is `!= TLS1_2`, TLS 1.3 included."""
    for name, policy in (
        ("three.example.com", "SecurityPolicy_TLS13_1_3_FIPS_2025_09"),
        ("two.example.com", "TLS_1_2"),
        ("old.example.com", "TLS_1_0"),
    ):
        client("apigateway").create_domain_name(
            domainName=name,
            securityPolicy=policy,
            endpointConfiguration={"types": ["REGIONAL"]},
            certificateName="x",
        )
    found = {s.rsplit("/", 1)[-1]: v for s, v in judge("links-encrypted").items()}
    assert found == {
        "three.example.com": "pass",
        "two.example.com": "pass",
        "old.example.com": "fail",
    }


@pytest.mark.parametrize(("wanted", "verdict"), [(24, "pass"), (12, "pass"), (5, "pass")])
def test_more_remembered_passwords_than_asked_for_are_no_failure(
    client: Any, judge: Judge, wanted: int, verdict: str
) -> None:
    """One wants `== 24`; the most that IAM can be set to is 24, and less may be asked for."""
    client("iam").update_account_password_policy(PasswordReusePrevention=24)
    assert set(judge("password-history", least_history=wanted).values()) == {verdict}


def test_fewer_remembered_passwords_than_asked_for_are_a_failure(client: Any, judge: Judge) -> None:
    client("iam").update_account_password_policy(PasswordReusePrevention=23)
    assert set(judge("password-history", least_history=24).values()) == {"fail"}


def test_recorders_of_one_name_in_two_regions_are_two(client: Any, judge: Judge) -> None:
    """One keys recorders by their name, which is `default` everywhere, and keeps the last."""
    for region in (REGION, SECOND):
        config = client("config", region)
        config.put_configuration_recorder(
            ConfigurationRecorder={
                "name": "default",
                "roleARN": f"arn:aws-us-gov:iam::{ME}:role/config",
                "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
            }
        )
        config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "b"})
    client("config", REGION).start_configuration_recorder(ConfigurationRecorderName="default")
    found = judge("configuration-changes-recorded", regions=(REGION, SECOND))
    assert {s: v for s, v in found.items() if "/" in s} == {
        f"{ME}/{REGION}/config-recorder": "pass",
        f"{ME}/{SECOND}/config-recorder": "fail",
    }


def test_a_bucket_is_judged_once_however_many_regions_are_scanned(
    empty: Emulator, client: Any, judge: Judge
) -> None:
    """One lists all buckets in each region and reports each as often."""
    client("s3").create_bucket(
        Bucket="only-one", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    empty.calls.clear()
    found = judge("stores-refuse-plain-text", regions=(REGION, SECOND))
    assert [s for s in found if "only-one" in s] == ["arn:aws-us-gov:s3:::only-one"]
    assert empty.calls.by_operation()["s3:ListBuckets"] == 1


def test_an_account_s_password_policy_is_judged_once_and_always(
    empty: Emulator, client: Any, judge: Judge
) -> None:
    """One runs rules on the account in a single region only, and only if that one is scanned."""
    client("iam").update_account_password_policy(PasswordReusePrevention=24)
    for regions in ((REGION,), (SECOND,), (REGION, SECOND)):
        empty.calls.clear()
        found = judge("password-history", regions=regions, least_history=24)
        assert list(found.values()) == ["pass"]
        assert empty.calls.by_operation()["iam:GetAccountPasswordPolicy"] == 1


def test_settings_of_a_region_are_judged_in_every_region(client: Any, judge: Judge) -> None:
    """The same peer takes a setting of each region for one of the account."""
    client("ec2", REGION).enable_ebs_encryption_by_default()
    found = judge("new-disks-encrypted", regions=(REGION, SECOND))
    assert found == {f"{ME}/{REGION}/ebs-default": "pass", f"{ME}/{SECOND}/ebs-default": "fail"}


def test_a_delivery_error_of_a_trail_that_logs_is_no_pass(
    empty: Emulator, client: Any, judge: Judge
) -> None:
    """Peers look whether a trail logs and not whether anything arrives."""
    client("s3").create_bucket(
        Bucket="trail", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client("cloudtrail").create_trail(Name="audit", S3BucketName="trail", IsMultiRegionTrail=True)
    client("cloudtrail").start_logging(Name="audit")
    assert set(judge("trail-delivers-without-error").values()) == {"pass"}
    empty.put("cloudtrail.delivery_errors", "audit", "AccessDenied")
    assert set(judge("trail-delivers-without-error").values()) == {"fail"}
    assert set(judge("trail-records-privileged-functions").values()) == {"fail"}


def test_a_refused_listing_is_no_clean_bill(empty: Emulator, client: Any, judge: Judge) -> None:
    """The wound of all of them: a refused read becomes an empty list, and that a pass."""
    client("s3").create_bucket(
        Bucket="box", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    with empty.faults.injected(on="s3:ListBuckets", effect="denied"):
        found = judge("stores-refuse-plain-text")
    assert set(found.values()) == {"unknown"}


def test_encryption_at_rest_says_nothing_of_fips() -> None:
    """One maps 3.13.11 to checks that disks are encrypted at all."""
    fips: list[Rule] = [r for r in RULES.values() if r.practice == "SC.L2-3.13.11"]
    assert fips
    assert {r.fact for r in fips} <= {
        "crypto.endpoint",
        "crypto.fips_setting",
        "crypto.key",
        "crypto.module",
    }
