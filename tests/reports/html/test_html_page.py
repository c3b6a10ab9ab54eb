"""The file itself: same bytes, nothing foreign in it, every name as text."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from html_samples import GAP, HOSTILE, LONG, RULES, TREND, finding, findings, sample

from scanner.assess.statements import Artifact, Attestation, Statements
from scanner.errors import InputError
from scanner.reports.html import write_html
from scanner.reports.html.tally import shares, tally
from scanner.reports.html.week import WEEK_MINUTES, one_week
from scanner.reports.sarif_text import visible


class Reader(HTMLParser):
    """Elements, texts and data blocks of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.data: list[Any] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "br"):
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag

    def handle_data(self, data: str) -> None:
        tag, attributes = self._open[-1] if self._open else ("", {})
        if tag == "script" and attributes.get("type") == "application/json":
            self.data.append(json.loads(data))
        elif tag == "script":
            self.scripts.append(data)
        elif tag == "style":
            self.styles.append(data)
        else:
            self.texts.append(data)


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert not reader._open
    return reader


@pytest.fixture
def page(page_of: Any) -> Reader:
    return read(page_of(300))


def rows(reader: Reader) -> list[list[Any]]:
    return [row for block in reader.data if isinstance(block, list) for row in block]


def tables(reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = reader.data[-1]
    return found


def words(reader: Reader) -> str:
    return " ".join(" ".join(reader.texts).split())


def write(tmp_path: Path, count: int, name: str = "report.html", **options: Any) -> Path:
    path = tmp_path / name
    found, assessment, context = sample(count)
    context = replace(context, **options.pop("context", {}))
    write_html(path, found, assessment, context, **options)
    return path


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = write(tmp_path, 300, "one.html"), write(tmp_path, 300, "two.html")
    assert one.read_bytes() == two.read_bytes()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600


def test_hash_order_does_not_matter(tmp_path: Path) -> None:
    """Another process, another hash seed."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from html_samples import sample\n"
        "from scanner.reports.html import write_html\n"
        "f, a, c = sample(120)\n"
        "write_html(Path(sys.argv[2]), f, a, c)\n"
    )
    made = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.html"
        command = [sys.executable, "-c", program, str(Path(__file__).parent), str(path)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        made.append(path.read_bytes())
    assert made[0] == made[1]


def test_policy_names_the_only_script_and_style(page: Reader) -> None:
    metas = [a for tag, a in page.elements if tag == "meta"]
    policy = next(a["content"] for a in metas if "http-equiv" in a)
    assert policy is not None
    for kind, text in (("script-src", page.scripts), ("style-src", page.styles)):
        assert len(text) == 1
        digest = base64.b64encode(hashlib.sha256(text[0].encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_loads_nothing(page: Reader) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("img", "link", "iframe", "object", "embed", "base", "audio", "video")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "style", "srcset", "action")
            if name == "href":
                assert value is not None
                assert value.startswith("#")
    assert "url(" not in page.styles[0]
    assert "@import" not in page.styles[0]
    assert not re.search(r"https?:", page.scripts[0])
    assert "innerHTML" not in page.scripts[0]


def test_hostile_names_are_texts(page: Reader, page_of: Any) -> None:
    source = page_of(300).read_text(encoding="utf-8")
    for bad in (
        "<img",
        "<!--",
        "<b>no",
        "<b>people</b>",
        "\u202e",
        "\u2028",
        "\x00",
        "\x1b",
        "\x07",
    ):
        assert bad not in source
    assert source.count("</script>") == source.count("<script")
    names = {row[3] for row in rows(page)}
    assert {visible(name) for name in HOSTILE} <= names
    assert LONG in names
    assert "Example <Defense> LLC" in words(page)
    assert "AccessDenied <b>no</b>" in words(page)


def test_too_long_a_name_loses_its_middle_visibly(tmp_path: Path) -> None:
    found = finding(RULES[0], "fail", "y" * 9000, 1)
    _, assessment, context = sample(20)
    path = tmp_path / "report.html"
    write_html(path, lambda: iter([found]), assessment, context)
    name = rows(read(path))[0][3]
    assert len(name) == 4096
    assert "…" in name


def test_every_finding_is_in_the_page(page: Reader) -> None:
    found = rows(page)
    assert [row[6] for row in found] == [f.fingerprint for f in findings(300)]
    known = tables(page)
    for row, expected in zip(found, findings(300), strict=True):
        assert known["rules"][row[0]][0] == expected.rule
        assert known["places"][row[2]][1] == expected.scope
        assert known["times"][row[7]] == expected.observed_at
        assert (row[8] > 0) == (expected.reason is not None)
        if expected.verdict == "pass":
            assert row[5] == 0
    assert known["texts"]["mfa"]["fix"]["aws"].startswith("aws: ")


def test_says_what_could_not_be_seen_beside_what_fails(page: Reader) -> None:
    text = words(page)
    found = tally(findings(300))
    assert f"{found.counts['fail']} findings, 10 rules" in text
    assert f"{found.counts['blind']} verdicts unknown, 1 read missing" in text
    ids = {attributes.get("id") for _, attributes in page.elements}
    assert f"gap/{GAP.id}" in ids
    for section in ("answer", "domains", "unseen", "findings", "practices", "stating", "iso",
                    "poam", "evidence"):  # fmt: skip
        assert section in ids
    assert "declarations: list-1" in text
    assert "the source article's estimate" in text
    assert "ab" * 32 in text
    assert "the attestation screening does not count" in text


def test_links_inside_the_page_lead_somewhere(page: Reader) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    prints = {f"finding/{row[6]}" for row in rows(page)}
    for tag, attributes in page.elements:
        if tag == "a":
            place = (attributes["href"] or "").removeprefix("#").partition("?")[0]
            assert place in ids or place in prints, place


def test_ids_are_given_once(page: Reader) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_what_is_not_listed_is_counted_and_said(tmp_path: Path) -> None:
    page = read(write(tmp_path, 1000, row_limit=200))
    kinds = [tables(page)["classes"][row[1]] for row in rows(page)]
    found = tally(findings(1000))
    assert len(kinds) <= 200
    assert "pass" not in kinds
    left = found.total - len(kinds)
    assert f"{left:,} findings are counted everywhere above and not listed here" in words(page)
    assert f"{found.counts['pass']:,} of {found.counts['pass']:,} passes" in words(page)


def test_failures_are_embedded_before_anything_else() -> None:
    found = tally(findings(1000))
    share = shares(found, row_limit=found.counts["fail"])
    assert sum(n for (kind, _, _), n in share.items() if kind == "fail") == found.counts["fail"]
    assert not sum(n for (kind, _, _), n in share.items() if kind != "fail")
    few = shares(found, row_limit=60)
    assert {n for (kind, _, _), n in few.items() if kind == "fail"} == {
        min(60 // len([g for g in found.groups if g[0] == "fail"]), n)
        for (kind, _, _), (n, _) in found.groups.items()
        if kind == "fail"
    }
    assert not sum(n for (kind, _, _), n in few.items() if kind != "fail")
    assert sum(shares(found, byte_limit=50_000).values()) < 400


def test_redacted_page_names_nobody(tmp_path: Path) -> None:
    plain = write(tmp_path, 300).read_text(encoding="utf-8")
    hidden = write(tmp_path, 300, "redacted.html", redact=True).read_text(encoding="utf-8")
    things = {f.name for f in findings(300) if f.rule not in ("mfa", "idle")}
    people = (
        {f.name for f in findings(300) if f.rule in ("mfa", "idle")} - things - {*HOSTILE, LONG}
    )
    assert people
    for name in people:
        assert f'"{name}"' in plain
        assert f'"{name}"' not in hidden
        assert f"{name} is not" not in hidden
    assert "owner-of-" not in hidden
    assert "Ada Example" not in hidden
    assert any(f'"{name}"' in hidden for name in things)


def test_a_page_without_anything(tmp_path: Path) -> None:
    _, assessment, context = sample(0)
    path = tmp_path / "report.html"
    write_html(path, lambda: iter(()), assessment, replace(context, rules=(), items=()))
    text = words(read(path))
    assert "Nothing that was looked at fails." in text
    assert "No item." in text


@pytest.mark.parametrize("level", [1, 3])
def test_other_levels(tmp_path: Path, level: int) -> None:
    found, assessment, context = sample(300, level)
    path = tmp_path / "report.html"
    write_html(path, found, assessment, context)
    page = read(path)
    text = words(page)
    assert f"CMMC Level {level} · judged as of 2026-11-24" in text
    assert ("objectives of SP 800-172A are not judged" in text) is (level == 3)
    assert {1: "all 15 requirements are MET", 3: "Level 3 asks for Final Level 2"}[level] in text
    domains = [a["id"] for _, a in page.elements if (a.get("id") or "").startswith("domain/")]
    assert len(domains) == {1: 6, 3: 14 + 10}[level]


@pytest.mark.parametrize(
    ("level", "cite", "hashes"),
    [
        (1, "32 CFR 170.15(c)(2)", "Level 1 asks for no hashes."),
        (2, "32 CFR 170.16(c)(4), 170.17(c)(4)", "A C3PAO asks for their hashes too"),
        (3, "32 CFR 170.18(c)(4)", "Their hashes are asked for too"),
    ],
)
def test_each_level_keeps_its_evidence_by_its_own_clause(
    tmp_path: Path, level: int, cite: str, hashes: str
) -> None:
    """All four sections ask to keep it for six years; hashes are for C3PAO and DIBCAC alone."""
    found, assessment, context = sample(0, level)
    path = tmp_path / "report.html"
    write_html(path, found, assessment, context)
    text = words(read(path))
    assert f"Keep them for six years from the CMMC Status Date ({cite}). {hashes}" in text


def test_what_is_held_stands_at_the_top(tmp_path: Path) -> None:
    told = Attestation(
        id="s", statement="x", by="A", on="2026-05-04", review_by="2027-05-03",
        items=("final-level-2-self",), status_date="2026-05-04",
        artifacts=(Artifact(path="sprs.pdf", actual="0" * 64),),
    )  # fmt: skip
    found, assessment, context = sample(0, given=Statements(attestations=(told,)))
    path = tmp_path / "report.html"
    write_html(path, found, assessment, context)
    text = words(read(path))
    assert "Final Level 2 (Self) since 2026-05-04: current until 2029-05-04" in text


def test_without_a_plan_it_says_what_the_score_would_be(tmp_path: Path) -> None:
    found, assessment, context = sample(300, given=Statements())
    path = tmp_path / "report.html"
    write_html(path, found, assessment, context)
    text = words(read(path))
    assert "No score" in text
    assert "With the plan attested it would lie at" in text


def test_notes_and_an_unfinished_collection_stand_at_the_top(tmp_path: Path) -> None:
    _, _, context = sample(0)
    stopped = replace(context.snapshot, complete=False)  # type: ignore[type-var]
    options = {"notes": ("Only two rules were judged.",), "snapshot": stopped}
    text = words(read(write(tmp_path, 20, context=options)))
    assert "Only two rules were judged." in text
    assert "The collection reached its deadline" in text


def test_the_trend_stands_under_the_answer_where_there_is_a_history(tmp_path: Path) -> None:
    page = read(write(tmp_path, 20))
    text = words(page)
    assert "Open failures: 46 on 2026-11-01, 23 on 2026-11-24, 24 runs" in text
    assert "2026-11-24 07:33 UTC 0 16 0 7 0 0 0 0 0 40 to 64" in text
    assert "2026-11-16" not in text, "the table has the last eight runs"
    assert any(tag == "polygon" for tag, _ in page.elements)
    first = words(read(write(tmp_path, 20, "1.html", context={"trend": TREND[:1]})))
    assert "This is the first run that was kept" in first
    assert "Over time" not in words(read(write(tmp_path, 20, "0.html", context={"trend": ()})))


def test_one_week_takes_the_most_points_an_hour_and_no_more() -> None:
    read_, assessment, _ = sample(3000)
    failing = {rule: row.count for rule, row in tally(read_()).failing.items()}
    repairs = one_week(assessment, failing)
    assert repairs
    assert sum(r.minutes for r in repairs) <= WEEK_MINUTES
    first, *rest = repairs
    assert all(first.points / first.minutes >= r.points / r.minutes for r in rest if r.minutes)
    assert one_week(assessment, {}) == ()


def test_a_file_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    found, assessment, context = sample(5)
    with pytest.raises(InputError, match="cannot be written"):
        write_html(tmp_path / "no" / "report.html", found, assessment, context)
    assert not list(tmp_path.iterdir())


def test_a_hundred_thousand_findings_stay_in_bounds(tmp_path: Path) -> None:
    """In a process of its own, which reports its highest memory in KiB.

    VmHWM and not ru_maxrss: the latter starts at the memory of the process that forked it.
    """
    program = (
        "import re, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from html_samples import sample\n"
        "from scanner.reports.html import write_html\n"
        "f, a, c = sample(100_000)\n"
        "write_html(Path(sys.argv[2]), f, a, c)\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', status)[1])\n"
    )
    path = tmp_path / "report.html"
    command = [sys.executable, "-c", program, str(Path(__file__).parent), str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) < 200 * 1024
    assert path.stat().st_size < 60 * 1024 * 1024


def test_the_same_refusal_at_many_places_is_one_entry(tmp_path: Path) -> None:
    _, assessment, context = sample(20)
    gaps = {
        f"{n:012x}": msgspec.structs.replace(GAP, id=f"{n:012x}", scope=f"aws:aws-us-gov:{n:012}")
        for n in range(3400)
    }
    path = tmp_path / "report.html"
    write_html(path, lambda: findings(20), assessment, replace(context, gaps=gaps))
    page = read(path)
    assert "and 3,360 more places" in words(page)
    assert sum("card" in (a.get("class") or "") for _, a in page.elements) == 2
    assert path.stat().st_size < 2_000_000
