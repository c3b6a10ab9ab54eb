"""What is written into a document is what the reader gives back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.documents import holds, loads, written

SPELT = {
    "\x00": "\\u0000",
    "\x1b[31m": "\\u001b[31m",
    "\x9b31m": "\\u009b31m",
    "\x7f": "\\u007f",
    "\ufffe": "\\ufffe",
    "\udcff": "\\udcff",
}
"""What no document can hold, and what stands for it."""


def back(text: str) -> object:
    return loads(f"value: {text}\n", "x.yaml", 1 << 20).value["value"]


@given(st.text())
def test_any_text_that_a_document_can_hold_comes_back(text: str) -> None:
    line = written(text)
    assert line.isprintable(), "one line, with nothing in it that a person does not see"
    assert (back(line) == text) is holds(text)


@given(st.recursive(st.text() | st.booleans(), lambda inner: st.lists(inner, max_size=3)))
def test_the_reader_takes_whatever_was_written(value: object) -> None:
    back(written({"id": value}))


@pytest.mark.parametrize(("text", "shown"), SPELT.items())
def test_what_no_document_can_hold_is_spelt_out(text: str, shown: str) -> None:
    assert not holds(text)
    assert back(written(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["\u202egnp.exe", "a\nb\r\n", "tab\t", "\x85", "\u2028", "\ufeff", "\U0001f600", "\xa0", '"\\'],
)
def test_what_a_document_can_hold_is_not_changed(text: str) -> None:
    assert holds(text)
    assert back(written(text)) == text


def test_letters_of_every_language_stay_readable() -> None:
    assert written("Jörg 表 e\u0301") == '"Jörg 表 e\u0301"'
