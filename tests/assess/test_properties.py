"""What holds for any findings and statements."""

from __future__ import annotations

from assess_samples import (
    AS_OF,
    BASTION,
    CORP,
    ELSEWHERE,
    PROD,
    Rule,
    attestation,
    exemption,
    finding,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue, load_catalogue
from scanner.assess.result import Assessment
from scanner.assess.statements import Declarations, Statements
from scanner.findings import Finding

FULL = load_catalogue()
# the practices whose values and gates interact; the whole catalogue adds time, not cases
KEEP = (
    "IA.L2-3.5.3",
    "SC.L2-3.13.8",
    "SC.L2-3.13.11",
    "SC.L2-3.13.16",
    "CA.L2-3.12.4",
    "MP.L2-3.8.4",
)
PRACTICES = {name: FULL.practices[name] for name in KEEP}
OBJECTIVES = {o: FULL.objectives[o] for p in PRACTICES.values() for o in p.objectives}
SMALL = Catalogue(practices=PRACTICES, objectives=OBJECTIVES, classes=FULL.classes)
TARGETS = (CORP, PROD, BASTION)
RULES = tuple(
    Rule(id=f"rule-{n}", decides=(name,), providers=("entra", "aws", "linux"))
    for n, name in enumerate(o for o, v in OBJECTIVES.items() if v.method == "observe")
)
RANK = {"NOT MET": 0, "NOT ASSESSED": 1, "NOT APPLICABLE": 2, "MET": 2}


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    rule = draw(st.sampled_from(RULES))
    verdict = draw(st.sampled_from(["pass", "pass", "pass", "fail", "unknown", "not-applicable"]))
    target = draw(st.sampled_from(["corp", "prod", "bastion"]))
    return finding(
        verdict,
        rule=rule.id,
        decides=rule.decides if draw(st.booleans()) else (),
        informs=rule.decides,
        target=target,
        subject=f"s{draw(st.integers(0, 3))}",
        refutes=draw(st.sampled_from(["always", "always", "if-declared", "never"])),
        product="job",
        strength=draw(st.sampled_from(["observed", "configured"])),
        reason="denied" if verdict == "unknown" else None,
        evidence=draw(st.sampled_from([{}, {"mfa_required": True}])),
    )


names = st.lists(st.sampled_from(sorted(OBJECTIVES)), min_size=1, max_size=8, unique=True)
DECLARED = Declarations(
    lists={"products": ({"id": "p", "job": "job", "product": "It", "providers": ["entra"]},)}
)


@st.composite
def statements(draw: st.DrawFn, exceptions: bool = True) -> Statements:
    said = tuple(
        attestation(
            *draw(names),
            id=f"a{n}",
            says=draw(st.sampled_from(["satisfied", "satisfied", "satisfied", "not-satisfied"])),
            targets=draw(st.sampled_from([(), ("corp",), ("bastion", "endpoint")])),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    kinds = ["enduring-exception", "temporary-deficiency", "not-applicable", "dod-cio-adjudication"]
    excepted = tuple(
        exemption(
            draw(st.sampled_from(kinds)),
            *draw(names),
            id=f"e{n}",
            subjects=draw(st.sampled_from([(), ("s1",)])),
        )
        for n in range(draw(st.integers(0, 2)) if exceptions else 0)
    )
    declared = DECLARED if draw(st.booleans()) else Declarations()
    return Statements(attestations=said, exceptions=excepted, declarations=declared)


def judge(found: list[Finding], said: Statements) -> Assessment:
    return assess(found, RULES, SMALL, said, 2, AS_OF, TARGETS, without=ELSEWHERE)


many = st.lists(findings(), max_size=14)


@settings(max_examples=200)
@given(many, findings(), statements())
def test_a_refuting_finding_never_raises_anything(
    found: list[Finding], more: Finding, said: Statements
) -> None:
    refuting = finding(
        "fail", rule=more.rule, decides=more.objectives, target=more.target, subject="s9"
    )
    before, after = judge(found, said), judge([*found, refuting], said)
    for old, new in zip(before.practices, after.practices, strict=True):
        assert RANK[new.determination] <= RANK[old.determination]
        for old_part, new_part in zip(old.objectives, new.objectives, strict=True):
            assert RANK[new_part.determination] <= RANK[old_part.determination]
    if before.score is None:
        assert after.score is None
    elif after.score is not None:
        assert after.score.low <= before.score.low
        assert after.score.high <= before.score.high


@settings(max_examples=200)
@given(many, findings(), statements(exceptions=False))
def test_no_unknown_leaves_its_objective_met(
    found: list[Finding], more: Finding, said: Statements
) -> None:
    unread = finding(
        "unknown", rule=more.rule, decides=more.objectives, target=more.target, reason="timeout"
    )
    result = judge([*found, unread], said)
    for name in unread.decides:
        judged = result.objective(name)
        assert judged is not None
        assert judged.determination not in ("MET", "NOT APPLICABLE")


@settings(max_examples=100)
@given(many, statements())
def test_the_order_of_findings_and_statements_changes_nothing(
    found: list[Finding], said: Statements
) -> None:
    forward = judge(found, said)
    other = judge(found[::-1], said)
    words = [(o.id, o.determination) for p in forward.practices for o in p.objectives]
    assert words == [(o.id, o.determination) for p in other.practices for o in p.objectives]
    assert forward.score == other.score


@settings(max_examples=100)
@given(many, statements(), st.data())
def test_the_interval_contains_what_follows_from_more_evidence(
    found: list[Finding], said: Statements, data: st.DataObject
) -> None:
    """Attesting or refuting what is open keeps the score inside the interval, values included."""
    before = judge(found, said)
    still_open = [
        o.id for p in before.practices for o in p.objectives if o.determination == "NOT ASSESSED"
    ]
    refuted = data.draw(st.lists(st.sampled_from(still_open), unique=True)) if still_open else []
    more = [finding("fail", rule="late", decides=(name,), subject="late") for name in refuted]
    after = judge([*found, *more], said)
    if before.score is not None and after.score is not None:
        assert before.score.low <= after.score.low
        assert after.score.high <= before.score.high
