"""Microsoft's validator has nothing to say against our files but the notes explained here.

It runs where it is installed: the binary named by SARIF_MULTITOOL, or the one that
`npm install --prefix <folder> @microsoft/sarif-multitool@5.7.0` lays into a node_modules folder of
the checkout or that npx keeps. The binary is called directly: the package's own start script hands
its arguments to a shell, which cuts them at the semicolon of "Sarif;Ghas".
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sarif_samples import (
    HOSTILE,
    LOGS,
    MFA,
    blind,
    every_kind,
    finding,
    gap,
    in_order,
    many,
    many_rules,
    scan,
)
from test_sarif import controls_of

from scanner.facts.ledger import Reason
from scanner.reports.github import write_github
from scanner.reports.sarif import write_sarif
from scanner.reports.sarif_inputs import Scan, described
from scanner.reports.titles import catalogue_titles
from scanner.resources import rules_dir
from scanner.rules.load import load_rules

NOTES = {
    "SARIF2003": "Only where the repository is unknown, and for GitHub, which knows the commit.",
    "SARIF2006": "A page that cannot be reached: tests run offline.",
    "SARIF2009": "Our rule ids are words in kebab-case, not letters and a number.",
}
"""The notes that a file may get, and why."""

WITHOUT_LINES = {
    "SARIF2010": "A host scanned without a configuration has no line to show.",
    "SARIF2011": "Nor a context around it.",
    "SARIF2013": "Nor a file to embed.",
}


def multitool() -> Path | None:
    """The validator's binary, if it is installed."""
    named = os.environ.get("SARIF_MULTITOOL")
    inside = "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    root = Path(__file__).parents[2]
    folders = [root, root / ".ci", *sorted(Path.home().glob(".npm/_npx/*"))]
    for path in [Path(named)] if named else [folder / inside for folder in folders]:
        if path.is_file():
            if not os.access(path, os.X_OK):  # npm may have been told to run no install script
                path.chmod(0o755)
            return path
    return None


TOOL = multitool()
pytestmark = pytest.mark.skipif(TOOL is None, reason="sarif-multitool is not installed")


def validate(*paths: Path) -> dict[str, list[tuple[str, str, str]]]:
    """What the validator says, as (rule, level, argument), by the file's name."""
    assert TOOL is not None
    log = paths[0].parent / "validation.log"
    command = [
        *(str(TOOL), "validate", *map(str, paths), "--rule-kind", "Sarif;Ghas"),
        *("--level", "Error;Warning;Note", "--max-file-size-in-kb", "200000"),
        *("--output", str(log), "--log", "ForceOverwrite", "--quiet", "True"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1_200)
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = json.loads(log.read_text(encoding="utf-8-sig"))["runs"]
    assert all(
        not invocation.get("toolExecutionNotifications")
        and not invocation.get("toolConfigurationNotifications")
        for invocation in run.get("invocations", ())
    ), run["invocations"]
    said: dict[str, list[tuple[str, str, str]]] = {path.name: [] for path in paths}
    for result in run["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        about = (result["message"].get("arguments") or [""])[-1]
        level = result.get("level", "warning")
        said[uri.rpartition("/")[2]].append((result["ruleId"], level, about))
    return said


def written(folder: Path) -> Iterator[Path]:
    """Files of both profiles: 100 results, each kind, hostile, empty, carried, summed up."""
    of = scan(gaps=[gap(id=reason, reason=reason) for reason in Reason.__args__])  # type: ignore[attr-defined]
    hundred = list(many(100))
    for name, findings, about, voices in (
        ("hundred", hundred, scan(rules=many_rules()), ("hashed", "full")),
        ("kinds", every_kind(), of, ("hashed", "full")),
        ("hostile", hostile(), scan(rules=[MFA, hostile_rule()]), ("full",)),
        ("empty", [], scan(), ("hashed",)),
        ("shipped", *shipped(), ("full",)),
    ):
        path = folder / f"{name}.sarif"
        write_sarif(path, lambda f=findings: iter(f), about, baseline={})  # type: ignore[misc]
        yield path
        for subjects in voices:
            made = write_github(
                folder / subjects,
                lambda f=findings: iter(f),  # type: ignore[misc]
                about,
                targets=["prod"],
                complete=True,
                carried=[finding(LOGS, "log/old", scope="aws:999999999999")],
                subjects=subjects,  # type: ignore[arg-type]
            )
            path = next(c.path for c in made if c.target == "prod" and c.path is not None)
            yield path.rename(folder / f"{name}-{subjects}.sarif")


def shipped() -> tuple[list[Any], Scan]:
    """Every rule that comes with the program, failed and unknown."""
    rules = tuple(load_rules([rules_dir()]))
    of = scan(rules=rules, titles=catalogue_titles(), controls=controls_of)
    return in_order([f for r in described(of) for f in (finding(r), blind(r))]), of


def hostile() -> list[Any]:
    named = [finding(subject=f"user/{n}", name=n, message=f"{n} failed") for n in HOSTILE]
    own = [
        finding(subject=f"u/{n}", name=n, message=MFA.message.format(name=n, provider=n))
        for n in HOSTILE
    ]
    bad = [finding(hostile_rule(), f"user/{n}", name=n, verdict="unknown") for n in HOSTILE]
    return in_order([*named, *own, *bad])


def hostile_rule() -> Any:
    text = "<b>x</b> [a](b) {0} }} \u202e `c\n" * 60
    words = dict.fromkeys(("title", "why", "limits", "message"), text)
    return msgspec.structs.replace(MFA, id="z3-bad", deprecated_ids=(), fix={"a": text}, **words)


def test_no_error_no_warning_and_no_note_without_a_reason(tmp_path: Path) -> None:
    paths = list(written(tmp_path))
    said = validate(*paths)
    assert set(said) == {path.name for path in paths}
    for name, results in said.items():
        unexplained = Counter(r for r in results if r[0] not in NOTES or r[1] != "note")
        assert not unexplained, (name, unexplained)
        if "hashed" not in name and "full" not in name:
            assert "SARIF2003" not in {rule for rule, _, _ in results}
    assert "SARIF2009" in {rule for rule, _, _ in said["hundred.sarif"]}, "its notes are not shown"


def test_a_host_without_a_configuration(tmp_path: Path) -> None:
    of = scan(places={}, repository=None)
    path = tmp_path / "host.sarif"
    write_sarif(path, lambda: iter(every_kind()), of)
    results = validate(path)[path.name]
    assert {r[1] for r in results} == {"note"}
    assert {r[0] for r in results} <= {*NOTES, *WITHOUT_LINES}


def test_the_schema_that_the_validator_ships(tmp_path: Path) -> None:
    """The same object model by a second reader: JSON Schema, every property and type."""
    from jsonschema import Draft202012Validator

    assert TOOL is not None
    schema = json.loads((TOOL.parent / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
    validator = Draft202012Validator(schema)
    for path in written(tmp_path):
        faults = [
            f"{e.json_path}: {e.message}"
            for e in validator.iter_errors(json.loads(path.read_bytes()))
        ]
        assert faults == [], (path.name, faults[:3])
