"""The summary for a pull request: the answer first, never too long, and no name is live."""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt
from report_samples import DANGEROUS, assessment, every_kind, hostile, reading
from sarif_samples import many, many_rules, scan

from scanner.cli import BAD_INPUT, run
from scanner.reports.markdown import STEP_SUMMARY_BYTES, code, page, plain, write_markdown
from scanner.reports.sarif_text import shorten, visible


def test_the_first_line_is_the_answer() -> None:
    text, whole = page(reading(every_kind()), scan(), assessment=assessment())
    assert whole
    assert text.startswith("## CMMC Level 2: no score yet, no CMMC status\n")


def test_without_an_assessment_it_counts() -> None:
    text, _ = page(reading(every_kind()), scan())
    assert text.startswith("## cmmc-scan: 4 fail, 2 could not be told\n")


def test_what_could_not_be_read_is_told_with_the_permission_that_it_takes() -> None:
    text, _ = page(reading(every_kind()), scan())
    assert "| iam:Get | access was denied; it takes iam:Get | 2 |" in text


def test_failures_stand_by_severity() -> None:
    text, _ = page(reading(every_kind()), scan())
    assert text.index("| critical | 2 |") < text.index("| medium | 1 |") < text.index("| low | 1 |")


def test_without_names_only_rules_and_counts_are_told() -> None:
    secret = "SECRET-NAME"
    given = [
        msgspec.structs.replace(f, name=secret, message=f"{secret} fails") for f in every_kind()
    ]
    named, _ = page(reading(given), scan(), assessment=assessment())
    text, whole = page(reading(given), scan(), assessment=assessment(), names=False)
    assert whole
    assert secret in named
    assert secret not in text
    for line in named.splitlines():
        assert secret in line or line in text or "details" in line
    assert "- Fix, aws: Attach a policy" in text


def test_a_format_that_names_resources_is_not_asked_for_without(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for forms in ([], ["-f", "html"], ["-f", "markdown", "-f", "csv"]):
        assert run(["report", "nowhere", "--no-names", *forms]) == BAD_INPUT
        assert "--no-names goes with --format markdown alone" in capsys.readouterr().err


@pytest.mark.parametrize("limit", [3_000, 60_000])
def test_a_page_that_is_too_long_is_cut_with_a_word(limit: int, tmp_path: Path) -> None:
    rules = many_rules(400)
    path = tmp_path / "summary.md"
    whole = write_markdown(path, reading(list(many(8_000, 400))), scan(rules=rules), limit=limit)
    text = path.read_text()
    assert not whole
    assert len(text.encode()) <= limit
    assert text.endswith("**Cut here: longer than GitHub shows.** findings.jsonl has the rest.\n")
    assert text.count("<details>") == text.count("</details>")


def test_twenty_thousand_findings_fit_into_a_step_summary() -> None:
    rules = many_rules(100)
    text, whole = page(reading(list(many(20_000, 100))), scan(rules=rules))
    assert whole
    assert len(text.encode()) < STEP_SUMMARY_BYTES


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("@org/team", "@<!-- -->org/team"),
        ("fixes #12", "fixes #<!-- -->12"),
        ("https://example.com", "https:<!-- -->//example.com"),
        ("[a](b)", r"\[a\](b)"),
        ("a|b", "a&#124;b"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("`rm`", r"\`rm\`"),
        ("\u202egnp", r"\u202egnp"),
        ("a\n# b", r"a\n#<!-- --> b"),
    ],
)
def test_a_name_is_a_text(name: str, shown: str) -> None:
    assert plain(name) == shown


@pytest.mark.parametrize("text", [*DANGEROUS, "`", "``a`", "a`", " ", "", "`` ` ```"])
def test_a_message_is_one_code_span_and_nothing_of_it_lies_outside(text: str) -> None:
    shown = code(text)
    fence = shown[: len(shown) - len(shown.lstrip("`"))]
    inside = shown[len(fence) : -len(fence)]
    assert shown.endswith(fence)
    assert fence not in re.findall(r"`+", inside)
    assert "\n" not in shown


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_markdown_parser_shows_a_name_as_it_is(name: str) -> None:
    reader = MarkdownIt("commonmark").enable("table")
    shown = shorten(visible(name), 100)
    inside = escape(shown, quote=False).replace('"', "&quot;")
    item = f"<ul>\n<li><code>{inside}</code></li>\n</ul>\n"
    assert reader.render(f"- {code(name, 100)}") == item
    text = reader.render(f"x {plain(name, 100)}").replace("<!-- -->", "")
    assert unescape(text) == f"<p>x {shown}</p>\n"


def test_no_tag_and_no_mention_of_a_name_is_left_outside_code() -> None:
    text, _ = page(reading(hostile()), scan(), assessment=assessment())
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("- `", "- ``")))
    tags = {part.partition(">")[0].split(" ")[0] for part in text.split("<")[1:]}
    assert tags <= {"details", "summary", "/summary", "/details", "!--"}
    assert "@org" not in text
