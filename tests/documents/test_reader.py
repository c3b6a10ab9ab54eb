"""YAML as this project reads it: the 1.2 core schema, strictly, with every value's position."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.documents import Where, load, loads
from scanner.errors import InputError


def read(text: str | bytes) -> object:
    return loads(text, "a.yaml").value


def message(text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        loads(text, "a.yaml")
    assert len(caught.value.messages) == 1
    return caught.value.messages[0]


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "N", "Yes", "OFF"])
def test_words_of_yaml_1_1_are_text(word: str) -> None:
    assert read(f"a: {word}") == {"a": word}


@pytest.mark.parametrize("word", ["2026-11-24", "1:30", "12:30:45", "1_000", "0b1", "=", "-", "+"])
def test_dates_and_sexagesimals_are_text(word: str) -> None:
    assert read(f'a: ["x", {word}]') == {"a": ["x", word]}


def test_the_core_schema() -> None:
    text = "{a: ~, b: null, c: , d: true, e: False, f: -7, g: +3, h: 0, i: 1.5, j: 1e3, k: .5}"
    assert read(text) == {
        "a": None,
        "b": None,
        "c": None,
        "d": True,
        "e": False,
        "f": -7,
        "g": 3,
        "h": 0,
        "i": 1.5,
        "j": 1000.0,
        "k": 0.5,
    }


def test_quoted_scalars_are_always_text() -> None:
    assert read("""{a: "1", b: 'true', c: "", "2": '~'}""") == {
        "a": "1",
        "b": "true",
        "c": "",
        "2": "~",
    }


def test_a_key_called_on_is_a_key_called_on() -> None:
    assert read("with: {bucket: {on: bucket_id}}") == {"with": {"bucket": {"on": "bucket_id"}}}


def test_an_empty_document_is_none() -> None:
    assert read("") is None
    assert read("# nothing but a comment\n") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1", "a.yaml:1:4: anchors (&x) are not allowed"),
        ("a: 1\nb: *x", "a.yaml:2:4: aliases (*x) are not allowed"),
        ("a: !!python/object:os.system x", "a.yaml:1:4: tags"),
        ("a: !secret x", "a.yaml:1:4: tags (!secret) are not allowed"),
        ("a: 1\nb: 2\na: 3", "a.yaml:3:1: the key 'a' stands on line 1 already"),
        ("a: 1\n---\nb: 2", "a.yaml:2:1: a second document starts here"),
        ("1: one", 'a.yaml:1:1: the key 1 is not text; put it in quotes: "1"'),
        ("true: one", "a.yaml:1:1: the key true is not text"),
        ("? [a, b]\n: one", "a.yaml:1:3: a key must be text"),
        ("<<: {a: 1}", "a.yaml:1:1: merge keys (<<) are not allowed"),
        ("%TAG ! tag:x,1:\n---\na: 1", "a.yaml:1:1: %TAG is not allowed"),
        ("account: 012345678901", 'is it an id? Then: "012345678901"'),
        ("account: 1234567890123456789", "too large a number; is it an id?"),
        ("mode: 0o644", 'a.yaml:1:7: 0o644: write it as a decimal number, or in quotes: "0o644"'),
        ("a: .inf", "a.yaml:1:4: .inf: write it"),
        ("a: 1e999", "too large a number"),
        ("a:\n\t- b", "a.yaml:2:1: this is not valid YAML"),
        ("a:\n\t- b", "this is a tab; indent with spaces"),
        ("a: @x", "a text that starts with @ has to stand in quotes"),
        ("a: b: c", "a text with a colon and a space in it has to stand in quotes"),
        ("a: [1, 2", "this is not valid YAML"),
        ('a: "open', "this is not valid YAML"),
        ('a: "x\\ey"', "a.yaml:1:4: an escape stands for a control character"),
        (b"a: caf\xe9", "a.yaml:1:7: it is not UTF-8 text"),
        (b"\xff\xfea\x00", "a.yaml:1:1: it is not UTF-8 text"),
        ("a: 1\nb: x\0y", "a.yaml:2:5: the control character U+0000 is not allowed"),
        ("[" * 30, "a.yaml:1:21: it is nested more than 20 deep"),
    ],
)
def test_what_is_refused_is_named_with_its_place_and_the_way_out(text: str, expected: str) -> None:
    assert expected in message(text)


def test_an_alias_bomb_ends_at_its_first_anchor() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert message("\n".join(lines)).startswith("a.yaml:1:5: anchors (&a0)")


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    file.write_text("a: " + "x" * 70_000)
    with pytest.raises(InputError, match=r"big\.yaml: it is larger than 65,536 bytes"):
        load(file)
    assert len(load(file, limit=100_000).value["a"]) == 70_000


def test_an_endless_file_is_too_large() -> None:
    with pytest.raises(InputError, match="larger than"):
        load("/dev/zero")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="this is a folder"):
        load(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        load("nul\0byte.yaml")


TEXT = """\
id: x
params:
  max_days: {default: 90, min: 1}
when: |
  enabled &&
    days > 3
tests:
  fail:
    - {a: 1}
    - a: 2
"""


def test_every_value_and_key_has_its_position() -> None:
    doc = loads(TEXT, "r.yaml")
    assert str(doc.where(("id",))) == "r.yaml:1:5"
    assert str(doc.where(("params", "max_days", "min"))) == "r.yaml:3:32"
    assert str(doc.where(("params", "max_days", "min"), key=True)) == "r.yaml:3:27"
    assert str(doc.where(("tests", "fail", 1, "a"))) == "r.yaml:10:10"
    assert doc.where(()) == Where("r.yaml", 1, 1)


def test_a_path_that_does_not_exist_has_the_position_of_what_does() -> None:
    doc = loads(TEXT, "r.yaml")
    assert doc.where(("params", "max_days", "max")) == doc.where(("params", "max_days"))
    assert doc.where(("tests", "fail", 7)) == doc.where(("tests", "fail"))
    assert doc.where(("nothing", 0, "there")) == doc.where(())


def test_a_character_of_a_literal_block_has_its_position() -> None:
    doc = loads(TEXT, "r.yaml")
    text = doc.value["when"]
    assert str(doc.inside(("when",), text.index("enabled"))) == "r.yaml:5:3"
    assert str(doc.inside(("when",), text.index("days"))) == "r.yaml:6:5"
    assert str(doc.inside(("when",), text.index("3"))) == "r.yaml:6:12"
    assert str(doc.inside(("when",), len(text))) == "r.yaml:6:13"
    assert str(doc.inside(("id",), 0)) == "r.yaml:1:5"


def test_how_a_text_is_written() -> None:
    doc = loads("a: |\n  x\nb: >\n  x\nc: x\nd: 'x'\n", "r.yaml")
    assert [doc.style((key,)) for key in "abcd"] == ["|", ">", "", "'"]
    assert doc.style(("e",)) == ""


PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]))
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PRINTABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_json_is_read_as_json(value: object) -> None:
    """YAML 1.2 contains JSON, but for control characters and escaped surrogates."""
    assert read(json.dumps(value, ensure_ascii=False)) == value


@given(st.text(max_size=60))
def test_any_text_is_a_document_or_one_message(text: str) -> None:
    with contextlib.suppress(InputError):
        loads(text, "a.yaml")
