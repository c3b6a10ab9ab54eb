"""ISO/IEC 27001:2022 by id and title, and its pairs with CMMC practices, in both directions.

Facts: mappings/iso27001-2022.yaml and mappings/cmmc-to-iso27001.yaml.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from scanner.errors import InputError
from scanner.frameworks.practices import Practice, resolve
from scanner.frameworks.reading import catalogue

Theme = Literal["clause", "organizational", "people", "physical", "technological"]
Provenance = Literal[
    "derived-2022", "nist-olir-2022", "olir-base-control", "analyst", "source-article"
]
NIST_ROUTES = ("derived-2022", "nist-olir-2022")
"""The two independent ways in which NIST's own tables lead from a practice to a 2022 control."""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """One control of Annex A, or one clause."""

    id: str
    title: str
    theme: Theme = "clause"
    from_2013: tuple[str, ...] = ()

    @property
    def new_in_2022(self) -> bool:
        """It is a control without a predecessor in the 2013 edition."""
        return self.theme != "clause" and not self.from_2013


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of a Level 2 practice and a control or clause."""

    practice: str = ""
    iso: str
    provenance: tuple[Provenance, ...]
    relationship: Literal["intersects", "partial", "relevant"]
    via: tuple[str, ...] = ()
    """SP 800-53 controls that carry it."""
    from_2013: tuple[str, ...] = ()
    focus: bool = True
    """It belongs to this requirement, not to a neighbour in NIST's group."""
    doubt: str | None = None
    """Key of a flag: the pair rests on what looks like a mistake in a source."""

    @property
    def strength(self) -> Literal["strong", "fair", "weak"]:
        """strong: both NIST routes have the pair; fair: one; weak: neither, or it is in doubt."""
        routes = sum(route in self.provenance for route in NIST_ROUTES)
        if routes == 0 or self.doubt is not None:
            return "weak"
        return "strong" if routes == 2 else "fair"


