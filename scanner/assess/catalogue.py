"""What the assessment needs to know of the frameworks, in one small value.

`scanner.frameworks` holds everything that is known of a practice; this is the part that decides.
Tests build it by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Method = Literal["observe", "support", "document"]


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment objective of SP 800-171A."""

    id: str
    practice: str
    text: str = ""
    method: Method = "document"
    declared: str | None = None
    """What the organisation has to state before an observation can be judged."""
    artifact: str | None = None
    """What an attestation has to point at."""
    document: str | None = None
    """The kind of document in which that usually stands."""
    inherit: str | None = None
    """The part that commonly comes from a provider."""
    classes: tuple[str, ...] = ()
    """The classes of target that it concerns; empty: those that a deciding rule speaks of."""
    trap: str | None = None


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement of Level 1, 2 or 3."""

    id: str
    domain: str
    title: str = ""
    level: int
    value: int | None = None
    """Points of 32 CFR 170.24(c)(2); null for Level 1 and CA.L2-3.12.4; 1 for Level 3."""
    partial: int | None = None
    """The lower value that 170.24(c)(2)(i)(B)(4) knows for it."""
    poam: Literal["yes", "no", "conditional"] = "no"
    objectives: tuple[str, ...] = ()


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """One clause or Annex A control of ISO/IEC 27001:2022."""

    id: str
    title: str = ""
    theme: str = ""
    """organizational, people, physical, technological, or clause."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One practice and one control that somebody maps to each other."""

    practice: str
    control: str
    provenance: tuple[str, ...] = ()
    focus: bool = True
    """False: NIST gives it to the practice's group, not to the practice's own subject."""
    full: bool = True
    """False: NIST says that the control does not fully satisfy the intent."""

    @property
    def strength(self) -> str:
        """`both`, `one`, `hint` or `suggestion`: how well the pair is supported."""
        routes = {"derived-2022", "nist-olir-2022"} & set(self.provenance)
        if routes:
            return "both" if len(routes) == 2 else "one"
        return "hint" if "olir-base-control" in self.provenance else "suggestion"


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Practices, objectives, controls and pairs by id, in the frameworks' own order."""

    practices: Mapping[str, Practice]
    objectives: Mapping[str, Objective]
    controls: Mapping[str, Control] = {}
    pairs: tuple[Pair, ...] = ()
    documents: Mapping[str, str] = {}
    """Kinds of document, each with what it is about."""
    classes: Mapping[str, tuple[str, ...]] = {}
    """Classes of target, each with the providers that show it."""
    domains: Mapping[str, str] = {}
    """Names of the domains by their two letters."""

    def classes_of(self, provider: str) -> tuple[str, ...]:
        """The classes for which a target of this provider answers."""
        return tuple(name for name, providers in self.classes.items() if provider in providers)

    def of_level(self, level: int) -> tuple[Practice, ...]:
        """The practices of exactly this level."""
        return tuple(p for p in self.practices.values() if p.level == level)

    def controls_of(self, practice: str) -> tuple[Pair, ...]:
        """The pairs of one practice."""
        return tuple(p for p in self.pairs if p.practice == practice)

    def practices_of(self, control: str) -> tuple[Pair, ...]:
        """The pairs of one control."""
        return tuple(p for p in self.pairs if p.control == control)


SSP = "CA.L2-3.12.4"
MFA = "IA.L2-3.5.3"
FIPS = "SC.L2-3.13.11"
NEVER_ON_POAM_L2 = frozenset(
    {
        "AC.L2-3.1.20",
        "AC.L2-3.1.22",
        "CA.L2-3.12.4",
        "PE.L2-3.10.3",
        "PE.L2-3.10.4",
        "PE.L2-3.10.5",
    }
)
"""32 CFR 170.21(a)(2)(iii)."""
NEVER_ON_POAM_L3 = frozenset(
    {
        "IR.L3-3.6.1e",
        "IR.L3-3.6.2e",
        "RA.L3-3.11.1e",
        "RA.L3-3.11.4e",
        "RA.L3-3.11.6e",
        "RA.L3-3.11.7e",
        "SI.L3-3.14.3e",
    }
)
"""32 CFR 170.21(a)(3)(ii)."""
