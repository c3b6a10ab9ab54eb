"""One document into one rule: shape by the JSON Schema, meaning by the lint."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from scanner.documents import Document, schema_faults
from scanner.errors import InputError
from scanner.rules.engine import Expression
from scanner.rules.lint import lint
from scanner.rules.model import (
    EXPRESSIONS,
    SETTINGS,
    Case,
    CaseGap,
    Count,
    Described,
    Lookup,
    Rule,
    Verdict,
    param_of,
)
from scanner.rules.parser import parse
from scanner.rules.syntax import ExpressionError, Node


def read_rule(doc: Document, *, thorough: bool = True) -> Rule:
    """The rule in a document. Raises InputError with all of its faults.

    Not thorough: types and expressions are still checked, the words and bounds of the JSON Schema
    and what the lint holds against the fact kinds and the catalogues are not.
    """
    if thorough and (wrong := schema_faults(doc, schema())):
        raise InputError(wrong)
    try:
        written = msgspec.convert(doc.value, _Written)
    except msgspec.ValidationError as error:
        explained = schema_faults(doc, schema())
        raise InputError(explained or f"{doc.where()}: this is no rule: {error}") from None
    faults: list[str] = []
    trees: dict[str, Node] = {}
    for key in EXPRESSIONS:
        if key not in doc.value:
            continue
        if doc.style((key,)) != "|":
            faults.append(
                f"{doc.where((key,))}: an expression is a block: write {key}: | and put the "
                "expression on the next line"
            )
        try:
            trees[key] = parse(doc.value[key])
        except ExpressionError as error:
            faults.append(f"{doc.inside((key,), error.at)}: {error}")
    if thorough:
        faults += lint(doc, trees)
    if faults:
        raise InputError(faults)
    return _rule(written, doc, trees)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a rule's file."""
    text = Path(__file__).with_name("rule.schema.json").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads(text)
    return value


class _Lookup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    on: str
    fact: str | None = None
    declaration: str | None = None
    ignore_case: bool = False
    fits: dict[str, str] = msgspec.field(default_factory=dict)
    same_scope: bool = False


class _Written(
    Described, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"with_": "with"}
):
    """A rule's file, for its types; its words and bounds are the schema's to judge."""

    when: str | None = None
    require: str
    settled: str | None = None
    with_: dict[str, _Lookup] = msgspec.field(default_factory=dict)
    params: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    expect: Count | Literal["every", "some"] = "every"
    tests: dict[Verdict, list[dict[str, Any]]]


_SAME = tuple(field.name for field in msgspec.structs.fields(Described))
_SETS = {"every": None, "some": Count(1)}


def _rule(written: _Written, doc: Document, trees: dict[str, Node]) -> Rule:
    def expression(key: str) -> Expression:
        at = doc.where((key,), key=True)
        return Expression(doc.value[key], trees[key], f"{at.file}:{at.line}: {key} of {written.id}")

    return Rule(
        **{name: getattr(written, name) for name in _SAME},
        when=expression("when") if "when" in trees else None,
        require=expression("require"),
        settled=expression("settled") if "settled" in trees else None,
        lookups={
            prefix: Lookup(prefix=prefix, **msgspec.structs.asdict(look))
            for prefix, look in written.with_.items()
        },
        params={name: param_of(param) for name, param in written.params.items()},
        expect=_SETS[written.expect] if isinstance(written.expect, str) else written.expect,
        cases=tuple(
            _case(verdict, case, doc.where(("tests", verdict, number)).line)
            for verdict, cases in written.tests.items()
            for number, case in enumerate(cases)
        ),
        file=doc.name,
        sha256=sha256(doc.text.encode()).hexdigest(),
    )


def _case(verdict: Verdict, case: dict[str, Any], line: int) -> Case:
    plain = {name: value for name, value in case.items() if name not in SETTINGS}
    lists: dict[str, dict[str, tuple[dict[str, Any], ...]]] = {
        key: {name: tuple(entries) for name, entries in case.get(key, {}).items()}
        for key in ("with", "declarations")
    }
    return Case(
        verdict=verdict,
        line=line,
        facts=tuple(case["facts"]) if "facts" in case else (plain,),
        gaps=msgspec.convert(case.get("gaps", []), tuple[CaseGap, ...]),
        neighbours=lists["with"],
        declarations=lists["declarations"],
        params=case.get("params", {}),
    )
