"""The README is true: its examples run, its tables are those that the code gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from scanner.collect import collect
from scanner.collectors.base import Collector, Target
from scanner.snapshot.read import open_snapshot

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_example_collector_collects(tmp_path: Path):
    [code] = blocks("python")
    names: dict[str, object] = {}
    exec(code, names)
    collector = names["COLLECTOR"]
    assert isinstance(collector, Collector)
    collect([Target("t", "example", {})], {"example": collector}, None, tmp_path / "s")
    [fact] = open_snapshot(tmp_path / "s").facts("storage.store")
    assert fact.name == "first"


def test_the_example_configuration_is_accepted(tmp_path: Path):
    pytest.importorskip("botocore")
    from scanner.collect import collector_for
    from scanner.config import load_config

    text, _ = blocks("yaml")
    path = tmp_path / "cmmc-scan.yaml"
    path.write_text(text)
    config = load_config(path, collector_for)
    assert [target.id for target in config.targets] == ["prod", "bastion"]
    assert set(config.files) == set(yaml.safe_load(text)) - {
        "organization",
        "level",
        "targets",
        "params",
        "gaps",
    }


def test_every_verb_that_it_names_exists():
    from scanner.cli.verbs import VERBS

    named = set(re.findall(r"cmmc-scan ([a-z]+)", README))
    assert named <= set(VERBS) | {"reads", "or"}, named - set(VERBS)


def test_the_ci_script_is_its_test_command():
    script = (Path(__file__).parent.parent / ".ci" / "run").read_text()
    [command] = [line for line in README.splitlines() if "python -m tests" in line]
    assert command in script


def test_the_table_of_emulated_reads_is_the_codes():
    pytest.importorskip("botocore")
    from scanner.demo.aws.registry import readme_table

    assert readme_table().strip() in README


def test_formats_take_the_place_of_the_page_and_do_not_add_to_it():
    from scanner.cli.forms import FORMS
    from scanner.cli.scan import command

    [option] = [each for each in command.params if each.name == "forms"]
    assert option.default == ("html",)
    [told] = [part for part in README.split("\n\n") if part.startswith("`--format` takes")]
    assert set(FORMS) <= set(re.findall(r"`(\w+)`", told))
