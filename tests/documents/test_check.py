"""A document against its schema: all faults, each with its place, in plain words."""

from __future__ import annotations

import pytest

from scanner.documents import check_schema, loads, schema_faults
from scanner.errors import InputError

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "severity"],
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[a-z]+$",
            "x-form": "lower case letters, such as mfa",
            "description": "Names the thing. It never changes.",
        },
        "severity": {"enum": ["critical", "high", "low"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 365},
        "title": {"type": "string", "maxLength": 10},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        "expect": {
            "anyOf": [
                {"enum": ["every", "some"]},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"min": {"type": "integer"}, "max": {"type": "integer"}},
                },
            ]
        },
        "params": {"type": "object", "additionalProperties": {"type": "integer"}},
        "gone": {"not": {}},
    },
}

GOOD = "id: mfa\nseverity: high\n"


def faults(text: str) -> list[str]:
    return schema_faults(loads(text, "a.yaml"), SCHEMA)


def test_a_good_document_has_none() -> None:
    assert faults(GOOD) == []
    check_schema(loads(GOOD, "a.yaml"), SCHEMA)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tytle: x", "a.yaml:3:1: unknown key 'tytle' in the document; did you mean 'title'?"),
        ("zzz: 1", "a.yaml:3:1: unknown key 'zzz' in the document; known here: days, expect, "),
        ("title: 3", "a.yaml:3:8: title must be text, not the number 3; put it in quotes"),
        ("title: [a]", "a.yaml:3:8: title must be text, not a list"),
        ("title: true", "title must be text, not true; put it in quotes"),
        ("days: ten", "a.yaml:3:7: days must be a whole number, not the text 'ten'"),
        ("days: true", "days must be a whole number, not true"),
        ("days: ", "days must be a whole number, not empty"),
        ("days: 0", "a.yaml:3:7: days is 0; the least is 1"),
        ("days: 400", "days is 400; the most is 365"),
        ("title: abcdefghijkl", "title is too long a text; at most 10 characters"),
        ("tags: []", "a.yaml:3:7: tags is an empty list; write at least 1"),
        ("tags: [a, b, a]", "a.yaml:3:7: tags names a twice; keep it once"),
        ("tags: [a, 7]", "a.yaml:3:11: tags[1] must be text, not the number 7"),
        ("expect: evry", "expect is the text 'evry'; did you mean every?"),
        ("expect: {mim: 3}", "a.yaml:3:10: unknown key 'mim' in expect; did you mean 'min'?"),
        ("expect: {min: x}", "a.yaml:3:15: expect.min must be a whole number, not the text 'x'"),
        ("expect: 3", "a.yaml:3:9: expect must be every or some or a mapping, not the number 3"),
        ("params: {a: x}", "a.yaml:3:13: params.a must be a whole number"),
        ("gone: 1", "gone is not allowed here; remove it"),
    ],
)
def test_each_kind_of_fault(text: str, expected: str) -> None:
    found = faults(GOOD + text)
    assert len(found) == 1
    assert expected in found[0]


def test_an_enum_names_its_words() -> None:
    assert faults("id: mfa\nseverity: urgent") == [
        "a.yaml:2:11: severity is the text 'urgent'; one of critical, high, low"
    ]


def test_a_pattern_is_explained_by_its_form() -> None:
    assert faults("id: M-1\nseverity: low") == [
        "a.yaml:1:5: id is the text 'M-1'; write lower case letters, such as mfa"
    ]


def test_a_missing_key_is_described() -> None:
    assert faults("severity: low") == [
        "a.yaml:1:1: the document lacks the key 'id'; add it (names the thing)"
    ]


def test_a_misspelt_key_is_not_also_reported_as_missing() -> None:
    assert faults("id: mfa\nseverty: low") == [
        "a.yaml:2:1: unknown key 'severty' in the document; did you mean 'severity'?"
    ]


def test_an_empty_document_is_the_wrong_type() -> None:
    assert faults("") == ["a.yaml:1:1: the document must be a mapping, not empty"]


def test_all_faults_come_in_one_error_causes_before_consequences() -> None:
    doc = loads("days: 0\ncolour: red\ntitle: 3", "a.yaml")
    with pytest.raises(InputError) as caught:
        check_schema(doc, SCHEMA)
    assert [m.split(";")[0] for m in caught.value.messages] == [
        "a.yaml:2:1: unknown key 'colour' in the document",
        "a.yaml:1:7: days is 0",
        "a.yaml:3:8: title must be text, not the number 3",
        "a.yaml:1:1: the document lacks the key 'id'",
        "a.yaml:1:1: the document lacks the key 'severity'",
    ]
