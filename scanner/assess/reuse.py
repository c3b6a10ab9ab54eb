"""Which artifact serves which objectives and controls: shown once, used often."""

from __future__ import annotations

import msgspec

from scanner import frameworks
from scanner.assess.catalogue import Catalogue
from scanner.assess.statements import Statements, objectives_of


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact."""

    path: str
    title: str | None
    sha256: str | None
    """Null: it is missing."""
    statements: tuple[str, ...]
    objectives: tuple[str, ...]
    practices: tuple[str, ...]
    controls: tuple[str, ...]
    """Those that a NIST mapping ties to its practices, and those that statements name."""


def evidence_reuse(statements: Statements, catalogue: Catalogue) -> tuple[Use, ...]:
    """Every artifact with what it serves, the one that serves most objectives first."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for attestation in statements.attestations:
        names = objectives_of(attestation, catalogue)
        for artifact in attestation.artifacts:
            _note(found, artifact.path, attestation.id, names, ())
    for exemption in statements.exceptions:
        named = (exemption.ssp, exemption.plan_of_action, exemption.adjudication)
        names = objectives_of(exemption, catalogue)
        for artifact in (*exemption.artifacts, *(a for a in named if a is not None)):
            _note(found, artifact.path, exemption.id, names, exemption.controls)
    uses = []
    for artifact in statements.artifact_list:
        what = found[artifact.path]
        practices = dict.fromkeys(
            catalogue.objectives[o].practice
            for o in what["objectives"]
            if o in catalogue.objectives
        )
        controls = dict.fromkeys(
            pair.iso
            for practice in practices
            for pair in frameworks.cross_references(practice)
            if pair.strength != "weak"
        )
        uses.append(
            Use(
                path=artifact.path,
                title=artifact.title,
                sha256=artifact.actual,
                statements=tuple(what["statements"]),
                objectives=tuple(what["objectives"]),
                practices=tuple(practices),
                controls=tuple(dict.fromkeys([*what["controls"], *controls])),
            )
        )
    return tuple(sorted(uses, key=lambda u: (-len(u.objectives), u.path)))


def _note(
    found: dict[str, dict[str, dict[str, None]]],
    path: str,
    statement: str,
    objectives: tuple[str, ...],
    controls: tuple[str, ...],
) -> None:
    what = found.setdefault(path, {"statements": {}, "objectives": {}, "controls": {}})
    what["statements"][statement] = None
    what["objectives"].update(dict.fromkeys(objectives))
    what["controls"].update(dict.fromkeys(controls))


def hash_list(statements: Statements) -> str:
    """Artifact names and SHA-256 values, one a line, as CMMC eMASS asks for them.

    32 CFR 170.17(c)(4), 170.18(c)(4): the algorithm is named beside the list.
    """
    return "".join(
        f"{artifact.actual}  {artifact.path}\n"
        for artifact in statements.artifact_list
        if artifact.actual is not None
    )
