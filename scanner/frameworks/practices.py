"""The practices of CMMC 2.0, under every id by which people know them.

Facts and their citations: mappings/cmmc-2.0.yaml (32 CFR part 170).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import msgspec

from scanner.errors import InputError
from scanner.frameworks.reading import catalogue


class PoamRule(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a practice may stand on a POA&M, and which paragraph says so."""

    allowed: Literal["yes", "no", "conditional"]
    cite: str
    say: str


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement of one level."""

    id: str
    level: Literal[1, 2, 3]
    domain: str
    domain_name: str
    title: str
    about: str
    """A paraphrase, not the requirement's text."""
    nist: tuple[str, ...]
    """Numbers in SP 800-171 Rev 2; at Level 3 one number in SP 800-172."""
    objectives: tuple[str, ...] = ()
    """Ids of its objectives in SP 800-171A; none at Level 3."""
    kind: Literal["basic", "derived"] | None = None
    weight: int | None = None
    """Points lost when NOT MET (Level 2); None where there is none to lose."""
    partial_weight: int | None = None
    partial_when: str | None = None
    partial_cite: str | None = None
    gate: bool = False
    """Without it there is no score at all."""
    points: int | None = None
    """What it counts when met (Level 3)."""
    poam: PoamRule
    cite: str
    scoring_cite: str
    far: str | None = None
    level1_id: str | None = None
    level2_ids: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    cmmc1_id: tuple[str, ...] = ()


class Domain(msgspec.Struct, frozen=True):
    code: str
    name: str


class Level(msgspec.Struct, frozen=True):
    level: int
    requirements: int
    objectives: int
    cite: str
    scoring_cite: str


class Conditional(msgspec.Struct, frozen=True):
    """What a Conditional status takes."""

    min_ratio: float
    level_2_min_score: int
    level_3_min_met: int
    close_out_days: int


class Scoring(msgspec.Struct, frozen=True):
    max: int
    min: int
    sum_of_weights: int
    weight_cite: str
    gate_cite: str
    conditional: Conditional
    conditional_cite: str


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A CMMC 1.02 id as the source article uses it, set right."""

    id: str
    article: str
    practice: str | None = None
    """What the id stands for; None: for nothing in CMMC 2.0."""
    meant: str | None = None
    kind: Literal["numbering", "wrong-id", "dropped", "never-existed"]
    say: str


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of the source article that does not hold, set right."""

    topic: str
    claim: str
    say: str
    cite: str


class Resolution(msgspec.Struct, frozen=True):
    """What an id led to; the note says what has to be known about the id that was used."""

    asked: str
    practice: Practice
    note: str | None = None


class Cmmc(msgspec.Struct, frozen=True, kw_only=True):
    """The whole catalogue."""

    levels: tuple[Level, ...]
    domains: tuple[Domain, ...]
    scoring: Scoring
    practices: dict[str, Practice]
    """By id: Level 1, Level 2, Level 3, each in the rule's order."""
    corrections: dict[str, Correction]
    claims: tuple[Claim, ...]
    spellings: dict[str, str]
    """Every accepted spelling in capitals -> the practice's id."""


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    about: str
    poam: str = "level-1"
    kind: Literal["basic", "derived"] | None = None
    weight: int | None = None
    partial_weight: int | None = None
    partial_when: str | None = None
    partial_cite: str | None = None
    gate: bool = False
    points: int | None = None
    objectives: str | dict[str, str] = ""
    far: str | None = None
    level1_id: str | None = None
    level2_ids: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    cmmc1_id: tuple[str, ...] = ()


class _Corrections(msgspec.Struct, frozen=True):
    ids: tuple[Correction, ...]
    claims: tuple[Claim, ...]


class _File(msgspec.Struct, frozen=True):
    levels: tuple[Level, ...]
    scoring: Scoring
    poam_rules: dict[str, PoamRule]
    domains: tuple[Domain, ...]
    level_1: tuple[_Row, ...]
    level_2: tuple[_Row, ...]
    level_3: tuple[_Row, ...]
    corrections: _Corrections


def _practice(row: _Row, level: Level, names: dict[str, str], poam: PoamRule) -> Practice:
    number = row.id.partition("-")[2]
    letters = row.objectives if isinstance(row.objectives, dict) else {number: row.objectives}
    kept = {
        name: getattr(row, name)
        for name in row.__struct_fields__
        if name not in ("poam", "objectives")
    }
    return Practice(
        **kept,
        level=level.level,  # type: ignore[arg-type]
        domain=row.id[:2],
        domain_name=names[row.id[:2]],
        nist=tuple(letters),
        objectives=tuple(f"{n}[{letter}]" for n, all_ in letters.items() for letter in all_),
        poam=poam,
        cite=level.cite,
        scoring_cite=level.scoring_cite,
    )


