"""What one verb writes of days, the next one reads: for any day, or the day is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from scanner.cli import BAD_INPUT, INCOMPLETE, OK, run


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scan in out/, of a host of which some rules fail."""
    folder = tmp_path_factory.mktemp("scanned")
    etc = folder / "host" / "etc"
    etc.mkdir(parents=True)
    (etc / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (etc / "machine-id").write_text("0123456789abcdef" * 2 + "\n")
    (etc / "passwd").write_text("root:x:0:0::/root:/bin/bash\n")
    (folder / "c.yaml").write_text(
        f"targets:\n  - {{id: h, provider: linux, root: {folder}/host}}\npoam: poam.yaml\n"
    )
    arguments = ["scan", "-c", f"{folder}/c.yaml", "-q", "-o", f"{folder}/out", "--rules", "SC"]
    assert run(arguments) in (OK, 1, INCOMPLETE)
    return folder


@pytest.fixture
def verb(scanned: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(scanned)

    def call(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run([arguments[0], "out", "-c", "c.yaml", *arguments[1:]])
        return code, capsys.readouterr().err

    return call


@pytest.mark.parametrize("day", ["2000-01-01", "2004-02-29", "2199-12-31"])
def test_what_is_written_of_a_day_is_read_again(verb, tmp_path: Path, day: str) -> None:
    Path("poam.yaml").unlink(missing_ok=True)
    assert verb("poam", "--as-of", day) == (OK, "")
    items = yaml.safe_load(Path("poam.yaml").read_text())["items"]
    assert {str(item["status_since"]) for item in items} == {day}
    assert verb("attest", "--as-of", day, "--write", str(tmp_path))[0] == OK
    written = sorted(tmp_path.iterdir())
    assert verb("attest", "--write", str(tmp_path))[0] == OK
    assert sorted(tmp_path.iterdir()) == written
    for name in ("poam", "assess", "plan"):
        assert verb(name)[0] == OK


def test_a_status_day_that_nothing_can_be_counted_from_is_refused_where_it_stands(verb) -> None:
    Path("poam.yaml").write_text("schema: 1\nconditional_status_date: 9999-12-31\nitems: []\n")
    for name in ("assess", "poam", "plan"):
        code, said = verb(name)
        assert code == BAD_INPUT
        assert said.startswith("poam.yaml:2:26: 9999-12-31 is out of bounds")
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    "day",
    [
        *("", " ", "2026-11-24 ", "2026-02-29", "2026-13-01", "24.11.2026", "today", "-1"),
        *("0001-01-01", "1999-12-31", "2200-01-01"),
    ],
)
@pytest.mark.parametrize("name", ["assess", "attest", "poam", "plan"])
def test_what_is_no_day_is_refused_in_a_line(verb, name: str, day: str) -> None:
    Path("poam.yaml").unlink(missing_ok=True)
    code, said = verb(name, f"--as-of={day}")
    assert code == BAD_INPUT
    assert said.count("\n") == 1
    assert "--as-of" in said
    assert not Path("poam.yaml").exists()
