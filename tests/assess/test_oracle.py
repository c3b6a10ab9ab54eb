"""The rule's text once more, by itself: what the assessment says is held against it.

Nothing here is taken from the scanner or its mappings but the things under test. The lists are
those of 32 CFR 170.14(c)(4), 170.15(c)(1)(ii), 170.21(a) and 170.24(c)(2)(i)(B), typed off anew;
whatever is open is completed in every way, and the answer has to be what all completions agree on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import msgspec
from assess_samples import AS_OF, attestation
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.assess import poam
from scanner.assess.assessment import assess
from scanner.assess.catalogue import load_catalogue
from scanner.assess.result import Determination, PracticeResult, Status
from scanner.assess.score import Value, lost, score, score_level_3, why_no_score
from scanner.assess.statements import Statements


def ids(text: str) -> list[str]:
    return text.split()


FIVE = ids(
    """AC.L2-3.1.1 AC.L2-3.1.2 AT.L2-3.2.1 AT.L2-3.2.2 AU.L2-3.3.1 CM.L2-3.4.1 CM.L2-3.4.2
IA.L2-3.5.1 IA.L2-3.5.2 IR.L2-3.6.1 IR.L2-3.6.2 MA.L2-3.7.2 MP.L2-3.8.3 PS.L2-3.9.2 PE.L2-3.10.1
PE.L2-3.10.2 CA.L2-3.12.1 CA.L2-3.12.3 SC.L2-3.13.1 SC.L2-3.13.2 SI.L2-3.14.1 SI.L2-3.14.2
SI.L2-3.14.3 AC.L2-3.1.12 AC.L2-3.1.13 AC.L2-3.1.16 AC.L2-3.1.17 AC.L2-3.1.18 AU.L2-3.3.5
CM.L2-3.4.5 CM.L2-3.4.6 CM.L2-3.4.7 CM.L2-3.4.8 IA.L2-3.5.10 MA.L2-3.7.5 MP.L2-3.8.7 RA.L2-3.11.2
SC.L2-3.13.5 SC.L2-3.13.6 SC.L2-3.13.15 SI.L2-3.14.4 SI.L2-3.14.6"""
)
THREE = ids(
    """AU.L2-3.3.2 MA.L2-3.7.1 MP.L2-3.8.1 MP.L2-3.8.2 PS.L2-3.9.1 RA.L2-3.11.1 CA.L2-3.12.2
AC.L2-3.1.5 AC.L2-3.1.19 MA.L2-3.7.4 MP.L2-3.8.8 SC.L2-3.13.8 SI.L2-3.14.5 SI.L2-3.14.7"""
)
BARRED_2 = ids(
    """AC.L2-3.1.20 AC.L2-3.1.22 CA.L2-3.12.4 PE.L2-3.10.3 PE.L2-3.10.4
PE.L2-3.10.5"""
)
BARRED_3 = ids(
    """IR.L3-3.6.1e IR.L3-3.6.2e RA.L3-3.11.1e RA.L3-3.11.6e RA.L3-3.11.7e RA.L3-3.11.4e
SI.L3-3.14.3e"""
)
LEVEL_3 = ids(
    """AC.L3-3.1.2e AC.L3-3.1.3e AT.L3-3.2.1e AT.L3-3.2.2e CM.L3-3.4.1e CM.L3-3.4.2e
CM.L3-3.4.3e IA.L3-3.5.1e IA.L3-3.5.3e IR.L3-3.6.1e IR.L3-3.6.2e PS.L3-3.9.2e RA.L3-3.11.1e
RA.L3-3.11.2e
RA.L3-3.11.3e RA.L3-3.11.4e RA.L3-3.11.5e RA.L3-3.11.6e RA.L3-3.11.7e CA.L3-3.12.1e SC.L3-3.13.4e
SI.L3-3.14.1e SI.L3-3.14.3e SI.L3-3.14.6e"""
)
# how many requirements each section of SP 800-171 Rev 2 has
SECTIONS = {
    "AC": (1, 22),
    "AT": (2, 3),
    "AU": (3, 9),
    "CM": (4, 9),
    "IA": (5, 11),
    "IR": (6, 3),
    "MA": (7, 6),
    "MP": (8, 9),
    "PS": (9, 2),
    "PE": (10, 6),
    "RA": (11, 3),
    "CA": (12, 4),
    "SC": (13, 16),
    "SI": (14, 7),
}
LEVEL_2 = [f"{d}.L2-3.{n}.{k + 1}" for d, (n, count) in SECTIONS.items() for k in range(count)]
LEVEL_1 = ids(
    """AC.L1-b.1.i AC.L1-b.1.ii AC.L1-b.1.iii AC.L1-b.1.iv IA.L1-b.1.v IA.L1-b.1.vi
