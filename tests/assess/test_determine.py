"""Determinations: what decides, what refutes, and what does neither."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from assess_samples import (
    AS_OF,
    CORP,
    ELSEWHERE,
    PROD,
    Rule,
    attestation,
    exemption,
    finding,
    said,
)

from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import ObjectiveResult
from scanner.assess.services import Service
from scanner.assess.statements import Artifact, Declarations, Inherited, Statements
from scanner.assess.targets import Target
from scanner.findings import Finding, Missing

RULE = Rule(
    id="account-mfa-enforced",
    practice="IA.L2-3.5.3",
    decides=("3.5.3[c]", "3.5.3[d]"),
    providers=("entra", "aws"),
)


NOTHING = Statements()
GOV = Service(id="gov", name="Cloud", handles=("cui",), authorization="fedramp-high")


def one(
    catalogue: Catalogue,
    findings: Iterable[Finding],
    statements: Statements = NOTHING,
    objective: str = "3.5.3[d]",
    targets: tuple[object, ...] = (CORP,),
    rules: tuple[Rule, ...] = (RULE,),
    as_of: str = AS_OF,
    without: frozenset[str] = ELSEWHERE,
) -> ObjectiveResult:
    made = assess(
        list(findings),
        rules,
        catalogue,
        statements,
        2,
        as_of,
        targets,
        without=without,  # type: ignore[arg-type]
    )
    result = made.objective(objective)
    assert result is not None
    return result


def test_a_deciding_pass_at_every_target_is_met(catalogue: Catalogue) -> None:
    assert one(catalogue, [finding("pass")]).determination == "MET"


def test_a_target_without_a_pass_is_named(catalogue: Catalogue) -> None:
    result = one(catalogue, [finding("pass")], targets=(CORP, PROD))
    assert result.determination == "NOT ASSESSED"
    assert [b.text for b in result.by] == ["account-mfa-enforced was not judged at prod"]


def test_two_targets_on_one_tenant_count_once(catalogue: Catalogue) -> None:
    scope = ("entra:corp",)
    corp = Target(id="corp", provider="entra", classes=CORP.classes, scopes=scope)
    twin = Target(id="a-twin", provider="entra", classes=CORP.classes, scopes=scope)
    result = one(catalogue, [finding("pass")], targets=(corp, twin))
    assert result.determination == "MET"
    unknown = finding("unknown", reason="unlicensed")
    for name in ("corp", "a-twin"):
        named = said(attestation("3.5.3[d]", targets=(name,)))
        assert one(catalogue, [unknown], named, targets=(corp, twin)).determination == "MET"
    # a target that was never collected is not the same as any other
    absent = Target(id="east", provider="entra", classes=CORP.classes)
    result = one(catalogue, [finding("pass")], targets=(corp, twin, absent))
    assert result.determination == "NOT ASSESSED"


def test_a_statement_does_not_stand_in_for_a_device_that_went_silent(catalogue: Catalogue) -> None:
    """It can be asked again once it reports: only what cannot be told is left to a statement."""
    named = said(attestation("3.5.3[d]", targets=("corp",)))
    for reason, found in (("not-supported", "MET"), ("stale", "NOT ASSESSED")):
        result = one(catalogue, [finding("unknown", reason=reason)], named)
        assert result.determination == found


def test_a_class_that_nobody_reads_is_named(catalogue: Catalogue) -> None:
    result = one(catalogue, [finding("pass")], without=frozenset())
    assert result.determination == "NOT ASSESSED"
    assert {b.target for b in result.by} == {"server", "code"}
    both = attestation("3.5.3[d]", targets=("server", "code"))
    assert one(catalogue, [finding("pass")], said(both), without=frozenset()).determination == "MET"


def test_nothing_to_judge_anywhere_is_not_met_by_silence(catalogue: Catalogue) -> None:
    idle = finding("not-applicable", subject=None, count=4)
    assert one(catalogue, [idle]).determination == "NOT ASSESSED"
    elsewhere = finding("not-applicable", subject=None, target="prod", provider="aws", count=4)
    assert one(catalogue, [finding("pass"), elsewhere], targets=(CORP, PROD)).determination == "MET"


def test_a_refuting_finding_beats_an_attestation(catalogue: Catalogue) -> None:
    result = one(catalogue, [finding("fail")], said(attestation("3.5.3[d]")))
    assert result.determination == "NOT MET"
    assert result.by[0].kind == "finding"
    assert [n.kind for n in result.notes] == ["conflict"]


@pytest.mark.parametrize("strength", ["observed", "enforced", "configured"])
def test_configured_never_decides(catalogue: Catalogue, strength: str) -> None:
    result = one(catalogue, [finding("pass", strength=strength)])
    assert result.determination == ("NOT ASSESSED" if strength == "configured" else "MET")


def test_a_hint_is_never_not_met(catalogue: Catalogue) -> None:
    hint = finding("fail", refutes="never")
    assert one(catalogue, [hint]).determination == "NOT ASSESSED"


def test_a_rule_that_only_informs_refutes_when_it_says_so(catalogue: Catalogue) -> None:
    informs = finding("fail", decides=(), informs=("3.5.3[a]",))
    statements = said(attestation("3.5.3[a]"))
    assert one(catalogue, [informs], statements, "3.5.3[a]").determination == "NOT MET"
    passes = finding("pass", decides=(), informs=("3.5.3[a]",))
    assert one(catalogue, [passes], objective="3.5.3[a]").determination == "NOT ASSESSED"
    assert one(catalogue, [passes], statements, "3.5.3[a]").determination == "MET"


def test_where_a_rule_only_informs_its_failure_refutes_what_it_decides_elsewhere(
    catalogue: Catalogue,
) -> None:
    rule = Rule(id="r", decides=("3.5.3[d]",), informs=("3.5.3[a]",), informs_only=("entra",))
    informs = finding("fail", rule="r", decides=(), informs=("3.5.3[d]", "3.5.3[a]"))
    assert one(catalogue, [informs], rules=(rule,)).determination == "NOT MET"
    both = said(attestation("3.5.3[a]"))
    assert one(catalogue, [informs], both, "3.5.3[a]", rules=(rule,)).determination == "MET"


def test_the_declared_product_counts_and_another_does_not(catalogue: Catalogue) -> None:
    def products(*records: dict[str, object]) -> Statements:
        return Statements(declarations=Declarations(lists={"products": records}))

    other = {"id": "x", "job": "access", "product": "Other", "providers": ["aws"]}
    this = {"id": "y", "job": "access", "product": "This", "providers": ["entra"]}

    def at(verdict: str, statements: Statements) -> str:
        made = finding(verdict, refutes="if-declared", product="access")
        return one(catalogue, [made], statements).determination

    assert at("fail", products(this)) == "NOT MET"
    assert at("fail", products(other)) == "NOT ASSESSED"
    assert at("fail", Statements()) == "NOT ASSESSED"
    assert at("pass", products(this)) == "MET"
    assert at("pass", Statements()) == "NOT ASSESSED"


def test_an_unknown_is_named_and_no_attestation_silences_it(catalogue: Catalogue) -> None:
    gap = Missing(id="abc", operation="iam:GetCredentialReport", permission="iam:X")
    unknown = finding("unknown", reason="denied", gap=gap)
    for statements in (said(), said(attestation("3.5.3[d]", targets=("corp",)))):
        result = one(catalogue, [finding("pass", subject="user-2"), unknown], statements)
        assert result.determination == "NOT ASSESSED"
        assert result.by[0].text == "account-mfa-enforced is unknown at corp: denied: iam:X"


def test_where_the_platform_cannot_tell_a_statement_of_that_target_stands_in(
    catalogue: Catalogue,
) -> None:
    unknown = finding("unknown", reason="not-in-this-cloud")
    assert one(catalogue, [unknown], said(attestation("3.5.3[d]"))).determination == "NOT ASSESSED"
    named = said(attestation("3.5.3[d]", targets=("corp",)))
    assert one(catalogue, [unknown], named).determination == "MET"


def test_no_source_leaves_it_to_the_attestation(catalogue: Catalogue) -> None:
    nobody = finding("unknown", reason="no-source", target=None)
    assert one(catalogue, [nobody], said(attestation("3.5.3[d]"))).determination == "MET"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"review_by": "2026-11-23"}, "review was due on 2026-11-23"),
        ({"on": "2026-11-25", "review_by": "2027-11-24"}, "after the day of the assessment"),
        ({"form": "draft"}, "drafts are not evidence"),
        ({"proposed": True}, "nobody has confirmed"),
        ({"approver": "dana reyes <dana@example.com>"}, "approved what he or she states"),
        ({"artifacts": ()}, "points at no artifact"),
        ({"artifacts": (Artifact(path="ssp.pdf"),)}, "ssp.pdf is missing"),
        (
            {"artifacts": (Artifact(path="ssp.pdf", sha256="1" * 64, actual="2" * 64),)},
            "has changed",
        ),
    ],
)
def test_attestations_that_do_not_count(
    catalogue: Catalogue, change: dict[str, object], words: str
) -> None:
    good = attestation("3.12.4[a]")
    assert one(catalogue, [], said(good), "3.12.4[a]").determination == "MET"
    result = one(catalogue, [], said(attestation("3.12.4[a]", **change)), "3.12.4[a]")
    assert result.determination == "NOT ASSESSED"
    assert any(words in b.text for b in result.by), [b.text for b in result.by]


def test_the_last_day_of_a_statement_still_counts(catalogue: Catalogue) -> None:
    last = attestation("3.12.4[a]", review_by=AS_OF)
    assert one(catalogue, [], said(last), "3.12.4[a]").determination == "MET"


def test_an_admission_is_not_met_and_conflicts_are_named(catalogue: Catalogue) -> None:
    yes = attestation("3.12.4[a]")
    no = attestation("3.12.4[a]", id="no", says="not-satisfied", artifacts=())
    result = one(catalogue, [], said(yes, no), "3.12.4[a]")
    assert result.determination == "NOT MET"
    assert [n.ref for n in result.notes] == [yes.id]
    both = said(attestation("3.8.4[a]"), exceptions=(exemption("not-applicable", "3.8.4[a]"),))
    result = one(catalogue, [], both, "3.8.4[a]")
    assert result.determination == "NOT ASSESSED"
    assert result.by[0].kind == "conflict"


def test_inheritance(catalogue: Catalogue) -> None:
    def inherited(authorization: str, responsibility: str = "full") -> Statements:
        part = Inherited(
            provider="Cloud",
            authorization=authorization,
            responsibility=responsibility,  # type: ignore[arg-type]
            service="gov",
        )
        made = said(attestation("3.10.1[b]", inherited=part))
        return Statements(attestations=made.attestations, services={"gov": GOV})

    def at(statements: Statements) -> str:
        return one(catalogue, [], statements, "3.10.1[b]", without=frozenset()).determination

    assert at(inherited("fedramp-high")) == "MET"
    assert at(inherited("fedramp-moderate")) == "NOT ASSESSED"  # the scope says otherwise
    assert at(inherited("none")) == "NOT ASSESSED"
    shared = inherited("fedramp-high", "shared")
    assert at(shared) == "NOT ASSESSED"
    own = attestation("3.10.1[b]", id="own")
    both = Statements(attestations=(*shared.attestations, own), services=shared.services)
    assert at(both) == "MET"


def test_exceptions_cover_what_they_name(catalogue: Catalogue) -> None:
    lathe, desk = finding("fail", subject="lathe"), finding("fail", subject="desk")
    statements = said(
        exceptions=(exemption("enduring-exception", "3.5.3[d]", subjects=("lathe",)),)
    )
    good = finding("pass", subject="user-2")
    assert one(catalogue, [lathe, good], statements).determination == "MET"
    assert one(catalogue, [lathe, desk, good], statements).determination == "NOT MET"
    unselective = said(exceptions=(exemption("enduring-exception", "3.5.3[d]"),))
    assert one(catalogue, [lathe], unselective).determination == "NOT MET"


@pytest.mark.parametrize("kind", ["enduring-exception", "temporary-deficiency"])
def test_an_exception_for_one_asset_says_nothing_of_the_others(
    catalogue: Catalogue, kind: str
) -> None:
    """A special system or a limited subset of equipment (32 CFR 170.4(b)); the objective itself
    has to be satisfied on evidence (170.24(b)(1))."""
    lathe = exemption(kind, "3.5.3[d]", "3.8.4[a]", assets=("CNC lathe 7",))
    alone = said(exceptions=(lathe,))
    for name in ("3.5.3[d]", "3.8.4[a]"):
        result = one(catalogue, [], alone, name)
        assert result.determination == "NOT ASSESSED"
        assert any("CNC lathe 7" in b.text for b in result.by), result.by
    rest = said(attestation("3.8.4[a]"), exceptions=(lathe,))
    result = one(catalogue, [], rest, "3.8.4[a]")
    assert result.determination == "MET"
    assert [b.kind for b in result.by] == ["attestation", "exception"]


@pytest.mark.parametrize(
    "selector", [{"targets": ("corp",)}, {"subjects": ("user-1",)}, {"assets": ("the tenant",)}]
)
def test_an_adjudication_for_one_place_leaves_the_others_to_be_judged(
    catalogue: Catalogue, selector: dict[str, object]
) -> None:
    """Measures adjudicated for one place show nothing of another (170.24(c)(2)(i)(B)(8))."""
    memo = said(exceptions=(exemption("dod-cio-adjudication", "3.5.3[d]", **selector),))
    result = one(catalogue, [finding("pass")], memo, targets=(CORP, PROD))
    assert result.determination == "NOT ASSESSED"
    assert "account-mfa-enforced was not judged at prod" in [b.text for b in result.by]


def test_not_applicable_and_adjudication(catalogue: Catalogue) -> None:
    absent = said(exceptions=(exemption("not-applicable", "3.5.3[d]"),))
    assert one(catalogue, [], absent).determination == "NOT APPLICABLE"
    assert one(catalogue, [finding("fail")], absent).determination == "NOT MET"
    unread = finding("unknown", reason="denied")
    assert one(catalogue, [unread], absent).determination == "NOT APPLICABLE"
    memo = said(exceptions=(exemption("dod-cio-adjudication", "3.5.3[d]"),))
    assert one(catalogue, [finding("fail")], memo).determination == "MET"


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("enduring-exception", {"ssp": None}, "described in the SSP"),
        ("enduring-exception", {"ssp": Artifact(path="ssp.pdf")}, "missing"),
        ("enduring-exception", {"mitigations": None}, "mitigations"),
        ("enduring-exception", {"approver": "Reyes, Dana"}, "of his or her own"),
        ("enduring-exception", {"approver": " dana  REYES, CISO"}, "of his or her own"),
        ("enduring-exception", {"expires": "2026-11-23"}, "expired on 2026-11-23"),
        ("temporary-deficiency", {"plan_of_action": None}, "operational plan of action"),
        ("temporary-deficiency", {"arose": "2025-01-10"}, "in progress is not one"),
        ("temporary-deficiency", {"reviewed": "2025-11-23"}, "more than a year old"),
        ("dod-cio-adjudication", {"environment_unchanged": False}, "has not changed"),
        ("not-applicable", {"rules": ("x",)}, "not of single findings"),
        ("not-applicable", {"assets": ("the lathe",)}, "not of single"),
        ("risk-accepted", {}, "170.24(b)"),
    ],
)
def test_exceptions_that_do_not_count(
    catalogue: Catalogue, kind: str, change: dict[str, object], words: str
) -> None:
    made = said(exceptions=(exemption(kind, "3.8.4[a]", **change),))
    result = one(catalogue, [], made, "3.8.4[a]")
    assert result.determination == "NOT ASSESSED"
    assert any(words in b.text for b in result.by), [b.text for b in result.by]


def test_during_a_roll_out_single_equipment_may_be_deficient(catalogue: Catalogue) -> None:
    """Roll-out may leave specific issues with a very limited subset of equipment; an initial
    implementation in progress is no temporary deficiency (32 CFR 170.4(b))."""
    late, good = finding("fail", subject="lathe"), finding("pass", subject="user-2")

    def at(**more: object) -> ObjectiveResult:
        plan = exemption("temporary-deficiency", "3.5.3[d]", arose="2026-04-20", **more)
        return one(catalogue, [late, good], said(exceptions=(plan,)))

    day = {"implemented": "2026-04-20"}
    assert at(**day, subjects=("lathe",)).determination == "NOT MET"
    assert at(**day, subjects=("lathe",), rollout=True).determination == "MET"
    assert at(implemented=None, subjects=("lathe",), rollout=True).determination == "MET"
    # a subset: the finding has to be named, and everything is none
    assert at(**day, rollout=True).determination == "NOT MET"
    assert at(**day, rules=("account-mfa-enforced",), rollout=True).determination == "NOT MET"
    assert at(**day, subjects=("*",), rollout=True).determination == "NOT MET"


def test_an_accepted_risk_changes_nothing_for_cmmc(catalogue: Catalogue) -> None:
    risk = exemption("risk-accepted", "3.5.3[d]", subjects=("user-1",))
    assert one(catalogue, [finding("fail")], said(exceptions=(risk,))).determination == "NOT MET"


@pytest.mark.parametrize(
    "kind", ["not-applicable", "enduring-exception", "temporary-deficiency", "dod-cio-adjudication"]
)
@pytest.mark.parametrize(
    "named", [{"practices": ("CA.L2-3.12.4",)}, {"objectives": ("3.12.4[a]",)}]
)
def test_no_exception_stands_for_the_security_plan(
    catalogue: Catalogue, kind: str, named: dict[str, tuple[str, ...]]
) -> None:
    """OSAs must have an SSP in place at the time of the assessment (170.24(c)(2)(i)(B)(5)), and
    it may not stand on a POA&M (170.21(a)(2)(iii)(C))."""
    plan = catalogue.practices["CA.L2-3.12.4"].objectives
    others = [o for p in catalogue.of_level(2) for o in p.objectives if o not in plan]
    made = said(attestation(*others), exceptions=(exemption(kind, **named),))
    result = assess([], [], catalogue, made, 2, AS_OF, [], without=ELSEWHERE)
    practice = result.practice("CA.L2-3.12.4")
    assert practice is not None
    assert practice.determination == "NOT ASSESSED"
    assert any("170.24(c)(2)(i)(B)(5)" in b.text for b in result.statements)
    assert result.score is None
    assert result.status.status == "open"
