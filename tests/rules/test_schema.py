"""rule.schema.json: what an editor tells a rule's author, and that it agrees with the program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator

from scanner.rules.model import (
    SETTINGS,
    CaseGap,
    Count,
    Described,
    Lookup,
    Param,
    ParamType,
    Per,
    Refutes,
    Severity,
    Status,
    Strength,
    Verdict,
)
from scanner.rules.read import schema


def names(struct: type[msgspec.Struct]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(struct)}


def described(part: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    if isinstance(part, dict):
        for name, value in part.get("properties", {}).items():
            yield f"{path}/{name}", bool(value.get("description"))
            yield from described(value, f"{path}/{name}")
        inside = {key: part.get(key) for key in ("items", "additionalProperties")}
        for name, value in {**inside, **part.get("$defs", {})}.items():
            yield from described(value, f"{path}/{name}")


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_every_key_is_described() -> None:
    assert [path for path, said in described(schema()) if not said] == []


def test_it_has_the_keys_of_a_rule() -> None:
    own = {"when", "require", "settled", "with", "params", "expect", "tests"}
    assert set(schema()["properties"]) == names(Described) | own


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("properties/strength/enum", Strength),
        ("properties/refutes/enum", Refutes),
        ("properties/severity/enum", Severity),
        ("properties/status/enum", Status),
        ("properties/per/enum", Per),
        ("properties/tests/properties", Verdict),
        ("$defs/param/properties/type/enum", ParamType),
    ],
)
def test_it_has_the_words_of_the_program(part: str, words: Any) -> None:
    found: Any = schema()
    for step in part.split("/"):
        found = found[step]
    assert set(found) == set(get_args(words))


def test_it_has_the_fields_of_the_parts() -> None:
    parts = schema()["$defs"]
    assert set(parts["param"]["properties"]) == names(Param)
    assert set(parts["lookup"]["properties"]) == names(Lookup) - {"prefix"}
    assert set(parts["case"]["properties"]) == set(SETTINGS)
    gap = parts["case"]["properties"]["gaps"]["items"]["properties"]
    assert set(gap) == names(CaseGap)
    count = schema()["properties"]["expect"]["anyOf"][1]["properties"]
    assert set(count) == names(Count)
