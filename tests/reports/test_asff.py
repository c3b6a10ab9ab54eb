"""Security Hub: batches that the service's own model accepts, by account, within its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from report_samples import hostile, reading
from sarif_samples import MFA, finding, many, many_rules, scan

from scanner.reports.asff import BATCH, FINDING_BYTES, Hub, asff, hub_of, write_asff
from scanner.snapshot.manifest import ScopeInfo, TargetInfo

HUB = Hub(account="123456789012", region="us-gov-west-1", partition="aws-us-gov")


def findings_of(paths: list[Path]) -> list[dict[str, Any]]:
    return [f for path in paths for f in msgspec.json.decode(path.read_bytes())["Findings"]]


def test_the_service_model_of_aws_accepts_every_batch(tmp_path: Path) -> None:
    session = pytest.importorskip("botocore.session", reason="botocore has the service's model")
    from botocore.validate import ParamValidator

    model = session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    paths = write_asff(tmp_path / "asff", reading(hostile()), scan(), HUB)
    for path in paths:
        report = ParamValidator().validate(msgspec.json.decode(path.read_bytes()), shape)
        assert report.generate_report() == ""


def test_a_batch_has_at_most_100_findings_of_one_account(tmp_path: Path) -> None:
    found = [*many(450, 10), finding(scope="aws:aws:999999999999")]
    paths = write_asff(tmp_path, reading(found), scan(rules=many_rules(10)), HUB)
    assert [p.name for p in paths] == [
        *(f"123456789012-{n:04d}.json" for n in range(1, 6)),
        "999999999999-0001.json",
    ]
    for path in paths:
        batch = findings_of([path])
        assert len(batch) <= BATCH
        assert {f["AwsAccountId"] for f in batch} == {path.name[:12]}


def test_batches_of_an_earlier_scan_are_gone(tmp_path: Path) -> None:
    others = {"notes-2026.json", "123456789012-0001.json.bak", "x123456789012-0001.json"}
    for name in others:
        (tmp_path / name).write_text("{}")
    write_asff(tmp_path, reading(list(many(300, 3))), scan(rules=many_rules(3)), HUB)
    (made,) = write_asff(tmp_path, reading([finding()]), scan(), HUB)
    assert {path.name for path in tmp_path.iterdir()} == {made.name, *others}


def test_texts_stay_within_the_limits_of_the_format(tmp_path: Path) -> None:
    for each in findings_of(write_asff(tmp_path, reading(hostile()), scan(), HUB)):
        assert len(msgspec.json.encode(each)) < FINDING_BYTES
        assert 0 < len(each["Title"]) <= 256
        assert 0 < len(each["Description"]) <= 1024
        assert 0 < len(each["Resources"][0]["Id"]) <= 512
        assert len(each["Remediation"]["Recommendation"]["Text"]) <= 512
        assert len(each["Compliance"]["RelatedRequirements"]) <= 32
        assert len(each["ProductFields"]) <= 50


@pytest.mark.parametrize(
    ("verdict", "status", "label"),
    [
        ("fail", "FAILED", "CRITICAL"),
        ("pass", "PASSED", "INFORMATIONAL"),
        ("unknown", "WARNING", "CRITICAL"),
        ("not-applicable", "NOT_AVAILABLE", "INFORMATIONAL"),
    ],
)
def test_status_and_severity_of_each_verdict(verdict: str, status: str, label: str) -> None:
    record = asff(finding(verdict=verdict), MFA, scan(), HUB)
    assert record["Compliance"]["Status"] == status
    assert record["FindingProviderFields"]["Severity"]["Label"] == label


def test_the_id_stays_from_scan_to_scan() -> None:
    one = asff(finding(observed_at="2026-01-01T00:00:00Z"), MFA, scan(), HUB)
    assert one["Id"] == asff(finding(), MFA, scan(), HUB)["Id"]


def test_the_hub_is_the_first_aws_account_of_the_snapshot() -> None:
    scope = ScopeInfo(id="aws:aws-us-gov:123456789012", name="prod", regions=("us-gov-west-1",))
    linux = ScopeInfo(id="linux:9f", name="host", regions=())
    assert hub_of([TargetInfo(id="h", provider="linux", scopes=(linux,))]) is None
    assert (
        hub_of(
            [
                TargetInfo(id="h", provider="linux", scopes=(linux,)),
                TargetInfo(id="prod", provider="aws", scopes=(scope,)),
            ]
        )
        == HUB
    )


def test_a_pass_answers_for_what_it_decides_and_for_nothing_else() -> None:
    """A requirement is MET when all its objectives are satisfied (32 CFR 170.24(b)(1)); what a rule
    only informs, and what is only configured, no pass satisfies."""

    def told(**changes: Any) -> tuple[list[str], str | None, str | None]:
        made = asff(finding(objectives=("3.5.3[c]", "3.5.3[b]"), **changes), MFA, scan(), HUB)
        fields = made["ProductFields"]
        return (
            made["Compliance"].get("RelatedRequirements", []),
            fields.get("cmmc-scan/decides"),
            fields.get("cmmc-scan/informs"),
        )

    decided = told(verdict="pass", decides=("3.5.3[c]",))
    assert decided == (["CMMC 2.0/3.5.3[c]"], "3.5.3[c]", "3.5.3[b]")
    assert told(verdict="pass", decides=()) == ([], None, "3.5.3[c] 3.5.3[b]")
    configured = told(verdict="pass", decides=("3.5.3[c]",), strength="configured")
    assert configured == ([], None, "3.5.3[c] 3.5.3[b]")
    failed, _, _ = told(verdict="fail", decides=("3.5.3[c]",))
    assert failed[:2] == ["CMMC 2.0/IA.L2-3.5.3", "CMMC 2.0/3.5.3[c]"]
    assert "CMMC 2.0/3.5.3[b]" in failed