class Background(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind the pairs of one practice."""

    practice: str
    sp800_53r4: tuple[str, ...]
    flags: tuple[str, ...] = ()
    iso_2013: dict[str, tuple[str, ...]] = {}
    """Appendix D as printed: 2013 control -> SP 800-53 controls."""
    short: tuple[str, ...] = ()
    """Those of them that NIST marks as falling short of its intent."""
    template_more: tuple[str, ...] = ()
    template_less: tuple[str, ...] = ()
    pairs: tuple[Mapping, ...]


class Overlap(msgspec.Struct, frozen=True):
    """Percent, by the source article's estimate."""

    label: str
    low: int
    high: int


class DomainClaim(msgspec.Struct, frozen=True):
    """What the source article claims for a domain, held against the two NIST routes."""

    domain: str
    overlap: Overlap
    claimed: tuple[str, ...]
    unsupported: tuple[str, ...]
    missing: tuple[str, ...]


class Gap(msgspec.Struct, frozen=True):
    """One of the five gaps that the source article says catch ISO-certified firms."""

    gap: str
    title: str
    practice: str
    cite: str
    say: str


class ArticleClaims(msgspec.Struct, frozen=True):
    overall: Overlap
    domains: tuple[DomainClaim, ...]
    gaps: tuple[Gap, ...]


class Crosswalk(msgspec.Struct, frozen=True, kw_only=True):
    """The whole crosswalk."""

    by_practice: dict[str, Background]
    by_control: dict[str, tuple[Mapping, ...]]
    flags: dict[str, str]
    """Flag -> what it means, for a person."""
    article: ArticleClaims


class _Iso(msgspec.Struct, frozen=True):
    clauses: tuple[Control, ...]
    controls: tuple[Control, ...]


class _Flag(msgspec.Struct, frozen=True):
    flag: str
    say: str


class _CrosswalkFile(msgspec.Struct, frozen=True):
    flags: tuple[_Flag, ...]
    source_article: ArticleClaims
    practices: tuple[Background, ...]


@cache
def controls() -> dict[str, Control]:
    """Clauses 4 to 10, then Annex A, by id, read once."""
    file = catalogue("iso27001-2022.yaml", _Iso)
    return {control.id: control for control in (*file.clauses, *file.controls)}


@cache
def crosswalk() -> Crosswalk:
    """The crosswalk, read once."""
    file = catalogue("cmmc-to-iso27001.yaml", _CrosswalkFile)
    by_practice: dict[str, Background] = {}
    by_control: dict[str, list[Mapping]] = {}
    for rows in file.practices:
        pairs = tuple(msgspec.structs.replace(p, practice=rows.practice) for p in rows.pairs)
        by_practice[rows.practice] = msgspec.structs.replace(rows, pairs=pairs)
        for pair in pairs:
            by_control.setdefault(pair.iso, []).append(pair)
    return Crosswalk(
        by_practice=by_practice,
        by_control={id_: tuple(pairs) for id_, pairs in by_control.items()},
        flags={flag.flag: flag.say for flag in file.flags},
        article=file.source_article,
    )


def control(text: str) -> Control:
    """A control or clause, `A.8.24` or `9.1`. Raises InputError with the nearest ids."""
    asked = text.strip()
    found = controls().get(asked.upper())
    if found is not None:
        return found
    heirs = heirs_of_2013(asked)
    if heirs:
        names = " and ".join(f"{heir.id} {heir.title}" for heir in heirs)
        raise InputError(f"{asked}: a control of the 2013 edition; in 2022 it is {names}")
    import difflib

    near = difflib.get_close_matches(asked.upper(), controls(), n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else "ids look like A.8.24 or 9.1"
    raise InputError(f"{asked}: no such control or clause of ISO/IEC 27001:2022; {hint}")


def heirs_of_2013(text: str) -> tuple[Control, ...]:
    """The 2022 controls into which a 2013 control went; none if there is no such control."""
    key = text.strip().upper()
    return tuple(c for c in controls().values() if key in c.from_2013)


_STRENGTHS = {"strong": 0, "fair": 1, "weak": 2}


def _rank(mapping: Mapping) -> tuple[bool, int, bool]:
    return (not mapping.focus, _STRENGTHS[mapping.strength], mapping.iso[0] != "A")


def background(practice: Practice | str) -> tuple[Background, ...]:
    """What stands behind a practice's pairs: one at Level 2, one a twin at Level 1, none at 3."""
    if isinstance(practice, str):
        practice = resolve(practice)
    ids = practice.level2_ids if practice.level == 1 else (practice.id,)
    all_ = crosswalk().by_practice
    return tuple(all_[id_] for id_ in ids if id_ in all_)


def controls_for(practice: Practice | str) -> tuple[Mapping, ...]:
    """The pairs of a practice: its own before those of its group, strong before weak.

    Level 1 has those of its Level 2 twins. Level 3 has none: nobody published any.
    """
    pairs = [pair for rows in background(practice) for pair in rows.pairs]
    return tuple(sorted(pairs, key=_rank))


def practices_for(text: Control | str) -> tuple[Mapping, ...]:
    """The pairs of a control or clause, in the same order; a clause includes its sub-clauses."""
    found = text if isinstance(text, Control) else control(text)
    all_ = crosswalk().by_control
    ids = [id_ for id_ in controls() if id_ == found.id or id_.startswith(found.id + ".")]
    pairs = [pair for id_ in ids for pair in all_.get(id_, ())]
    return tuple(sorted(pairs, key=_rank))


def cross_references(practice: Practice | str) -> tuple[Mapping, ...]:
    """The pairs that a finding may name: a practice's own ones from a NIST route.

    Where no NIST route has any, its hints stand in, and say that they are hints by their strength.
    """
    own = [pair for pair in controls_for(practice) if pair.focus and pair.doubt is None]
    published = [pair for pair in own if pair.strength != "weak"]
    return tuple(published or own)
