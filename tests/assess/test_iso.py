"""The ISO side: control view, accepted risks, Statement of Applicability and the gap report."""

from __future__ import annotations

from pathlib import Path

import pytest
from assess_samples import AS_OF, attestation, exemption, finding, said

from scanner import frameworks
from scanner.assess import gap_report, soa
from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.duties import DUTIES, duties
from scanner.assess.five_gaps import five_gaps
from scanner.assess.iso import control_view
from scanner.assess.poam_items import items
from scanner.assess.result import Assessment
from scanner.assess.reuse import evidence_reuse, hash_list
from scanner.assess.scope import Claims, Scope
from scanner.assess.statements import Artifact, Statements
from scanner.errors import InputError


def judge(catalogue: Catalogue, statements: Statements, *failing: str) -> Assessment:
    found = [finding("fail", rule="r", decides=(name,), subject=name) for name in failing]
    return assess(found, [], catalogue, statements, 2, AS_OF, [])


def test_a_control_is_supported_contradicted_or_accepted(catalogue: Catalogue) -> None:
    physical = attestation(id="pe", practices=("PE.L2-3.10.1",))
    risk = exemption("risk-accepted", "3.4.9[a]", id="risk")

    def view(statements: Statements, *failing: str) -> dict[str, str]:
        result = judge(catalogue, statements, *failing)
        return {v.id: v.state for v in control_view(result, catalogue, statements)}

    plain = view(said())
    assert len(plain) == len(frameworks.controls())
    pair = next(
        p for p in frameworks.controls_for("PE.L2-3.10.1") if p.focus and p.strength == "strong"
    )
    assert view(said(physical))[pair.iso] in ("supported", "partly supported")
    control = next(p for p in frameworks.controls_for("CM.L2-3.4.9") if p.focus).iso
    assert view(said(), "3.4.9[a]")[control] == "contradicted"
    accepted = said(exceptions=(risk,))
    assert view(accepted, "3.4.9[a]")[control] == "accepted"
    # the same acceptance changes nothing for CMMC, and says why
    result = judge(catalogue, accepted, "3.4.9[a]")
    practice = result.practice("CM.L2-3.4.9")
    assert practice is not None
    assert practice.determination == "NOT MET"
    assert any("170.24(b)" in b.text for b in result.statements)
    late = said(exceptions=(exemption("risk-accepted", "3.4.9[a]", expires="2026-11-23"),))
    assert view(late, "3.4.9[a]")[control] == "contradicted"


def test_a_level_1_result_speaks_of_fci_and_of_no_practice_of_level_2(
    catalogue: Catalogue,
) -> None:
    """Level 1 reads FCI for CUI in every objective (32 CFR 170.15(c)(1)(i)); it says nothing of
    CUI, so nothing of AC.L2-3.1.1."""
    statements = said(attestation(id="all", practices=tuple(p.id for p in catalogue.of_level(1))))
    for made, word in ((statements, "MET"), (said(), "not assessed")):
        result = assess([], [], catalogue, made, 1, AS_OF, [])
        views = {v.id: v for v in control_view(result, catalogue, made)}
        why = views["A.5.15"].why
        assert f"AC.L1-b.1.i {word} for FCI" in why or "AC.L1-b.1.i, " in why, why
        assert "AC.L2-3.1.1 " not in why
        assert "AC.L2-3.1.1," not in why
    at_level_2 = judge(catalogue, said(attestation(id="x", practices=("AC.L2-3.1.1",))))
    why = {v.id: v.why for v in control_view(at_level_2, catalogue, said())}["A.5.15"]
    assert "AC.L2-3.1.1" in why
    assert "FCI" not in why
    # an accepted risk still names either
    risk = exemption("risk-accepted", practices=("AC.L2-3.1.1",))
    no = attestation("3.1.1[a]", id="no", says="not-satisfied", artifacts=())
    result = assess([], [], catalogue, said(no, exceptions=(risk,)), 1, AS_OF, [])
    views = {v.id: v for v in control_view(result, catalogue, said(no, exceptions=(risk,)))}
    assert views["A.5.15"].state == "accepted"


SOA = """\
schema: 1
organization: Example Machining
controls:
- {id: A.8.5, applicable: true, implemented: 'yes', justification: Sign-in is protected.}
- {id: A.7.10, applicable: false, justification: No media.}
- id: A.8.24
  applicable: true
  implemented: partly
  justification: Keys are managed.
  treatment: accept
  owner: Dana Reyes
  review_by: 2026-10-01
"""


