"""The published totals of CMMC 2.0, and every way to name a practice."""

from __future__ import annotations

from collections import Counter

import pytest

from scanner.errors import InputError
from scanner.frameworks import cmmc, lookup, practices, resolve


def test_the_rule_counts_15_and_110_and_24_requirements_in_14_domains() -> None:
    assert [len(practices(level)) for level in (1, 2, 3)] == [15, 110, 24]
    assert [level.requirements for level in cmmc().levels] == [15, 110, 24]
    assert len(cmmc().domains) == 14
    assert {p.domain for p in practices(2)} == {d.code for d in cmmc().domains}


def test_level_2_has_320_objectives_and_level_1_59_of_them() -> None:
    level_1 = [o for p in practices(1) for o in p.objectives]
    level_2 = [o for p in practices(2) for o in p.objectives]
    assert (len(level_1), len(level_2)) == (59, 320)
    assert len(set(level_2)) == 320
    assert set(level_1) < set(level_2)
    assert not any(p.objectives for p in practices(3))


def test_practices_per_domain() -> None:
    counts = "AC 22, AT 3, AU 9, CM 9, IA 11, IR 3, MA 6, MP 9, PS 2, PE 6, RA 3, CA 4, SC 16, SI 7"
    found = Counter(p.domain for p in practices(2))
    assert ", ".join(f"{domain} {number}" for domain, number in found.items()) == counts
    found = Counter(p.domain for p in practices(1))
    assert dict(found) == {"AC": 4, "IA": 2, "MP": 1, "PE": 2, "SC": 2, "SI": 4}


def test_values_add_up_to_313_so_that_the_least_score_is_minus_203() -> None:
    values = [p.weight for p in practices(2) if p.weight is not None]
    scoring = cmmc().scoring
    assert sum(values) == scoring.sum_of_weights == 313
    assert scoring.max - sum(values) == scoring.min == -203


def test_42_practices_cost_five_points_14_three_2_either_51_one_and_one_is_a_gate() -> None:
    either = [p for p in practices(2) if p.partial_weight is not None]
    assert {p.id: (p.weight, p.partial_weight) for p in either} == {
        "IA.L2-3.5.3": (5, 3),
        "SC.L2-3.13.11": (5, 3),
    }
    fixed = Counter(p.weight for p in practices(2) if p not in either)
    assert fixed == {5: 42, 3: 14, 1: 51, None: 1}
    assert [p.id for p in practices(2) if p.gate] == ["CA.L2-3.12.4"]


def test_a_partial_value_says_when_it_applies_and_where_the_rule_says_so() -> None:
    for practice in practices():
        stated = (practice.partial_when is not None, practice.partial_cite is not None)
        assert stated == (practice.partial_weight is not None,) * 2


def test_46_practices_may_stand_on_a_poam_and_one_more_in_one_case() -> None:
    allowed = Counter(p.poam.allowed for p in practices(2))
    assert allowed == {"yes": 46, "conditional": 1, "no": 63}
    assert all(p.weight == 1 for p in practices(2) if p.poam.allowed == "yes")
    assert resolve("SC.L2-3.13.11").poam.allowed == "conditional"
    assert resolve("IA.L2-3.5.3").poam.allowed == "no"


def test_six_practices_are_barred_from_a_poam_by_name() -> None:
    named = [p.id for p in practices(2) if p.poam.cite.endswith("(a)(2)(iii)")]
    assert named == [
        "AC.L2-3.1.20",
        "AC.L2-3.1.22",
        "PE.L2-3.10.3",
        "PE.L2-3.10.4",
        "PE.L2-3.10.5",
        "CA.L2-3.12.4",
    ]


def test_level_1_knows_no_poam_and_level_3_bars_seven() -> None:
    assert {p.poam.allowed for p in practices(1)} == {"no"}
    assert [p.id for p in practices(3) if p.poam.allowed == "no"] == [
        "IR.L3-3.6.1e",
        "IR.L3-3.6.2e",
        "RA.L3-3.11.1e",
        "RA.L3-3.11.4e",
        "RA.L3-3.11.6e",
        "RA.L3-3.11.7e",
        "SI.L3-3.14.3e",
    ]
    assert {p.points for p in practices(3)} == {1}


def test_every_practice_cites_the_rule() -> None:
    for practice in practices():
        for cite in (practice.cite, practice.scoring_cite, practice.poam.cite):
            assert cite.startswith("32 CFR 170."), practice.id
        assert practice.level != 1 or (practice.far or "").startswith("48 CFR 52.204-21(b)(1)(")


def test_twins_of_level_1_and_level_2_name_each_other() -> None:
    for first in practices(1):
        assert first.level2_ids
        for second in map(resolve, first.level2_ids):
            assert second.level1_id == first.id
            assert set(second.objectives) <= set(first.objectives)
    with_twin = [p for p in practices(2) if p.level1_id]
    assert len(with_twin) == sum(len(p.level2_ids) for p in practices(1)) == 17


