"""Redaction: nothing personal is left, everything else is, and labels hold."""

from __future__ import annotations

import msgspec
import pytest

from scanner.assess.result import Because
from scanner.facts import fields_of
from scanner.facts.ledger import Gap
from scanner.findings import Finding, Missing
from scanner.reports.redact import (
    LEFT_OUT,
    _Texts,
    redacted,
    redacted_gap,
    redactor,
)
from scanner.reports.sarif_inputs import PlainRule
from scanner.resources import rules_dir
from scanner.rules.load import load_rules

PEOPLES = ("identity.account", "identity.credential", "identity.role_grant")

INACTIVE = PlainRule(
    id="account-inactive",
    title="Accounts that nobody uses are disabled",
    practice="IA.L2-3.5.6",
    fact="identity.account",
    message="{name} was last used {last_used_days} days ago and is {category} (most: {max_days})",
)
STORE = PlainRule(
    id="log-retention",
    title="Logs are kept",
    practice="AU.L2-3.3.1",
    fact="log.store",
    message="{name} keeps its records {retention_days} days",
)
ALERT = PlainRule(
    id="alert-reaches", title="T", practice="AU.L2-3.3.4", fact="log.alert",
    message="{name} tells {recipients}",
)  # fmt: skip


def finding(rule: PlainRule = INACTIVE, **given: object) -> Finding:
    base = {
        "rule": rule.id,
        "practice": rule.practice,
        "objectives": ("3.5.6[b]",),
        "iso": (),
        "verdict": "fail",
        "strength": "observed",
        "severity": "medium",
        "subject": "arn:aws:iam::123456789012:user/elif.kaya",
        "name": "elif.kaya",
        "target": "prod",
        "scope": "aws:123456789012",
        "provider": "aws",
        "region": None,
        "message": "elif.kaya was last used 412 days ago and is human (most: 90)",
        "fingerprint": "6210a59442f79c92",
        "observed_at": "2026-11-24T08:29:42Z",
        "evidence": {"last_used_days": 412, "category": "human", "max_days": 90},
    }
    return msgspec.convert(base | given, Finding)


def text_of(item: object) -> str:
    return msgspec.json.encode(item).decode()


def test_name_subject_and_last_sign_in_of_an_account_are_left_out_and_the_rest_stays() -> None:
    got = redactor([INACTIVE])(finding())
    assert "elif" not in text_of(got)
    assert "412" not in text_of(got)
    assert got.evidence == {"category": "human", "max_days": 90}
    assert got.message == f"{got.name} was last used {LEFT_OUT} days ago and is human (most: 90)"
    assert got.fingerprint == "6210a59442f79c92"


def test_one_subject_has_one_label_under_every_rule_and_another_subject_another() -> None:
    one = redacted(finding(), INACTIVE)
    same = redacted(finding(evidence={}, fingerprint="f" * 16), INACTIVE)
    other = redacted(finding(subject="arn:aws:iam::123456789012:user/x"), INACTIVE)
    assert one.name == one.subject == same.name != other.name
    assert one.name.startswith("account ")


@pytest.mark.parametrize("with_its_rule", [True, False])
def test_of_no_shipped_rule_about_people_a_name_is_left(with_its_rule: bool) -> None:
    secret = "Zebulon"
    shipped = list(load_rules([rules_dir()]))
    about_people = [r for r in shipped if r.fact in ("device", *PEOPLES)]
    assert len(about_people) > 20
    for rule in about_people:
        personal = [n for n, field in fields_of(rule.fact).items() if field.personal]
        said = finding(
            rule,
            name=secret,
            subject=f"arn:{secret}",
            message=rule.message.replace("{name}", secret) + secret,
            evidence=dict.fromkeys((*personal, "account_name", "principal", "tags"), secret),
            gap=Missing(permission="iam:GetUser", detail=f"{secret} may not"),
        )
        for verdict, reason in (("fail", None), ("pass", None), ("unknown", "denied")):
            each = msgspec.structs.replace(said, verdict=verdict, reason=reason)
            got = redacted(each, rule if with_its_rule else None)
            assert secret not in text_of(got), rule.id


def test_a_log_group_keeps_its_name() -> None:
    store = finding(
        STORE,
        subject="arn:aws:logs:::group",
        name="/app/audit",
        message="/app/audit keeps its records 30 days",
        evidence={"retention_days": 30},
    )
    assert redacted(store, STORE) == store


def test_the_recipients_of_an_alert_go_and_the_alert_stays() -> None:
    alert = finding(
        ALERT,
        subject="arn:alarm",
        name="trail-stopped",
        message="trail-stopped tells anna@example.com",
        evidence={"recipients": ["anna@example.com"]},
    )
    assert redacted(alert, ALERT).message == f"trail-stopped tells {LEFT_OUT}"


def test_without_its_rule_a_finding_keeps_no_name_at_all() -> None:
    got = redacted(finding(evidence={"account_owner": "Anna", "owner": "Anna", "mode": "none"}))
    assert got.evidence == {"mode": "none"}
    assert "elif" not in text_of(got)
    assert got.message == f"{got.name}: fail by account-inactive"


def test_what_a_provider_said_about_a_refusal_is_left_out_and_the_permission_stays() -> None:
    refused = finding(
        verdict="unknown",
        reason="denied",
        message="Could not tell for elif.kaya: access was denied; it takes iam:GetUser",
        gap=Missing(id="g", permission="iam:GetUser", detail="User: arn:...:user/admin.bob is not"),
    )
    got = redacted(refused, INACTIVE)
    assert "bob" not in text_of(got)
    assert got.message == f"Could not tell for {got.name}: access was denied; it takes iam:GetUser"


def test_what_the_organisation_has_to_state_is_told_for_one_account_without_its_name() -> None:
    waiting = finding(
        verdict="unknown",
        reason="not-declared",
        subject=None,
        count=1,
        message="Could not tell for elif.kaya: … (declarations: accounts)",
        gap=Missing(detail="declarations: accounts"),
        evidence={},
    )
    got = redacted(waiting, INACTIVE)
    assert got.name == "one account"
    assert got.message.endswith("(declarations: accounts)")


def test_a_scope_keeps_its_name() -> None:
    nothing = finding(
        verdict="not-applicable", subject=None, name="aws:123456789012", message="Nothing in it",
        evidence={}, count=3,
    )  # fmt: skip
    assert redacted(nothing, INACTIVE) == nothing


def test_a_gap_loses_what_the_other_side_said_and_its_examples() -> None:
    gap = Gap(
        id="g", target="prod", scope="s", region=None, source="aws.accounts",
        kind="identity.account", operation="iam:GetUser", reason="denied", permission="iam:GetUser",
        detail="elif.kaya may not", reach="fields", fields=("mfa_enforced",), subjects=1,
        examples=("arn:aws:iam::1:user/elif.kaya",),
    )  # fmt: skip
    assert "elif" not in text_of(redacted_gap(gap))


def test_reasons_of_an_assessment_take_the_redacted_message_and_keep_their_suffix() -> None:
    texts = _Texts({"f": "elif fails"}, {"f": "account 1 fails"})
    hint = Because(kind="missing", ref="f", text="elif fails fails, which decides nothing")
    assert texts.because(hint).text == "account 1 fails fails, which decides nothing"
    said = Because(kind="attestation", ref="training", text="Anna Berg, 2026-01-01: so it is")
    assert texts.because(said).text == "stated in training"