@cache
def cmmc() -> Cmmc:
    """The catalogue of practices, read once."""
    file = catalogue("cmmc-2.0.yaml", _File)
    names = {domain.code: domain.name for domain in file.domains}
    practices: dict[str, Practice] = {}
    for level, rows in zip(file.levels, (file.level_1, file.level_2, file.level_3), strict=True):
        for row in rows:
            practices[row.id] = _practice(row, level, names, file.poam_rules[row.poam])
    corrections = {correction.id: correction for correction in file.corrections.ids}
    return Cmmc(
        levels=file.levels,
        domains=file.domains,
        scoring=file.scoring,
        practices=practices,
        corrections=corrections,
        claims=file.corrections.claims,
        spellings=_spellings(practices, corrections),
    )


def _spellings(
    practices: dict[str, Practice], corrections: dict[str, Correction]
) -> dict[str, str]:
    spellings: dict[str, str] = {}
    # Level 2 claims NIST numbers and CMMC 1.02 ids before Level 1, since it alone has values.
    for practice in sorted(practices.values(), key=lambda p: (p.level != 2, p.level)):
        own = (practice.id, *practice.aliases, *practice.cmmc1_id)
        numbers = practice.nist if practice.level > 1 else ()
        for spelling in (*own, *numbers):
            spellings.setdefault(spelling.upper(), practice.id)
    for correction in corrections.values():
        leads_to = correction.practice or correction.meant
        if leads_to is not None:
            spellings.setdefault(correction.id.upper(), leads_to)
    return spellings


def practices(level: int | None = None) -> tuple[Practice, ...]:
    """All practices in the rule's order, or those of one level."""
    everything = cmmc().practices.values()
    return tuple(p for p in everything if level is None or p.level == level)


def resolve(text: str) -> Practice:
    """The practice behind any id that people use for one; see `lookup`."""
    return lookup(text).practice


def lookup(text: str) -> Resolution:
    """The practice behind an id, with what has to be known about that id.

    Takes `AC.L1-b.1.i`, `AC.L1-3.1.1`, `AC.L2-3.1.1`, `3.1.1`, `3.1.2e` and CMMC 1.02 ids such as
    `CM.2.061`, in any case. An id of 1.02 leads to what it stood for; where the source article uses
    it for something else, the note says so. Raises InputError with the nearest ids.
    """
    all_ = cmmc()
    asked = text.strip()
    key = asked.upper()
    correction = all_.corrections.get(key)
    found = all_.spellings.get(key)
    padded = _REV3.fullmatch(key) if found is None else None
    if padded is not None:
        found = all_.spellings.get(".".join(str(int(part)) for part in padded.groups()))
        if found is not None:
            return Resolution(
                asked, all_.practices[found], _rev3_note(asked, all_.practices[found])
            )
    if found is None:
        if correction is not None:
            raise InputError(f"{asked}: no practice of CMMC 2.0. {correction.say}")
        raise InputError(_unknown(asked, all_))
    practice = all_.practices[found]
    if correction is not None:
        return Resolution(asked, practice, _article_note(correction))
    if key in practice.cmmc1_id:
        return Resolution(asked, practice, f"{key} is the id of {practice.id} in CMMC 1.02.")
    return Resolution(asked, practice)


_REV3 = re.compile(r"(03)\.(\d{2})\.(\d{2})", re.ASCII)
"""An id of SP 800-171 Rev 3."""


def _rev3_note(asked: str, practice: Practice) -> str:
    return (
        f"{asked} is an id of SP 800-171 Rev 3, which CMMC does not assess (32 CFR 170.14(c)(3))."
        f" This is the requirement of the same number in Rev 2, {practice.nist[0]}; their words"
        " differ."
    )


def _article_note(correction: Correction) -> str:
    if correction.kind == "numbering":
        return correction.say
    use = f"The source article uses {correction.id} for {correction.article}."
    return f"{use} {correction.say}"


def _unknown(asked: str, all_: Cmmc) -> str:
    import difflib

    near = difflib.get_close_matches(asked.upper(), all_.spellings, n=12, cutoff=0.6)
    ids = list(dict.fromkeys(all_.spellings[spelling] for spelling in near))[:3]
    hint = f"did you mean {' or '.join(ids)}?" if ids else "ids look like AC.L2-3.1.1 or 3.1.1"
    return f"{asked}: no such practice; {hint}"