def test_every_practice_has_a_short_paraphrase() -> None:
    abouts = [p.about for p in practices(2)]
    assert len(set(abouts)) == 110
    assert all(0 < len(p.about) <= 140 for p in practices())


@pytest.mark.parametrize(
    ("text", "practice"),
    [
        ("AC.L1-b.1.i", "AC.L1-b.1.i"),
        ("ac.l1-B.1.I", "AC.L1-b.1.i"),
        ("AC.L1-3.1.1", "AC.L1-b.1.i"),
        ("PE.L1-3.10.5", "PE.L1-b.1.ix"),
        ("AC.L2-3.1.1", "AC.L2-3.1.1"),
        ("  ac.l2-3.1.1 ", "AC.L2-3.1.1"),
        ("3.1.1", "AC.L2-3.1.1"),
        ("3.1.2e", "AC.L3-3.1.2e"),
    ],
)
def test_a_practice_answers_to_all_its_names(text: str, practice: str) -> None:
    found = lookup(text)
    assert (found.practice.id, found.note) == (practice, None)


def test_every_id_in_the_catalogue_leads_to_its_practice() -> None:
    for practice in practices():
        for name in (practice.id, *practice.aliases):
            assert resolve(name) == practice
        if practice.level > 1:
            for number in practice.nist:
                assert resolve(number) == practice
        for old in practice.cmmc1_id:
            assert resolve(old).id in (practice.id, *practice.level2_ids)


def test_an_id_of_cmmc_1_02_leads_to_its_successor_and_says_so() -> None:
    found = lookup("AU.2.042")
    assert found.practice.id == "AU.L2-3.3.1"
    assert found.note == "AU.2.042 is the id of AU.L2-3.3.1 in CMMC 1.02."


@pytest.mark.parametrize(
    ("old", "stands_for", "meant"),
    [
        ("AT.2.057", "AT.L2-3.2.2", "AT.L2-3.2.3"),
        ("CM.2.061", "CM.L2-3.4.1", "CM.L2-3.4.8"),
        ("IA.3.083", "IA.L2-3.5.3", "IA.L2-3.5.4"),
        ("AC.2.013", "AC.L2-3.1.12", "IA.L2-3.5.3"),
        ("MP.2.121", "MP.L2-3.8.7", "MP.L2-3.8.3"),
        ("CA.2.158", "CA.L2-3.12.1", "CA.L2-3.12.2"),
    ],
)
def test_where_the_article_uses_a_wrong_id_the_note_names_the_right_practice(
    old: str, stands_for: str, meant: str
) -> None:
    found = lookup(old)
    assert found.practice.id == stands_for
    assert found.note is not None
    assert meant in found.note
    assert "source article" in found.note


@pytest.mark.parametrize(
    ("old", "practice"),
    [("AC.2.006", "3.1.21"), ("SC.3.177", "3.13.11"), ("SI.2.214", "3.14.3")],
)
def test_where_the_article_is_right_the_note_speaks_of_the_numbering_alone(
    old: str, practice: str
) -> None:
    found = lookup(old)
    assert practice in found.practice.nist
    assert "only its numbering" in (found.note or "")


@pytest.mark.parametrize(
    ("old", "practice"),
    [("MP.2.122", "MP.L2-3.8.3"), ("RA.2.141", "RA.L2-3.11.2"), ("IR.2.093", "IR.L2-3.6.2")],
)
def test_an_id_that_never_was_or_was_dropped_leads_to_what_the_article_meant(
    old: str, practice: str
) -> None:
    found = lookup(old)
    assert found.practice.id == practice
    assert cmmc().corrections[old].practice is None


def test_every_correction_names_practices_that_exist() -> None:
    for correction in cmmc().corrections.values():
        for id_ in (correction.practice, correction.meant):
            assert id_ is None or resolve(id_).id == id_
        if correction.practice is not None:
            assert correction.id in resolve(correction.practice).cmmc1_id


def test_a_dropped_practice_without_successor_is_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match=r"SI\.3\.218: no practice of CMMC 2\.0\. .*spam"):
        resolve("SI.3.218")


@pytest.mark.parametrize(
    ("typo", "hint"),
    [("AC.L2-3.1.23", "AC.L2-3.1.2"), ("IA.L2.3.5.3", "IA.L2-3.5.3"), ("3.14.9", "SI.L2-3.14")],
)
def test_an_unknown_id_is_refused_with_the_nearest_ones(typo: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        resolve(typo)
    assert typo in str(refused.value)
    assert "did you mean" in str(refused.value)
    assert hint in str(refused.value)


def test_an_id_like_no_other_is_refused_with_an_example() -> None:
    with pytest.raises(InputError, match=r"ids look like AC\.L2-3\.1\.1"):
        resolve("firewall")
