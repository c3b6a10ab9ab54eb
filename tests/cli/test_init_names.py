"""`init`: whatever a name holds, what it writes is read back by the next command."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli import FAILED, INCOMPLETE, OK, run
from scanner.documents import load


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ('Jörg & Söhne "GmbH"', 'Jörg & Söhne "GmbH"'),
        ("\U0001f600 Ltd", "\U0001f600 Ltd"),
        ("a\u2028b", "a\u2028b"),
        ("red \x1b[31m", "red \\u001b[31m"),
    ],
)
def test_an_organisation_may_be_called_anything(name, kept):
    assert run(["init", "--provider", "linux", "--organization", name]) == OK
    assert load("cmmc-scan.yaml").value["organization"] == kept


def test_what_is_proposed_of_a_hostile_host_is_judged_by(here, capsys):
    host = here / "host" / "etc"
    host.mkdir(parents=True)
    (host / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (host / "machine-id").write_text("0123456789abcdef" * 2 + "\n")
    people = ["ana", "bo\x1b[31mb", "c\u202edy", "\x9b31m", "\U0001f600"]
    lines = [f"{name}:x:{1000 + n}:100::/home/x:/bin/bash\n" for n, name in enumerate(people)]
    (host / "passwd").write_text("root:x:0:0::/root:/bin/bash\n" + "".join(lines))
    config = f"targets:\n  - {{id: h, provider: linux, root: {here}/host}}\n"
    Path("c.yaml").write_text(config)
    assert run(["scan", "-c", "c.yaml", "-q", "-o", "out"]) in (OK, FAILED, INCOMPLETE)
    assert run(["init", "--from", "out"]) == OK
    said = capsys.readouterr().out
    lists = load("declarations.yaml").value
    assert {r["id"] for r in lists["accounts"]} == {"root", "ana", "c\u202edy", "\U0001f600"}
    assert {r["id"] for r in lists["administrators"]} == {"root"}
    assert "declarations.yaml: 5 records proposed in 2 lists" in said
    assert "declarations.yaml: 2 more stand there as comments" in said

    Path("c.yaml").write_text(f"{config}declarations: declarations.yaml\nscope: scope.yaml\n")
    evaluate = ["evaluate", "out", "-c", "c.yaml", "-q", "-o", "again"]
    assert run(evaluate) in (OK, FAILED, INCOMPLETE)
