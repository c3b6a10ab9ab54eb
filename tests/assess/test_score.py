"""The score: 32 CFR 170.24 exactly, for any assignment, and the interval while things are open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import assess as room
from scanner.assess import poam, summary
from scanner.assess.assessment import assess
from scanner.assess.catalogue import FIPS, MFA, SSP, Catalogue, load_catalogue
from scanner.assess.evidence import Evidence
from scanner.assess.result import Determination, PracticeResult
from scanner.assess.score import Value, lost, ranking, score, score_level_3, values, why_no_score
from scanner.assess.statements import Statements
from scanner.frameworks.show import describe
from scanner.resources import mappings_dir

CATALOGUE = load_catalogue()
LEVEL_2 = CATALOGUE.of_level(2)
SCHEMAS = Path(room.__file__).parent / "schemas"
WORDS: tuple[Determination, ...] = get_args(Determination)


class Judged(msgspec.Struct, frozen=True):
    id: str
    determination: Determination


def plain_values(mfa: int = 5, fips: int = 5) -> dict[str, Value]:
    found = values(LEVEL_2, {}, Evidence())
    return {**found, MFA: Value(mfa, mfa), FIPS: Value(fips, fips)}


def results(determinations: dict[str, Determination], level: int = 2) -> list[PracticeResult]:
    worth = plain_values()
    made = []
    for practice in CATALOGUE.of_level(level):
        word = determinations.get(practice.id, "MET")
        least, most = lost(word, worth.get(practice.id, Value(0, 0)))
        made.append(
            PracticeResult(
                id=practice.id,
                domain=practice.domain,
                title=practice.title,
                level=level,
                determination=word,
                points=practice.weight or practice.points,
                points_least=practice.weight or practice.points,
                lost_least=least,
                lost_most=most,
                why=(),
                objectives=(),
            )
        )
    return made


assignment = st.lists(st.sampled_from(WORDS), min_size=110, max_size=110)
decided = st.lists(
    st.sampled_from(["MET", "NOT MET", "NOT APPLICABLE"]), min_size=110, max_size=110
)


def judged(words: list[Determination]) -> list[Judged]:
    return [Judged(p.id, w) for p, w in zip(LEVEL_2, words, strict=True)]


@given(decided, st.sampled_from([3, 5]), st.sampled_from([3, 5]))
def test_score_is_110_minus_the_values_of_what_is_not_met(
    words: list[Determination], mfa: int, fips: int
) -> None:
    special = {MFA: mfa, FIPS: fips, SSP: 0}
    taken = sum(
        special.get(p.id, p.weight or 0)
        for p, word in zip(LEVEL_2, words, strict=True)
        if word == "NOT MET"
    )
    points = score(judged(words), plain_values(mfa, fips))
    assert points.low == points.high == 110 - taken


@given(assignment, st.data())
def test_the_interval_contains_every_final_score(
    words: list[Determination], data: st.DataObject
) -> None:
    open_values = values(LEVEL_2, {}, Evidence())
    before = score(judged(words), open_values)
    final = [
        data.draw(st.sampled_from(["MET", "NOT MET"])) if w == "NOT ASSESSED" else w for w in words
    ]
    for mfa in (3, 5):
        for fips in (3, 5):
            after = score(judged(final), plain_values(mfa, fips))
            assert before.low <= after.low == after.high <= before.high


@given(assignment, st.integers(0, 109))
def test_the_score_is_monotone(words: list[Determination], where: int) -> None:
    order: list[Determination] = ["NOT MET", "NOT ASSESSED", "MET"]
    lows, highs = [], []
    for word in order:
        points = score(judged([*words[:where], word, *words[where + 1 :]]), plain_values())
        lows.append(points.low)
        highs.append(points.high)
    assert lows == sorted(lows)
    assert highs == sorted(highs)


def test_the_ends_of_the_scale_are_reached() -> None:
    everything = {p.id: "NOT MET" for p in LEVEL_2 if p.id != SSP}
    least = score(results(everything), plain_values())  # type: ignore[arg-type]
    assert (least.low, least.high) == (-203, -203)
    assert score(results({}), plain_values()).high == 110


def test_the_published_values(catalogue: Catalogue) -> None:
    found = [p.weight for p in LEVEL_2 if p.weight is not None and p.partial_weight is None]
    assert (found.count(5), found.count(3), found.count(1)) == (42, 14, 51)
    assert sorted(p.id for p in LEVEL_2 if p.partial_weight is not None) == [MFA, FIPS]
    assert sum(v.most for v in plain_values().values()) == 313
    assert catalogue.practices[SSP].weight is None


def test_without_a_plan_there_is_no_score() -> None:
    assert why_no_score(results({})) is None
    for word in ("NOT MET", "NOT ASSESSED", "NOT APPLICABLE"):
        why = why_no_score(results({SSP: word}))  # type: ignore[dict-item]
        assert why is not None
        assert "170.24(c)(2)(i)(B)(5)" in why


def test_what_may_stand_on_a_poam() -> None:
    worth = plain_values(fips=3)
    allowed = [p.id for p in LEVEL_2 if poam.eligibility(p, worth.get(p.id)).allowed]
    assert len(allowed) == 47
    assert FIPS in allowed
    assert len([p for p in LEVEL_2 if poam.eligibility(p, plain_values().get(p.id)).allowed]) == 46
    assert all(poam.eligibility(p, None).allowed is False for p in CATALOGUE.of_level(1))
    assert sum(poam.eligibility(p, None).allowed is True for p in CATALOGUE.of_level(3)) == 17


def test_the_catalogue_says_the_same_of_the_poam() -> None:
    for practice in LEVEL_2:
        judged_here = poam.eligibility(practice, values(LEVEL_2, {}, Evidence()).get(practice.id))
        expected = {"yes": True, "no": False, "conditional": None}[practice.poam.allowed]
        assert judged_here.allowed is expected, practice.id


def status(determinations: dict[str, Determination], level: int = 2, fips: int = 5) -> str:
    made = results(determinations, level)
    worth = plain_values(fips=fips)
    return poam.status(level, made, CATALOGUE.practices, worth).status


ONE_POINT = [p.id for p in LEVEL_2 if p.weight == 1 and p.poam.allowed == "yes"]


def not_met(*names: str) -> dict[str, Determination]:
    return dict.fromkeys(names, "NOT MET")


def test_conditional_needs_88_and_only_eligible_items() -> None:
    assert status({}) == "Final Level 2 (Self) or (C3PAO)"
    assert status(not_met(*ONE_POINT[:22])) == "Conditional Level 2 (Self) or (C3PAO)"
    assert status(not_met(*ONE_POINT[:23])) == poam.NONE
    # 88 with one ineligible item among them
    assert status(not_met(*ONE_POINT[:21], "PE.L2-3.10.3")) == poam.NONE
    assert status(not_met(*ONE_POINT[:19], FIPS), fips=3) == "Conditional Level 2 (Self) or (C3PAO)"
    assert status(not_met(FIPS), fips=5) == poam.NONE
    assert status(not_met(MFA)) == poam.NONE
    # a plan that "does not apply" is a plan that is not there (170.24(c)(2)(i)(B)(5))
    assert status({SSP: "NOT APPLICABLE"}) == poam.NONE


def test_an_open_requirement_leaves_the_status_open() -> None:
    assert status({ONE_POINT[0]: "NOT ASSESSED"}) == "open"
    assert status({ONE_POINT[0]: "NOT ASSESSED", MFA: "NOT MET"}) == poam.NONE


def test_a_status_has_the_name_that_the_rule_gives_it() -> None:
    """32 CFR 170.15(a)(1), 170.16 and 170.17(a)(1)(ii), (iii), 170.18(a)(1)(ii), (iii). Who
    assesses Level 2 is not seen in the findings."""
    schema = json.loads((SCHEMAS / "assessment.schema.json").read_text(encoding="utf-8"))
    known = schema["properties"]["status"]["enum"]
    given = {*poam.FINAL.values(), *poam.CONDITIONAL.values()}
    assert set(known) == given | {"open", poam.NONE}
    assert poam.FINAL == {
        1: "Final Level 1 (Self)",
        2: "Final Level 2 (Self) or (C3PAO)",
        3: "Final Level 3 (DIBCAC)",
    }
    assert set(poam.CONDITIONAL) == {2, 3}


def test_level_1_is_all_or_nothing() -> None:
    assert status({}, level=1) == "Final Level 1 (Self)"
    for practice in CATALOGUE.of_level(1):
        assert status({practice.id: "NOT MET"}, level=1) == poam.NONE


def test_level_3_says_which_objectives_it_does_not_judge() -> None:
    """Level 3 is assessed by the objectives of SP 800-172A: 170.4(b) Assessment objective,
    170.14(d), 170.18(c)(1)(iii). Here each requirement is one objective, and that is said."""
    baseline = next(
        line
        for line in (mappings_dir() / "cmmc-2.0.yaml").read_text(encoding="utf-8").splitlines()
        if line.startswith("baseline: ")
    )
    assert "SP 800-172A (March 2022)" in baseline
    assert "SP 800-172A" in "\n".join(describe("AC.L3-3.1.2e"))
    assert "SP 800-172A" not in "\n".join(describe("AC.L2-3.1.2"))
    for level in (1, 2, 3):
        made = assess([], [], CATALOGUE, Statements(), level, "2026-11-24", [])
        text = "\n".join(summary.lines(made))
        told = "objectives of SP 800-172A are not judged (32 CFR 170.18(c)(1)(iii))" in text
        assert told is (level == 3)


def test_level_3_asks_for_20_of_24() -> None:
    practices = CATALOGUE.of_level(3)
    free = [p.id for p in practices if p.poam.allowed == "yes"]
    barred = [p.id for p in practices if p.poam.allowed == "no"]
    assert len(practices) == 24
    assert score_level_3(results(not_met(*free[:4]), 3)).low == 20
    assert status(not_met(*free[:4]), level=3) == "Conditional Level 3 (DIBCAC)"
    assert status(not_met(*free[:5]), level=3) == poam.NONE
    assert len(barred) == 7
    for name in barred:
        assert status(not_met(name), level=3) == poam.NONE


@pytest.mark.parametrize(
    ("day", "last"), [("2026-01-01", "2026-06-30"), ("2026-11-24", "2027-05-23")]
)
def test_close_out_is_180_days_later(day: str, last: str) -> None:
    assert poam.close_out(day) == last


def test_blockers_come_first() -> None:
    made = results(not_met(ONE_POINT[0], "PE.L2-3.10.3", MFA))
    blockers = poam.blockers(CATALOGUE.practices, made)
    assert [r.practice for r in ranking(made, blockers)] == [MFA, "PE.L2-3.10.3", ONE_POINT[0]]