def test_statement_of_applicability(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "soa.yaml"
    path.write_text(SOA)
    stated = soa.load(path)
    result = judge(catalogue, said(), "3.1.8[b]")
    views = control_view(result, catalogue, said())
    rows = {r.id: r for r in soa.statement(stated, views, AS_OF)}
    assert len(rows) == 93
    assert "stated as in place, but" in rows["A.8.5"].notes[0]
    assert "left out, yet CMMC asks for" in rows["A.7.10"].notes[0]
    assert any("was to be reviewed by 2026-10-01" in n for n in rows["A.8.24"].notes)
    assert rows["A.5.15"].proposed
    assert "AC.L2-3.1.1" in rows["A.5.15"].justification
    path.write_text(soa.stub(views))
    assert len(soa.load(path).controls) == 93
    path.write_text(SOA.replace("A.7.10", "A.8.5"))
    with pytest.raises(InputError, match=r"soa.yaml:5:8: A.8.5 stands here twice"):
        soa.load(path)
    path.write_text(SOA.replace("A.7.10", "A.7.99"))
    with pytest.raises(InputError, match=r"soa.yaml:5:8: A.7.99: no such control"):
        soa.load(path)


def everything(implemented: str) -> soa.Soa:
    return soa.Soa(
        controls=tuple(
            soa.Entry(id=c, applicable=True, justification="x", implemented=implemented)  # type: ignore[arg-type]
            for c in frameworks.controls()
        )
    )


def test_gap_report(catalogue: Catalogue) -> None:
    none = gap_report.gap_report(soa.Soa(), catalogue)
    assert none.overall.open == 110
    full = gap_report.gap_report(everything("yes"), catalogue)
    states = {g.practice: g for g in full.gaps}
    assert len(states) == 110
    for gap in frameworks.crosswalk().article.gaps:
        assert states[gap.practice].state != "closed"
    assert states["AC.L2-3.1.11"].why == ("NIST maps no control of ISO/IEC 27001 to it",)
    half = gap_report.gap_report(everything("partly"), catalogue)
    assert half.overall.closed == 0
    assert half.overall.partial == full.overall.closed + full.overall.partial
    assert sum(d.closed + d.partial + d.open for d in full.domains) == 110
    text = "\n".join(gap_report.lines(full))
    assert "the source article's estimate" in text
    assert "75 to 80 %" in text


def test_the_report_repeats_no_claim_that_our_own_file_calls_wrong(catalogue: Catalogue) -> None:
    """3.4.8 takes a deny list as well as an allow list, 3.5.4 is resistance to replay alone, and
    3.8.3 asks for no more than A.7.14 does: SP 800-171 Rev 2."""
    full = gap_report.gap_report(everything("yes"), catalogue)
    why = {g.practice: " ".join(g.why) for g in full.gaps}
    assert "a deny list or an allow list" in why["CM.L2-3.4.8"]
    assert "multifactor" not in why["IA.L2-3.5.4"].lower()
    assert all(name in why and frameworks.controls_for(name) for name in gap_report.ASKS_MORE)
    known = {g.practice for g in frameworks.crosswalk().article.gaps} | set(gap_report.ASKS_MORE)
    assert known <= set(catalogue.practices)
    for correction in frameworks.cmmc().corrections.values():
        assert all(f"{correction.article} in particular" not in text for text in why.values())
    assert "MP.L2-3.8.3" not in gap_report.ASKS_MORE


def test_evidence_beats_the_certificate(catalogue: Catalogue) -> None:
    statements = said(attestation(id="b", practices=("AT.L2-3.2.3",)))
    result = judge(catalogue, statements, "3.9.1[a]")
    report = gap_report.gap_report(everything("yes"), catalogue, result)
    states = {g.practice: g for g in report.gaps}
    assert (states["PS.L2-3.9.1"].by_iso, states["PS.L2-3.9.1"].state) == ("closed", "open")
    assert (states["AT.L2-3.2.3"].by_iso, states["AT.L2-3.2.3"].state) == ("open", "closed")


def test_the_five_gaps(catalogue: Catalogue) -> None:
    def states(statements: Statements, claims: Claims | None, *failing: str) -> dict[str, str]:
        result = judge(catalogue, statements, *failing)
        made = items(result, catalogue.practices)
        found = five_gaps(result, made, duties(statements, AS_OF), claims)
        assert len(found) == 5
        return {g.gap: g.state for g in found}

    assert set(states(said(), None).values()) == {"open"}
    practices = tuple(g.practice for g in frameworks.crosswalk().article.gaps)
    every = tuple(d.item for d in DUTIES)
    closing = said(attestation(id="all", practices=practices, items=every))
    claims = Claims(Scope())
    assert set(states(closing, claims).values()) == {"closed"}
    assert states(closing, None)["boundary"] == "open"
    # the items of the POA&M lack their fields, and one gap is refuted
    again = states(closing, claims, "3.5.3[d]")
    assert again["mfa"] == "open"
    assert again["poam"] == "partial"


def test_evidence_is_used_again(catalogue: Catalogue) -> None:
    policy = Artifact(path="policy.pdf", actual="a" * 64, title="Access policy")
    gone = Artifact(path="gone.pdf")
    statements = said(
        attestation("3.1.1[a]", "3.1.2[a]", id="one", artifacts=(policy, gone)),
        attestation("3.5.1[a]", id="two", artifacts=(policy,)),
    )
    first, second = evidence_reuse(statements, catalogue)
    assert first.path == "policy.pdf"
    assert first.statements == ("one", "two")
    assert first.practices == ("AC.L2-3.1.1", "AC.L2-3.1.2", "IA.L2-3.5.1")
    assert "A.5.15" in first.controls
    assert second.sha256 is None
    assert hash_list(statements) == f"{'a' * 64}  policy.pdf\n"
