"""OSCAL component-definition: what the rules check, by CMMC practice and by ISO control.

The rules stand as rule sets in the properties that OSCAL Compass (compliance-trestle) reads:
Rule_Id and Check_Id with their descriptions, one group of remarks a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scanner.output import whole_file
from scanner.reports.json_stream import Each, Open, write_json
from scanner.reports.oscal.ids import control_id, line, markup, metadata, objective_id, props, uid
from scanner.reports.sarif_inputs import PlainRule, Scan, described, natural

COMPASS = "https://oscal-compass.github.io/compliance-trestle/schemas/oscal/cd"
_SOURCES = {
    "cmmc": "https://www.ecfr.gov/current/title-32/part-170",
    "iso": "https://www.iso.org/standard/27001",
}


def write_component_definition(path: Path, scan: Scan, *, organization: str = "cmmc-scan") -> None:
    """Write the document. Raises InputError if the file cannot be written."""
    rules = described(scan)
    component: dict[str, Any] = {
        "uuid": uid("component", "rules"),
        "type": "validation",
        "title": "cmmc-scan rules",
        "description": "Rules that judge configuration read from cloud accounts, identity "
        "providers, device managers and hosts.",
        "props": [each for rule in rules for each in _rule_set(rule)],
    }
    implementations = [i for i in (_cmmc(rules, scan), _iso(rules, scan)) if i is not None]
    if not rules:
        component.pop("props")
    if implementations:
        component["control-implementations"] = implementations
    document = Open(
        {
            "uuid": uid("component-definition", scan.version),
            "metadata": metadata(
                "What the rules of cmmc-scan check", scan.ended, scan.version, organization
            ),
            "components": Each([component]),
        }
    )
    with whole_file(path) as out:
        write_json(out, Open({"component-definition": document}))
        out.write(b"\n")


def _rule_set(rule: PlainRule) -> Iterator[dict[str, str]]:
    values = (
        ("Rule_Id", rule.id),
        ("Rule_Description", rule.title),
        ("Check_Id", rule.id),
        ("Check_Description", rule.why or rule.title),
    )
    for name, value in values:
        text = line(" ".join(value.split()))
        yield {"name": name, "ns": COMPASS, "value": text, "remarks": f"rule_set_{rule.id}"}


def _cmmc(rules: Iterable[PlainRule], scan: Scan) -> dict[str, Any] | None:
    grouped: dict[str, list[PlainRule]] = {}
    for rule in rules:
        grouped.setdefault(rule.practice, []).append(rule)
    requirements = [
        {
            "uuid": uid("requirement", practice),
            "control-id": control_id(practice),
            "description": markup(scan.titles.practice(practice) or practice),
            "props": [
                *(p for rule in found for p in _rule_id(rule)),
                *_objectives("decides", practice, (o for rule in found for o in rule.decides)),
                *_objectives("informs", practice, (o for rule in found for o in rule.informs)),
            ],
        }
        for practice, found in sorted(grouped.items(), key=lambda pair: natural(pair[0]))
    ]
    return _implementation("cmmc", "CMMC practices that the rules look at", requirements)


def _iso(rules: Iterable[PlainRule], scan: Scan) -> dict[str, Any] | None:
    grouped: dict[str, list[PlainRule]] = {}
    for rule in rules:
        for control in rule.iso:
            grouped.setdefault(control, []).append(rule)
    requirements = [
        {
            "uuid": uid("requirement", control),
            "control-id": _iso_token(control),
            "description": markup(scan.titles.control(control) or control),
            "props": [p for rule in found for p in _rule_id(rule)],
        }
        for control, found in sorted(grouped.items(), key=lambda pair: natural(pair[0]))
    ]
    return _implementation(
        "iso", "ISO/IEC 27001:2022 controls that the practices touch", requirements
    )


def _implementation(
    name: str, description: str, requirements: list[dict[str, Any]]
) -> dict[str, Any] | None:
    if not requirements:
        return None
    return {
        "uuid": uid("control-implementation", name),
        "source": _SOURCES[name],
        "description": description,
        "implemented-requirements": requirements,
    }


def _rule_id(rule: PlainRule) -> Iterator[dict[str, str]]:
    yield {"name": "Rule_Id", "ns": COMPASS, "value": rule.id}


def _objectives(name: str, practice: str, objectives: Iterable[str]) -> Iterator[dict[str, str]]:
    for objective in sorted(set(objectives), key=natural):
        yield from props((name, objective_id(practice, objective)))["props"]


def _iso_token(control: str) -> str:
    """A.8.5 -> a.8.5; a clause such as 9.1 -> clause-9.1, since a token begins with a letter."""
    token = control.lower().replace(" ", "-")
    return token if token[0].isalpha() else f"clause-{token}"
