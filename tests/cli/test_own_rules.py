"""`rules new` and `rules test`: what the next scan would refuse is refused here already."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, FAILED, OK, run
from scanner.resources import rules_dir
from scanner.rules.load import load_rules

SHIPPED = "account-mfa-enforced"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(name: str) -> int:
    return run(["rules", "new", name, "--practice", "IA.L2-3.5.3", "--fact", "identity.account"])


def written(name: str) -> Path:
    """A new rule whose author has written what was to be written."""
    assert new(name) == OK
    path = Path("rules", f"{name}.yaml")
    path.write_text(path.read_text().replace("TODO", "done"))
    return path


def test_a_new_rule_takes_no_id_that_a_shipped_one_has(capsys):
    assert new(SHIPPED) == BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith(f"{SHIPPED}: ")
    assert f"/{SHIPPED}.yaml has this id already; choose another" in said
    assert not Path("rules").exists()


def test_a_file_is_never_replaced(capsys):
    path = written("mine")
    text = path.read_text()
    assert new("mine") == BAD_INPUT
    assert "rules/mine.yaml: exists already; choose another name" in capsys.readouterr().err
    assert path.read_text() == text


def test_a_new_rule_fails_its_test_until_nothing_is_left_to_write(capsys):
    assert new("mine") == OK
    assert run(["rules", "test", "rules/mine.yaml"]) == FAILED
    said = capsys.readouterr().err.splitlines()
    kinds = {line.partition("left in ")[2].partition(";")[0] for line in said}
    assert kinds == {"title", "message", "why", "limits", "fix"}
    lines = Path("rules/mine.yaml").read_text().splitlines()
    for line in said:
        number = int(line.removeprefix("rules/mine.yaml:").partition(":")[0])
        assert "TODO" in lines[number - 1], line

    path = Path("rules/mine.yaml")
    path.write_text(path.read_text().replace("TODO", "done") + "# TODO: a note of ours\n")
    assert run(["rules", "test", "rules"]) == OK


@pytest.mark.parametrize("way", ["its id", "an earlier id"])
def test_a_rule_with_a_shipped_id_fails_its_test_as_it_would_the_scan(capsys, way):
    name = SHIPPED if way == "its id" else "mine"
    path = written("mine").rename(f"rules/{name}.yaml")
    more = "" if way == "its id" else f"\ndeprecated_ids: [{SHIPPED}]"
    path.write_text(path.read_text().replace("id: mine", f"id: {name}{more}"))
    assert run(["rules", "test", "rules"]) == BAD_INPUT
    tested = capsys.readouterr().err
    assert f"has the id {SHIPPED} already; choose another" in tested
    assert run(["rules", "list", "--rules-dir", "rules"]) == BAD_INPUT
    assert capsys.readouterr().err == tested


def test_the_shipped_rules_of_another_checkout_are_no_clash():
    practice = load_rules([rules_dir()]).find(SHIPPED)
    assert practice is not None
    file = Path(practice.file)
    copy = Path("checkout/rules", *file.parts[-3:])
    copy.parent.mkdir(parents=True)
    shutil.copy(file, copy)
    assert run(["rules", "test", "checkout/rules"]) == OK
    copy.write_text(copy.read_text() + "# changed\n")
    assert run(["rules", "test", "checkout/rules"]) == BAD_INPUT


@pytest.mark.parametrize("folder", ["file", "file/rules"])
def test_a_folder_that_cannot_be_made_is_named(capsys, folder):
    Path("file").write_text("")
    arguments = ["rules", "new", "mine", "--practice", "IA.L2-3.5.3", "--fact", "host"]
    assert run([*arguments, "-d", folder]) == BAD_INPUT
    assert capsys.readouterr().err.startswith(f"{folder}: cannot be written: ")