MP.L1-b.1.vii PE.L1-b.1.viii PE.L1-b.1.ix SC.L1-b.1.x SC.L1-b.1.xi SI.L1-b.1.xii SI.L1-b.1.xiii
SI.L1-b.1.xiv SI.L1-b.1.xv"""
)
OF_LEVEL = {1: LEVEL_1, 2: LEVEL_2, 3: LEVEL_3}
SSP, MFA, FIPS = "CA.L2-3.12.4", "IA.L2-3.5.3", "SC.L2-3.13.11"
NONE = "no CMMC status"

CATALOGUE = load_catalogue()
Words = Mapping[str, Determination]
Points = Mapping[str, int]


def value(practice: str) -> tuple[int, ...]:
    """170.24(c)(2)(i)(B)(1) to (5)."""
    if practice == SSP:
        return ()
    if practice in (MFA, FIPS):
        return (3, 5)
    return (5 if practice in FIVE else 3 if practice in THREE else 1,)


def may_stand(practice: str, worth: Points) -> bool:
    """On a POA&M of Level 2: 170.21(a)(2)(ii), (iii)."""
    if practice in BARRED_2:
        return False
    return worth[practice] <= (3 if practice == FIPS else 1)


def status_of(level: int, words: Words, worth: Points, first: bool) -> str:
    """170.15 to 170.18, with 170.21(a). `first`: Final Level 2 (C3PAO) is there."""
    open_ones = [name for name, word in words.items() if word == "NOT MET"]
    if level == 1:
        return "Final Level 1 (Self)" if not open_ones else NONE
    if level == 3:
        if not first:
            return NONE
        if not open_ones:
            return "Final Level 3 (DIBCAC)"
        few = (24 - len(open_ones)) * 10 >= 24 * 8
        barred = set(open_ones) & set(BARRED_3)
        return "Conditional Level 3 (DIBCAC)" if few and not barred else NONE
    if words[SSP] != "MET":  # (B)(5): it has to be there; it cannot fail to apply
        return NONE
    if not open_ones:
        return "Final Level 2 (Self) or (C3PAO)"
    points = 110 - sum(worth[name] for name in open_ones)
    fits = points * 10 >= 110 * 8 and all(may_stand(name, worth) for name in open_ones)
    return "Conditional Level 2 (Self) or (C3PAO)" if fits else NONE


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    level: int
    words: dict[str, Determination]
    values: dict[str, tuple[int, ...]]
    """Each value that is still possible."""
    first: bool

    def completions(self) -> Iterator[tuple[Words, Points]]:
        """Every way in which what is open may turn out."""
        waiting = [name for name, word in self.words.items() if word == "NOT ASSESSED"]
        spread = [name for name, ends in self.values.items() if len(ends) > 1]
        for filled in product(("MET", "NOT MET"), repeat=len(waiting)):
            words = {**self.words, **dict(zip(waiting, filled, strict=True))}
            for ends in product(*(self.values[name] for name in spread)):
                points = {n: e[0] for n, e in self.values.items() if e}
                yield words, {**points, **dict(zip(spread, ends, strict=True))}  # type: ignore[misc]


@st.composite
def judged(draw: st.DrawFn) -> Judged:
    """Any determinations, more often than chance at the edges: few open, one-pointers, 88."""
    level = draw(st.sampled_from([1, 2, 2, 2, 3]))
    names = OF_LEVEL[level]
    easy = [n for n in names if n not in (*BARRED_2, *BARRED_3)]
    if level == 2:
        easy = [n for n in easy if value(n) == (1,)]
    edge = {1: [0, 1], 2: [19, 21, 22, 23], 3: [4, 5]}[level]  # 88 of 110, 20 of 24
    counts = st.sampled_from([0, 1, *edge, *edge])
    failing = draw(st.permutations(easy))[: draw(counts)]
    failing = [*failing, *draw(st.lists(st.sampled_from([*names, FIPS]), max_size=1))]
    failing = [n for n in failing if n in names]
    waiting = draw(
        st.sampled_from([0, 0, 1, 3]).flatmap(
            lambda n: st.permutations(names).map(lambda order: order[:n])
        )
    )
    absent = draw(st.lists(st.sampled_from(names), max_size=4, unique=True))
    words: dict[str, Determination] = dict.fromkeys(names, "MET")
    words |= dict.fromkeys(absent, "NOT APPLICABLE")
    words |= dict.fromkeys(failing, "NOT MET")
    words |= dict.fromkeys(waiting, "NOT ASSESSED")
    ends = st.sampled_from([(3,), (5,), (3, 5)])
    values = {n: draw(ends) if n in (MFA, FIPS) else value(n) for n in names} if level == 2 else {}
    return Judged(level=level, words=words, values=values, first=draw(st.booleans()))


def worth(case: Judged) -> dict[str, Value]:
    return {name: Value(ends[0], ends[-1]) for name, ends in case.values.items() if ends}


def results(case: Judged) -> list[PracticeResult]:
    known = worth(case)
    made = []
    for name, word in case.words.items():
        held = known.get(name)
        least, most = lost(word, held) if held is not None else (0, 0)
        practice = CATALOGUE.practices[name]
        made.append(
            PracticeResult(
                id=name,
                domain=practice.domain,
                title=practice.title,
                level=case.level,
                determination=word,
                points=held.most if held is not None else None,
                points_least=held.least if held is not None else None,
                lost_least=least,
                lost_most=most,
                why=(),
                objectives=(),
            )
        )
    return made


def status(case: Judged) -> Status:
    barred = ["Final Level 2 (C3PAO) comes first"] if case.level == 3 and not case.first else []
    return poam.status(case.level, results(case), CATALOGUE.practices, worth(case), barred)


def test_the_catalogue_has_the_requirements_of_the_rule() -> None:
    for level, names in OF_LEVEL.items():
        assert {p.id for p in CATALOGUE.of_level(level)} == set(names)
    for name in LEVEL_2:
        practice = CATALOGUE.practices[name]
        both = {practice.partial_weight, practice.weight} - {None}
        assert tuple(sorted(both)) == value(name), name  # type: ignore[type-var]


@settings(max_examples=200, deadline=None)
@given(judged())
def test_the_score_spans_every_completion(case: Judged) -> None:
    """110 less the value of each requirement NOT MET (170.24(c)(2)); one for each MET (c)(3)."""
    made = results(case)
    if case.level == 2:
        every = {
            110 - sum(points[n] for n, w in words.items() if w == "NOT MET" and n in points)
            for words, points in case.completions()
        }
        found = score(made, worth(case))
        assert (found.low, found.high) == (min(every), max(every))
        assert (why_no_score(made) is None) == (case.words[SSP] == "MET")
    elif case.level == 3:
        every = {sum(w != "NOT MET" for w in words.values()) for words, _ in case.completions()}
        found = score_level_3(made)
        assert (found.low, found.high) == (min(every), max(every))


@settings(max_examples=200, deadline=None)
@given(judged())
def test_the_status_is_what_all_completions_agree_on(case: Judged) -> None:
    every = {
        status_of(case.level, words, points, case.first) for words, points in case.completions()
    }
    found = status(case)
    if len(every) == 1:
        assert {found.if_open_met, found.if_open_not_met} == every
        assert found.status in (*every, "open")
        assert found.status in every or "NOT ASSESSED" in case.words.values()
    else:
        assert found.status == "open"
        assert {found.if_open_met, found.if_open_not_met} <= every


@settings(max_examples=100, deadline=None)
@given(judged())
def test_what_may_stand_on_a_poam(case: Judged) -> None:
    """170.21(a): none at Level 1; by value and by name at Level 2; by name at Level 3."""
    known = worth(case)
    for name in case.words:
        found = poam.eligibility(CATALOGUE.practices[name], known.get(name)).allowed
        if case.level == 1:
            answers = {False}
        elif case.level == 3:
            answers = {name not in BARRED_3}
        else:
            answers = {may_stand(name, {name: end}) for end in case.values[name] or (0,)}
        assert found is (answers.pop() if len(answers) == 1 else None), name


# the whole way: from people's words to the score, each objective satisfied or not


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_from_objectives_to_score_and_status(data: st.DataObject) -> None:
    """A requirement is MET when all its objectives are (170.24(b)(1), (2)); N/A counts as MET."""
    objectives = {n: CATALOGUE.practices[n].objectives for n in LEVEL_2}
    failing = data.draw(st.lists(st.sampled_from(LEVEL_2), max_size=24, unique=True))
    broken = {data.draw(st.sampled_from(objectives[name])) for name in failing}
    fine = [o for names in objectives.values() for o in names if o not in broken]
    claims = [attestation(*fine, id="yes", items=("encryption-employed", "mfa-for-remote-users"))]
    if broken:
        claims.append(attestation(*sorted(broken), id="no", says="not-satisfied", artifacts=()))
    made = assess([], [], CATALOGUE, Statements(attestations=tuple(claims)), 2, AS_OF, [])
    words: dict[str, Determination] = {
        n: "NOT MET" if set(objectives[n]) & broken else "MET" for n in LEVEL_2
    }
    assert {p.id: p.determination for p in made.practices} == words
    # nobody says of MFA that remote or privileged users have it but by [b] and [c]
    refuted = {o for o in objectives[MFA] if o in broken}
    mfa = (5,) if "3.5.3[c]" in refuted else (3, 5) if "3.5.3[b]" in refuted else (3,)
    values = {n: mfa if n == MFA else (3,) if n == FIPS else value(n) for n in LEVEL_2}
    case = Judged(level=2, words=words, values=values, first=True)
    every = {
        status_of(2, each, points, True): 110
        - sum(points[n] for n, w in each.items() if w == "NOT MET" and n in points)
        for each, points in case.completions()
    }
    if words[SSP] == "NOT MET":
        assert made.score is None
        assert made.status.status == NONE
        return
    assert made.score is not None
    lows = [
        110 - sum(p[n] for n, w in each.items() if w == "NOT MET") for each, p in case.completions()
    ]
    assert (made.score.low, made.score.high) == (min(lows), max(lows))
    assert made.status.status == (next(iter(every)) if len(every) == 1 else "open")
