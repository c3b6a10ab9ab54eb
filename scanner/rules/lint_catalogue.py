"""A rule's claims against the catalogues: objectives, how each can be decided, ISO controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.documents import Path
from scanner.errors import InputError


def catalogue_faults(rule: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """(path, what is wrong; what to do) of a rule that fits the schema."""
    from scanner.frameworks import controls_for, objective, resolve

    try:
        practice = resolve(rule["practice"])
    except InputError as error:
        yield ("practice",), str(error)
        return
    if practice.id != rule["practice"]:
        yield ("practice",), f"write the practice by its own id: {practice.id}"
    for key in ("decides", "informs"):
        for number, name in enumerate(rule.get(key, [])):
            path = (key, number)
            try:
                found = objective(name)
            except InputError as error:
                yield path, str(error)
                continue
            if found.id not in practice.objectives:
                yield path, f"{name} belongs to {found.practice}, not to {practice.id}"
            elif key == "decides":
                yield from _decidable(rule, path, found)
    offered = {mapping.iso for mapping in controls_for(practice)}
    for number, control in enumerate(rule.get("iso", [])):
        if control not in offered:
            known = ", ".join(sorted(offered)) or "no control"
            yield ("iso", number), f"the crosswalk of {practice.id} has {known}, not {control}"


def _decidable(rule: Mapping[str, Any], path: Path, objective: Any) -> Iterator[tuple[Path, str]]:
    name = objective.id
    if objective.method == "document":
        yield path, f"{name} is decided by a document, never by a rule; remove it"
    elif objective.method == "support":
        yield path, f"{name} is decided by a document or an interview; move it to informs"
    else:
        carried = {s.provider for s in objective.signals if rule["fact"] in s.facts}
        judged = set(rule.get("providers", carried)) - set(rule.get("informs_only", ()))
        for provider in sorted(judged):
            if not objective.deciding(provider):
                yield path, f"what {provider} shows does not settle {name}; add it to informs_only"
