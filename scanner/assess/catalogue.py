"""The part of the frameworks that decides, in one small value that tests can cut down."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from scanner import frameworks
from scanner.frameworks import Objective, Practice

SSP = "CA.L2-3.12.4"
MFA = "IA.L2-3.5.3"
FIPS = "SC.L2-3.13.11"


UNJUDGED = (
    "Each requirement of Level 3 is judged as a whole, on a document; the objectives of "
    "SP 800-172A are not judged (32 CFR 170.18(c)(1)(iii))"
)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Practices and objectives by id, in the frameworks' own order."""

    practices: Mapping[str, Practice]
    objectives: Mapping[str, Objective]
    classes: Mapping[str, tuple[str, ...]] = {}
    """Classes of target, each with the providers that show it."""

    def classes_of(self, provider: str) -> tuple[str, ...]:
        """The classes for which a target of this provider answers."""
        return tuple(name for name, providers in self.classes.items() if provider in providers)

    def of_level(self, level: int) -> tuple[Practice, ...]:
        """The practices of exactly this level."""
        return tuple(p for p in self.practices.values() if p.level == level)


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that ships with the scanner.

    Level 3 is assessed by the objectives of SP 800-172A (32 CFR 170.14(d), 170.18(c)(1)(iii)),
    which are not in this catalogue: each of its requirements is one objective of its own here,
    decided by a document, `3.1.2e` for AC.L3-3.1.2e. `UNJUDGED` says so to people.
    """
    known = frameworks.catalogue_of_objectives()
    objectives = dict(known.by_id)
    practices: dict[str, Practice] = {}
    for practice in frameworks.practices():
        if practice.level == 3:
            number = practice.nist[0]
            practice = msgspec.structs.replace(practice, objectives=(number,))
            objectives[number] = Objective(
                id=number,
                practice=practice.id,
                about=practice.about,
                method="document",
                document="ssp",
                artifact="how the requirement is met, with the records that show it",
                concerns=("organization",),
            )
        practices[practice.id] = practice
    classes = {name: found.providers for name, found in known.classes.items()}
    return Catalogue(practices=practices, objectives=objectives, classes=classes)


def worth(practice: Practice) -> int | None:
    """Points that the practice is worth at its level; null where it has no value."""
    return practice.points if practice.level == 3 else practice.weight
