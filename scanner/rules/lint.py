"""What a rule that fits the schema can still get wrong, each as file:line:column: what; what to do.

The schema judges shape. This judges meaning: names that exist, types that fit, claims that are
allowed, cases that can occur.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from scanner.documents import Document, Path, did_you_mean
from scanner.facts import KINDS, fields_of
from scanner.rules.lint_cases import case_faults
from scanner.rules.lint_expressions import Type, faults
from scanner.rules.model import EXPRESSIONS, PROVIDERS, param_of, placeholders
from scanner.rules.nulls import proven
from scanner.rules.syntax import RESERVED, Node, free_variables

_PARAM_TYPES = {"int": "int", "string": "str", "bool": "bool", "strings": "list[str]"}


def lint(doc: Document, trees: Mapping[str, Node]) -> list[str]:
    """The faults of a rule, in the order of the file.

    The document fits rule.schema.json. `trees`: its parsed expressions by their keys; one that
    could not be parsed is missing.
    """
    from scanner.rules.lint_catalogue import catalogue_faults  # the catalogues take long to load

    rule = doc.value
    if rule["fact"] not in KINDS:
        message = f"there is no fact kind {rule['fact']}; {did_you_mean(rule['fact'], KINDS)}"
        return [f"{doc.where(('fact',))}: {message}"]
    used = set(placeholders(rule["message"])).union(*map(free_variables, trees.values()))
    known = variables(rule, used)
    checks = [_claims(rule), _names(rule), _params(rule), _sets(rule), _message(rule, known)]
    checks.append(case_faults(rule))
    if len(trees) == sum(key in rule for key in EXPRESSIONS):
        checks.append(_unused(rule, used))
    checks.append(catalogue_faults(rule))
    lines = {
        # Below the top level it is the author's own names that are wrong: point at the name.
        (doc.where(path, key=len(path) > 1), message)
        for check in checks
        for path, message in check
    }
    for key, tree in trees.items():
        # each is asked only once those before it came out true
        first = {"when": (), "settled": ("when",), "require": ("when", "settled")}[key]
        holds = frozenset[str]().union(*(proven(trees[k]) for k in first if k in trees))
        lines |= {(doc.inside((key,), at), said) for at, said in faults(tree, known, holds)}
    return [f"{where}: {message}" for where, message in sorted(lines)]


Fault = tuple[Path, str]


def variables(rule: Mapping[str, Any], used: Collection[str] = ()) -> dict[str, Type]:
    """The variables of a rule's expressions and message.

    What a declared record holds is the organization's to say: of those, the `used` ones.
    """
    found = {
        name: Type(field.type, field.nullable, field.values)
        for name, field in fields_of(rule["fact"]).items()
    }
    for name, param in rule.get("params", {}).items():
        found.setdefault(name, Type(_PARAM_TYPES[param_of(param).of]))
    for prefix, look in rule.get("with", {}).items():
        found[f"{prefix}_found"] = Type("bool")
        for name, field in _looked_up(look).items():
            found.setdefault(f"{prefix}_{name}", Type(field.type, field.nullable, field.values))
        if "declaration" in look:
            records = {name: Type("any") for name in used if name.startswith(f"{prefix}_")}
            found = records | found
    return found


def _looked_up(look: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = look.get("fact")
    return fields_of(kind) if kind in KINDS else {}


def _claims(rule: Mapping[str, Any]) -> Iterator[Fault]:
    """What the rule says about its own weight."""
    decides, informs = rule.get("decides", []), rule.get("informs", [])
    if decides and rule["strength"] == "configured":
        yield ("decides",), "a rule of strength configured never decides; move these to informs"
    if not decides and not informs and ".L3-" not in rule["practice"]:
        yield ("practice",), "the rule names no objective; add decides or informs"
    for number, objective in enumerate(informs):
        if objective in decides:
            yield ("informs", number), f"{objective} stands in decides already; keep one"
    declared = rule["refutes"] == "if-declared"
    if declared and "product" not in rule:
        yield ("refutes",), "if-declared needs `product`: the job that is declared, as log-store"
    if not declared and "product" in rule:
        yield ("product",), "product goes with refutes: if-declared; remove it"
    if "informs_only" in rule and not decides:
        yield ("informs_only",), "informs_only goes with decides; remove it"
    if rule["id"] in rule.get("deprecated_ids", []):
        yield ("deprecated_ids",), "the rule's own id stands among its earlier ones; remove it"
    yield from _providers(rule)


def _providers(rule: Mapping[str, Any]) -> Iterator[Fault]:
    narrowed = rule.get("providers")
    for key in ("providers", "informs_only", "fix"):
        for number, name in enumerate(rule.get(key, [])):
            path = (key, name if key == "fix" else number)
            if name not in PROVIDERS and name not in _plugins():
                known = (*PROVIDERS, *_plugins())
                yield path, f"there is no provider {name}; {did_you_mean(name, known)}"
            elif narrowed and key != "providers" and name not in narrowed:
                yield path, f"the rule is not for {name}; see its providers"


@cache
def _plugins() -> tuple[str, ...]:
    """Providers of installed plug-ins; asked only about a name that this program does not have."""
    from importlib.metadata import entry_points

    return tuple(point.name for point in entry_points(group="cmmc_scan.collectors"))


def _names(rule: Mapping[str, Any]) -> Iterator[Fault]:
    """Lookups and parameters: what they refer to, and that their names are free."""
    own = fields_of(rule["fact"])
    lookups = rule.get("with", {})
    for prefix, look in lookups.items():
        if ("fact" in look) is ("declaration" in look):
            yield ("with", prefix), "a lookup names either a fact or a declaration"
        kind = look.get("fact")
        if kind is not None and kind not in KINDS:
            yield (
                ("with", prefix, "fact"),
                f"there is no fact kind {kind}; {did_you_mean(kind, KINDS)}",
            )
        if look["on"] not in own:
            near = did_you_mean(look["on"], own)
            yield ("with", prefix, "on"), f"{rule['fact']} has no field {look['on']}; {near}"
        elif own[look["on"]].type != "str":
            yield ("with", prefix, "on"), f"{look['on']} is no text; a key is a text"
        if "same_scope" in look and "declaration" in look:
            yield ("with", prefix, "same_scope"), "same_scope goes with a fact; remove it"
        for key in ("ignore_case", "fits"):
            if key in look and "declaration" not in look:
                yield ("with", prefix, key), f"{key} goes with a declaration; remove it"
        for key, field in look.get("fits", {}).items():
            if field not in own or own[field].type != "str":
                yield ("with", prefix, "fits", key), f"{rule['fact']} has no text field {field}"
        for other in lookups:
            if other.startswith(f"{prefix}_"):
                yield ("with", other), f"the variables of {other} look like those of {prefix}"
        for name in ("found", *_looked_up(look)):
            if f"{prefix}_{name}" in own and name != look["on"].removeprefix(f"{prefix}_"):
                yield (
                    ("with", prefix),
                    f"{prefix}_{name} is a field of {rule['fact']}; choose another name",
                )
    for name in rule.get("params", {}):
        path = ("params", name)
        if name in own:
            yield path, f"{name} is a field of {rule['fact']}; choose another name"
        elif name in RESERVED:
            yield path, f"{name} is a reserved word of CEL; choose another name"
        elif any(name.startswith(f"{prefix}_") for prefix in lookups):
            yield path, f"{name} looks like a variable of a lookup; choose another name"


def _params(rule: Mapping[str, Any]) -> Iterator[Fault]:
    for name, written in rule.get("params", {}).items():
        path = ("params", name)
        param = param_of(written)
        declared = written.get("declared", False)
        if declared is ("default" in written):
            yield path, f"{name} has either a default or declared: true"
        if declared and "type" not in written:
            yield path, f"{name} needs a type, since it has no default"
        if param.affirm and not (declared and param.of == "bool"):
            yield (*path, "affirm"), "affirm goes with declared: true and type: bool; remove it"
        for bound in ("min", "max"):
            if bound in written and param.of != "int":
                yield (*path, bound), f"{name} is no number and has no {bound}; remove it"
        if param.min is not None and param.max is not None and param.min > param.max:
            yield (*path, "min"), f"the least value of {name} is above its most"
        elif "default" in written and (wrong := param.fault(param.default)):
            yield (*path, "default"), f"the default of {name} {wrong}"


def _sets(rule: Mapping[str, Any]) -> Iterator[Fault]:
    expect = rule.get("expect", "every")
    if expect == "every" and "per" in rule:
        yield ("per",), "per goes with a set in expect; remove it, or add expect: some"
    if isinstance(expect, dict):
        least, most = expect.get("min", 0), expect.get("max")
        if most is not None and least > most:
            yield ("expect",), f"min {least} is above max {most}"
        if most is None and least == 0:
            yield ("expect",), "min: 0 without a max holds for every set; raise it"


def _unused(rule: Mapping[str, Any], used: Collection[str]) -> Iterator[Fault]:
    for name in rule.get("params", {}):
        if name not in used:
            yield ("params", name), f"nothing uses the parameter {name}; remove it"
    for prefix in rule.get("with", {}):
        if not any(name.startswith(f"{prefix}_") for name in used):
            yield ("with", prefix), f"nothing uses the lookup {prefix}; remove it"


_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def _message(rule: Mapping[str, Any], known: Collection[str]) -> Iterator[Fault]:
    path, message = ("message",), rule["message"]
    for name in _PLACEHOLDER.findall(message):
        if name not in known:
            yield (
                path,
                f"the message shows {{{name}}}, which is no field; {did_you_mean(name, known)}",
            )
    if set(_PLACEHOLDER.sub("", message)) & set("{}"):
        yield path, "a brace in the message stands around one name, as in {name}"
