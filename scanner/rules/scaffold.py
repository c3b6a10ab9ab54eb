"""The text of a new rule: passes schema and lint at once, and marks every guess with TODO."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.documents import did_you_mean, load, loads
from scanner.errors import InputError
from scanner.facts import CONTEXT, KINDS, Field, fields_of
from scanner.rules.read import read_rule

_RULE = """\
# A new rule: every TODO is yours. `cmmc-scan rules test` checks it.
id: {id}
title: "TODO: what has to be true of every {kind}, in one sentence"
practice: {practice}
{claim}
strength: {strength}{strengths}
refutes: never                # always | if-declared (with product) | never
severity: medium              # critical | high | medium | low | info
status: experimental
fact: {kind}
# The fields of {kind}:
{fields}
require: |
  {require}
message: "{{name}}: TODO what is wrong"
why: |
  TODO: why {practice} asks for it ({title}).
limits: |
  TODO: what this rule cannot see.
fix:
  {provider}: "TODO: what to do"
tests:
  pass:
    - {passes}
  fail:
    - {fails}
  unknown:
    - {{}}
"""


def new_rule(rule_id: str, practice: str, fact: str) -> str:
    """The text of a rule file for a practice (by any of its ids) over a kind of fact.

    Raises InputError for an id, practice or kind that cannot be.
    """
    from scanner.frameworks import objectives, resolve

    if fact not in KINDS:
        raise InputError(f"there is no fact kind {fact}; {did_you_mean(fact, KINDS)}")
    found = resolve(practice)
    own = {name: field for name, field in fields_of(fact).items() if name not in CONTEXT}
    field = _judged(own)
    require, passes, fails = _condition(field)
    ids = [o.id for o in objectives(found) if o.method != "document"] or list(found.objectives)
    claim = f"informs: [{', '.join(_quoted(i) for i in ids)}]" if ids else "# no objectives here"
    if ids:
        claim += "\n# decides: those that a pass settles, each with a strength above configured"
    text = _RULE.format(
        id=rule_id,
        kind=fact,
        practice=found.id,
        title=found.title,
        claim=claim,
        strength="configured",
        strengths="          # observed | enforced | configured (never decides)",
        fields="\n".join(_line(each) for each in own.values()),
        require=require,
        passes=passes,
        fails=fails,
        provider=_provider(found, fact),
    )
    read_rule(loads(text, f"{rule_id}.yaml"))
    return text


_TODO = re.compile(r"\bTODO\b")


def unwritten(file: str) -> list[str]:
    """What of a rule's file its author has still to write, each as file:line:column: what.

    Comments are left out: they are for people. Raises InputError.
    """
    doc = load(file)

    def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[str]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from walk(item, (*path, key))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from walk(item, (*path, number))
        elif isinstance(value, str) and (found := _TODO.search(value)):
            yield f"{doc.inside(path, found.start())}: a TODO is left in {path[0]}; write it"

    return list(walk(doc.value, ()))


def _judged(own: dict[str, Field]) -> Field:
    """The field that the example asks for: a yes or no, else a number, else whatever there is."""
    for word in ("bool", "int", "list[str]", "str"):
        for field in own.values():
            if field.type == word:
                return field
    raise InputError("this kind of fact has no field that a rule could ask for")


def _condition(field: Field) -> tuple[str, str, str]:
    """An example of `require`, a case that passes and one that fails."""
    name = field.name
    if field.type == "bool":
        return f"{name} == true", f"{{{name}: true}}", f"{{{name}: false}}"
    if field.type == "int":
        test = f"{name} != null && " if field.nullable else ""
        return f"{test}{name} >= 1", f"{{{name}: 1}}", f"{{{name}: 0}}"
    if field.type == "list[str]":
        test = f"{name} != null && " if field.nullable else ""
        return f'{test}"TODO" in {name}', f"{{{name}: [TODO]}}", f"{{{name}: []}}"
    good, bad = (*field.values, "TODO", "other")[:2] if len(field.values) > 1 else ("TODO", "other")
    return f'{name} == "{good}"', f"{{{name}: {_quoted(good)}}}", f"{{{name}: {_quoted(bad)}}}"


def _provider(practice: Any, fact: str) -> str:
    """A provider that shows facts of this kind for the practice; else the most common one."""
    from scanner.frameworks import objectives

    carried = sorted(
        {s.provider for o in objectives(practice) for s in o.signals if fact in s.facts}
    )
    return carried[0] if carried else "aws"


def _line(field: Field) -> str:
    null = " or null" if field.nullable else ""
    return f"#   {field.name} ({field.type}{null}): {field.about}"


def _quoted(text: str) -> str:
    return f'"{text}"'
