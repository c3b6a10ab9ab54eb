"""Which of a change's own lines made what fails."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import InputError
from scanner.findings import Finding
from scanner.origin.change import end_of, spans, touched
from scanner.reports.touched import markdown, text, workflow_commands

TF = """\
resource "aws_s3_bucket" "a" {
  bucket = "a"
  policy = <<EOT
}
EOT
}

resource "aws_s3_bucket" "b" {
  bucket = "b"
}
"""


def failure(made_by: str | None, **changed: object) -> Finding:
    found = Finding(
        rule="storage-encrypted",
        practice="SC.L2-3.13.16",
        objectives=(),
        iso=(),
        verdict="fail",
        strength="observed",
        severity="high",
        subject="s",
        name="timesheets",
        target="prod",
        scope="aws:1",
        provider="aws",
        region=None,
        message="",
        fingerprint="f",
        observed_at=None,
        made_by=made_by,
    )
    return Finding(**{n: changed.get(n, getattr(found, n)) for n in found.__struct_fields__})


@pytest.fixture
def repository(tmp_path: Path):
    """A repository with one commit; returns a function that writes a file and gives the diff."""

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        step = ["git", *who, *arguments]
        done = subprocess.run(step, cwd=tmp_path, check=True, capture_output=True)
        return done.stdout.decode()

    git("init", "-q")
    for name in ("infra/main.tf", "infra/na\u00efve stack.tf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TF)
    git("add", ".")
    git("commit", "-qm", "one")

    def change(name: str, new: str | None, *options: str) -> str:
        if new is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).write_text(new)
        return git("diff", *options)

    return change


def lines_hit(patch: str, new: str, file: str = "infra/main.tf") -> list[int]:
    found = [failure(f"{file}:1"), failure(f"{file}:8")]
    return [one.line for one in touched(found, spans(patch), lambda _: new.splitlines())]


@pytest.mark.parametrize("context", ["-U0", "-U3"])
@pytest.mark.parametrize(
    ("old", "new", "hit"),
    [
        ('bucket = "b"', 'bucket = "c"', [8]),
        ("EOT\n}\n", "EOT\n  tags = {}\n}\n", [1]),
        ('  bucket = "a"\n', "", [1]),
        ("\n\nresource", "\n# note\n\nresource", []),
        ('resource "aws_s3_bucket" "b"', 'resource "aws_s3_bucket" "bb"', [8]),
    ],
)
def test_a_block_is_touched_where_a_line_of_it_is_new_changed_or_taken_out(
    repository, context, old, new, hit
):
    after = TF.replace(old, new)
    made = [n for n, line in enumerate(after.splitlines(), 1) if line.startswith("resource")]
    patch = repository("infra/main.tf", after, context)
    found = [failure(f"infra/main.tf:{n}") for n in made]
    lines = [one.line for one in touched(found, spans(patch), lambda _: after.splitlines())]
    assert lines == [made[0] if each == 1 else made[1] for each in hit]


def test_what_was_taken_out_after_a_block_touches_it_not(repository):
    long = TF + "\n# the end\n"
    repository("infra/main.tf", long)
    patch = "--- a/infra/main.tf\n+++ b/infra/main.tf\n@@ -11,2 +10,0 @@\n-\n-# the end\n"
    assert lines_hit(patch, TF) == []


def test_a_name_that_git_quotes_is_read(repository):
    name = "infra/na\u00efve stack.tf"
    after = TF.replace('"b"\n', '"c"\n')
    patch = repository(name, after)
    assert "\\303" in patch
    assert lines_hit(patch, after, name) == [8]


def test_a_file_that_is_gone_touches_nothing(repository):
    assert spans(repository("infra/main.tf", None)) == {}


def test_only_open_failures_of_touched_files_count():
    change = {"infra/main.tf": ((9, 9),)}
    found = [
        failure("infra/main.tf:8", verdict="pass"),
        failure("infra/main.tf:8", suppressed="EX-1"),
        failure("infra/other.tf:8"),
        failure(None),
    ]
    assert list(touched(found, change, lambda _: TF.splitlines())) == []


@pytest.mark.parametrize(
    ("file", "content", "line", "end"),
    [
        ("t.yaml", "Resources:\n  A:\n    Type: x\n\n    P: 1\n  B:\n    Type: y\n", 2, 5),
        ("t.json", json.dumps({"A": {"Type": {"x": 1}}, "B": {}}, indent=2), 2, 6),
        ("t.bicep", "resource a 'x' = {\n  name: 'a'\n}\n\nvar b = 1\n", 1, 3),
        ("t.bicep", "resource a 'x'", 7, 7),
    ],
)
def test_where_a_block_ends(file, content, line, end):
    assert end_of(file, content.splitlines(), line) == end


@pytest.mark.parametrize("patch", ["hello", "@@ no hunk", "+++ b/x\n@@ -1 +1,3 @@\n+one\n"])
def test_what_is_no_diff_is_refused(patch):
    with pytest.raises(InputError, match="diff"):
        spans(patch, "change.diff")


@given(st.text())
def test_no_text_breaks_the_reader(patch):
    with suppress(InputError):
        spans(patch)


TITLES = {"storage-encrypted": "Storage is encrypted"}
HOSTILE = failure("infra/main.tf:8", name="a\n::error::x @all #1 | %0A")


def found(*names: str):
    each = [failure("infra/main.tf:8", name=name) for name in names]
    return list(touched(each, {"infra/main.tf": ((9, 9),)}, lambda _: TF.splitlines()))


def test_a_line_says_what_fails_there_and_for_which_practice():
    assert list(text(found("b", "a"), TITLES, names=True)) == [
        "infra/main.tf:8  SC.L2-3.13.16  high  storage-encrypted",
        "    Storage is encrypted: a, b",
    ]
    assert "5 resources" in list(text(found(*"abcde"), TITLES, names=False))[1]
    assert "a, b, c and 2 more" in list(text(found(*"abcde"), TITLES, names=True))[1]


def test_github_is_given_the_block_and_no_name_breaks_out():
    (line,) = workflow_commands(found(HOSTILE.name), TITLES, names=True)
    assert line == (
        "::error file=infra/main.tf,line=8,endLine=10,title=SC.L2-3.13.16 storage-encrypted::"
        "Storage is encrypted: a\\n::error::x @all #1 | %250A fails this"
    )


def test_a_table_holds_no_markup_of_a_name():
    *_, row = markdown(found(HOSTILE.name), TITLES, names=True)
    assert row.count("|") - row.count("\\|") == 6
    assert "@all" not in row


def test_nothing_is_said_in_words():
    assert "was made by the lines" in "".join(markdown([], TITLES, names=True))
    assert list(workflow_commands([], TITLES, names=True)) == []
