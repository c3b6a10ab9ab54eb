from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sarif_samples import HOSTILE

from scanner.reports.sarif_text import (
    ARGUMENT_LIMIT,
    braces,
    formatted,
    harmless,
    prose,
    reader,
    sentence,
    shorten,
    template,
    visible,
)

FIELDS = st.sampled_from(["name", "provider", "max_days"])
WORDS = st.text(st.characters(blacklist_characters="{}", blacklist_categories=["Cs"]), max_size=12)
TEMPLATES = st.lists(st.one_of(WORDS, FIELDS.map("{{{}}}".format)), max_size=7).map("".join)


@given(st.text())
def test_what_is_hidden_is_spelt_out(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    if text.isprintable():
        assert shown == text


def test_bidirectional_and_control_characters_show_their_code() -> None:
    assert visible("a\u202eb\nc\x1b") == "a\\u202eb\\nc\\u001b"
    assert visible("\U000e0041") == "\\U000e0041"


@given(st.text(max_size=600), st.sampled_from(["plain", "markdown"]))
def test_a_name_stays_one_line_without_a_link(text: str, flavour: str) -> None:
    shown = harmless(text, flavour)  # type: ignore[arg-type]
    assert shown.isprintable()
    assert not re.search(r"(?<!\\)\]\(", shown)
    assert len(shown) <= 2 * ARGUMENT_LIMIT


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_of_a_name_is_text(name: str) -> None:
    """Rendered as CommonMark, no name becomes more than a text."""
    markdown_it = pytest.importorskip("markdown_it")
    markdown = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    children = markdown.parseInline(f"Failed by '{harmless(name, 'markdown')}': it.")[0].children
    assert {child.type for child in children or ()} <= {"text", "text_special"}
    assert markdown.parse(f"'{harmless(name, 'markdown')}'")[0].type == "paragraph_open"


@given(st.text(max_size=300), st.integers(4, 100))
def test_shortening_keeps_both_ends(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert short == text if len(text) <= limit else len(short) == limit
    assert short[0:1] == text[0:1]
    assert short[-1:] == text[-1:]


@given(TEMPLATES, st.data())
def test_values_read_out_of_a_message_give_the_message_again(
    text: str, data: st.DataObject
) -> None:
    pieces = re.split(r"\{\w+\}", text)
    values = [data.draw(st.text(max_size=8)) for _ in pieces[1:]]
    message = pieces[0] + "".join(v + p for v, p in zip(values, pieces[1:], strict=True))
    found = reader(text)(message)
    assert found is not None
    again = pieces[0] + "".join(v + p for v, p in zip(found, pieces[1:], strict=True))
    assert again == message


@given(TEMPLATES, st.text(max_size=30))
def test_a_message_of_another_text_is_not_misread(text: str, message: str) -> None:
    pieces = re.split(r"\{\w+\}", text)
    found = reader(text)(message)
    if found is not None:
        again = pieces[0] + "".join(v + p for v, p in zip(found, pieces[1:], strict=True))
        assert again == message


@given(TEMPLATES, st.data(), st.sampled_from(["plain", "markdown"]))
def test_text_id_and_arguments_agree(text: str, data: st.DataObject, flavour: str) -> None:
    made, fields = template("fail", text, flavour)  # type: ignore[arg-type]
    message = made.fill([data.draw(st.text(max_size=300)) for _ in fields])
    assert formatted(made.text, message.arguments) == message.text
    assert message.text.isprintable()
    assert message.text.endswith(".")


def test_values_stand_in_quotes() -> None:
    made, fields = template("fail", "{name} keeps '{days}' days of {name}'s logs!")
    assert made.text == "'{0}' keeps '{1}' days of '{2}'s logs."
    assert fields == ("name", "days", "name")


def test_braces_of_a_name_are_no_placeholder() -> None:
    made, _ = template("fail", "{name} fails")
    message = made.fill(["{0}"])
    assert message.text == "'{{0}}' fails."
    assert message.arguments == ("{0}",)
    assert formatted(made.text, message.arguments) == message.text


def test_a_rule_keeps_its_code_and_loses_its_tags() -> None:
    assert prose("Use `a <b>` not <script>x</script>\n") == (
        "Use `a <b>` not \\<script>x\\</script>"
    )
    assert prose("```\nx < y\n``` and <b>") == "```\nx < y\n``` and \\<b>"


def test_small_pieces() -> None:
    assert sentence("Really?! ") == "Really."
    assert braces("{a}") == "{{a}}"
