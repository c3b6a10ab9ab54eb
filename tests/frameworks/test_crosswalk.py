"""ISO/IEC 27001:2022 and its pairs with CMMC practices, in both directions."""

from __future__ import annotations

from collections import Counter

import pytest

from scanner.errors import InputError
from scanner.frameworks import (
    cmmc,
    control,
    controls,
    controls_for,
    cross_references,
    crosswalk,
    practices,
    practices_for,
    resolve,
)
from scanner.frameworks.controls import NIST_ROUTES, background, heirs_of_2013
from scanner.frameworks.program import program

PAIRS = [pair for practice in practices(2) for pair in controls_for(practice)]


def test_annex_a_has_93_controls_in_four_themes() -> None:
    themes = Counter(c.theme for c in controls().values() if c.theme != "clause")
    assert themes == {"organizational": 37, "people": 8, "physical": 14, "technological": 34}
    assert sum(themes.values()) == 93


def test_clauses_run_from_4_to_10() -> None:
    clauses = [c.id for c in controls().values() if c.theme == "clause"]
    assert list(dict.fromkeys(id_.partition(".")[0] for id_ in clauses)) == list(
        map(str, range(4, 11))
    )
    assert controls()["10.1"].title == "Continual improvement"
    assert controls()["10.2"].title == "Nonconformity and corrective action"


def test_114_controls_of_2013_live_on_and_11_are_new() -> None:
    former = Counter(old for c in controls().values() for old in c.from_2013)
    assert len(former) == 114
    assert {old: n for old, n in former.items() if n > 1} == {"A.18.2.3": 2}
    assert sum(c.new_in_2022 for c in controls().values()) == 11
    assert [c.id for c in heirs_of_2013("a.10.1.1")] == ["A.8.24"]


def test_every_pair_joins_a_practice_and_a_control_that_exist() -> None:
    assert list(crosswalk().by_practice) == [p.id for p in practices(2)]
    assert len(PAIRS) == 366
    for pair in PAIRS:
        assert resolve(pair.practice).id == pair.practice
        assert control(pair.iso).id == pair.iso
        assert pair.provenance
        assert set(pair.from_2013) <= set(control(pair.iso).from_2013)


def test_nist_routes_agree_on_186_pairs_and_stand_alone_on_116() -> None:
    routes = Counter(" ".join(r for r in NIST_ROUTES if r in p.provenance) for p in PAIRS)
    assert routes["derived-2022 nist-olir-2022"] == 186
    assert routes["derived-2022"] == 18
    assert routes["nist-olir-2022"] == 98


def test_appendix_d_has_235_pairs_and_none_for_40_practices() -> None:
    behind = crosswalk().by_practice.values()
    assert sum(len(b.iso_2013) for b in behind) == 235
    bare = [b.practice for b in behind if "no-direct-mapping" in b.flags]
    assert bare == [b.practice for b in behind if not b.iso_2013]
    assert len(bare) == 40


def test_what_is_derived_from_2013_follows_from_appendix_d() -> None:
    for pair in PAIRS:
        printed = background(pair.practice)[0].iso_2013
        assert ("derived-2022" in pair.provenance) == bool(pair.from_2013)
        assert set(pair.from_2013) <= set(printed)


def test_strength_follows_from_who_says_so() -> None:
    for pair in PAIRS:
        routes = sum(r in pair.provenance for r in NIST_ROUTES)
        expected = "weak" if pair.doubt else ("weak", "fair", "strong")[routes]
        assert pair.strength == expected
        assert (pair.relationship == "relevant") == (routes == 0)


def test_a_suspected_mistake_of_nist_is_weak_and_explained() -> None:
    doubted = [p for p in PAIRS if p.doubt]
    assert {p.iso for p in doubted} == {"A.5.3"}
    assert {p.doubt for p in doubted} == {"pl-2-anomaly"}
    assert "A.5.3" not in [p.iso for p in cross_references("CA.L2-3.12.4")]


def test_every_flag_is_explained_and_used() -> None:
    used = {flag for b in crosswalk().by_practice.values() for flag in b.flags}
    used |= {pair.doubt for pair in PAIRS if pair.doubt}
    assert used == set(crosswalk().flags)


def test_a_practice_lists_its_own_controls_before_those_of_its_group() -> None:
    ranks = [(p.focus, p.strength) for p in controls_for("AC.L2-3.1.1")]
    own = [s for focus, s in ranks if focus]
    assert ranks == [(True, s) for s in own] + [r for r in ranks if not r[0]]
    assert own == sorted(own, key=["strong", "fair", "weak"].index)


def test_both_directions_tell_the_same() -> None:
    forth = {(p.practice, p.iso) for p in PAIRS}
    back = {(p.practice, p.iso) for id_ in controls() for p in practices_for(id_)}
    assert forth == back
    assert {p.practice for p in practices_for("A.8.24")} == {"SC.L2-3.13.10", "SC.L2-3.13.11"}


def test_a_clause_includes_its_sub_clauses() -> None:
    assert {p.iso for p in practices_for("9")} == {"9.1", "9.2.1", "9.2.2", "9.3.2", "9.3.3"}


def test_level_1_has_the_pairs_of_its_twins_and_level_3_none() -> None:
    assert controls_for("AC.L1-b.1.i") == controls_for("AC.L2-3.1.1")
    assert controls_for("IR.L3-3.6.1e") == ()


def test_a_finding_names_published_pairs_and_falls_back_on_hints() -> None:
    assert {p.strength for p in cross_references("SC.L2-3.13.11")} == {"strong", "fair"}
    assert {p.strength for p in cross_references("IA.L2-3.5.3")} == {"weak"}
    without = [p.id for p in practices(2) if not cross_references(p)]
    assert without == ["MA.L2-3.7.2", "SC.L2-3.13.4"]
    for practice in practices(2):
        assert all(p.focus and not p.doubt for p in cross_references(practice))


def test_the_article_s_claims_are_split_by_what_nist_supports() -> None:
    claims = crosswalk().article
    assert [c.domain for c in claims.domains] == [d.code for d in cmmc().domains]
    assert "estimate" in claims.overall.label
    for claim in claims.domains:
        supported = {
            p.iso for p in PAIRS if p.practice[:2] == claim.domain and p.strength != "weak"
        }
        supported |= {id_.partition(".")[0] for id_ in supported}
        assert set(claim.unsupported) == set(claim.claimed) - supported
    assert [resolve(g.practice).id for g in claims.gaps] == [g.practice for g in claims.gaps]
    assert len(claims.gaps) == 5


def test_the_programme_s_costs_add_up_to_its_total() -> None:
    plan = program()
    assert "estimate" in plan.label
    assert sum(c.low for c in plan.costs_usd) == plan.total_usd.low == 105_000
    assert sum(c.high for c in plan.costs_usd) == plan.total_usd.high == 305_000
    assert {c.phase for c in plan.costs_usd} == {p.phase for p in plan.phases}


def test_a_control_of_2013_is_refused_with_its_heir() -> None:
    with pytest.raises(InputError, match=r"2013 edition; in 2022 it is A\.8\.24 Use of"):
        control("A.10.1.1")


def test_an_unknown_control_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"A\.8\.99: no such control.*A\.8\.9"):
        control("A.8.99")
