"""The cases of a rule: facts that can exist, and settings that the rule has a use for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.documents import Path, did_you_mean
from scanner.facts import COMMON, KINDS, Field, fields_of
from scanner.rules.model import SETTINGS, param_of

Fault = tuple[Path, str]


def case_faults(rule: Mapping[str, Any]) -> Iterator[Fault]:
    """(path, what is wrong; what to do) of the tests of a rule that fits the schema."""
    for verdict, cases in rule["tests"].items():
        for number, case in enumerate(cases):
            yield from _case(rule, ("tests", verdict, number), case)
        if verdict == "not-applicable" and "when" not in rule and "providers" not in rule:
            yield ("tests", verdict), "without a `when` the rule concerns every fact; remove these"


def _case(rule: Mapping[str, Any], path: Path, case: Mapping[str, Any]) -> Iterator[Fault]:
    plain = {name: value for name, value in case.items() if name not in SETTINGS}
    if "facts" in case:
        if plain:
            first = next(iter(plain))
            yield (*path, first), "a case has either facts or the fields of one; move it into facts"
        for number, fact in enumerate(case["facts"]):
            yield from _fact(rule["fact"], (*path, "facts", number), fact)
    else:
        yield from _fact(rule["fact"], path, plain)
    yield from _gaps(rule, (*path, "gaps"), case.get("gaps", []))
    yield from _settings(rule, path, case)


def _settings(rule: Mapping[str, Any], path: Path, case: Mapping[str, Any]) -> Iterator[Fault]:
    lookups = rule.get("with", {}).values()
    kinds = {look["fact"] for look in lookups if look.get("fact") in KINDS}
    lists = {look["declaration"] for look in lookups if "declaration" in look}
    for kind, facts in case.get("with", {}).items():
        if kind not in kinds:
            near = did_you_mean(kind, kinds)
            yield (*path, "with", kind), f"the rule looks up no fact {kind}; {near}"
            continue
        for number, fact in enumerate(facts):
            here = (*path, "with", kind, number)
            if "subject" not in fact:
                yield here, "a neighbour has a subject, by which it is found"
            yield from _fact(kind, here, fact)
    for name, records in case.get("declarations", {}).items():
        if name not in lists:
            near = did_you_mean(name, lists)
            yield (*path, "declarations", name), f"the rule looks up no declaration {name}; {near}"
        for number, record in enumerate(records):
            if not isinstance(record.get("id"), str):
                yield (*path, "declarations", name, number), "a record has an id, a text"
    yield from _params(rule, (*path, "params"), case.get("params", {}))


def _params(rule: Mapping[str, Any], path: Path, values: Mapping[str, Any]) -> Iterator[Fault]:
    params = rule.get("params", {})
    for name, value in values.items():
        if name not in params:
            yield (*path, name), f"the rule has no parameter {name}; {did_you_mean(name, params)}"
        elif wrong := param_of(params[name]).fault(value):
            yield (*path, name), f"{name} {wrong}"


def _gaps(rule: Mapping[str, Any], path: Path, gaps: list[Mapping[str, Any]]) -> Iterator[Fault]:
    kinds = {rule["fact"]}
    kinds |= {look["fact"] for look in rule.get("with", {}).values() if "fact" in look}
    for number, gap in enumerate(gaps):
        here = (*path, number)
        kind = gap.get("fact", rule["fact"])
        if kind not in kinds:
            yield (*here, "fact"), f"the rule looks at no fact {kind}; {did_you_mean(kind, kinds)}"
        if gap.get("listing", False) is ("fields" in gap):
            yield here, "a gap is of the listing (listing: true) or of some fields"
        for position, name in enumerate(gap.get("fields", [])):
            if kind in KINDS and name not in fields_of(kind):
                near = did_you_mean(name, fields_of(kind))
                yield (*here, "fields", position), f"{kind} has no field {name}; {near}"


_TYPES = {"str": str, "int": int, "bool": bool, "list[str]": list, "dict[str,str]": dict}
_NOUNS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "list[str]": "a list of texts",
    "dict[str,str]": "a mapping",
}


def _fact(kind: str, path: Path, fact: Mapping[str, Any]) -> Iterator[Fault]:
    fields = fields_of(kind)
    for name, value in fact.items():
        field = fields.get(name)
        if field is not None:
            if wrong := _value(field, value):
                yield (*path, name), f"{name} {wrong}"
        elif name not in COMMON:
            yield (*path, name), f"{kind} has no field {name}; {did_you_mean(name, fields)}"


def _value(field: Field, value: Any) -> str | None:
    if value is None:
        return None if field.nullable else "is never null; leave it out where it is unread"
    if type(value) is not _TYPES[field.type]:
        return f"is {_NOUNS[field.type]}"
    if field.values and value not in field.values:
        return f"is never {value!r}; {did_you_mean(str(value), field.values, 'it is one of')}"
    return None
