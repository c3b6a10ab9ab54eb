"""The files that a scan leaves beside its findings."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import merge
from pathlib import Path

import msgspec

from scanner import __version__, findings
from scanner.cli import repository
from scanner.cli.lifecycle import Past, github_arguments
from scanner.cli.say import say, warn
from scanner.cli.steps import controls_of
from scanner.config import Config
from scanner.reports.changes import cell
from scanner.reports.github import write_github
from scanner.reports.github_files import order
from scanner.reports.redact import redacted_gap, redactor
from scanner.reports.sarif import write_sarif
from scanner.reports.sarif_inputs import Place, Scan
from scanner.reports.titles import catalogue_titles
from scanner.rules.model import Rule
from scanner.snapshot.read import Snapshot


def write_reports(
    snapshot: Snapshot,
    path: Path,
    config: Config,
    rules: Sequence[Rule],
    out: Path,
    *,
    targets: Sequence[str],
    part: str | None,
    before: Past | None = None,
    scopes: Mapping[str, Collection[str]] | None = None,
    redact: bool = False,
) -> list[str]:
    """Write findings.sarif and github/ from findings.jsonl; returns what is there now.

    targets: those that have a category. part: why not every rule was judged over every target;
    then GitHub's files are not written, since an alert that the next upload lacks is closed.
    before: what the history or a baseline tells. scopes: by target, all places that were looked
    at; null: each target tells which it has. redact: leave out what names or describes people.
    """
    changed = redactor(rules) if redact else None

    def read() -> Iterator[findings.Finding]:
        lines = findings.read(path)
        return map(changed, lines) if changed is not None else lines

    if before is not None and changed is not None:
        was = before.earlier
        absent, carried = [*map(changed, was.absent)], [*map(changed, was.carried)]
        before = replace(
            before, earlier=msgspec.structs.replace(was, absent=absent, carried=carried)
        )
    states = before.earlier.baseline if before is not None else None
    gone = before.earlier.absent if before is not None and states is not None else ()
    scan = scan_of(snapshot, config, rules)
    if redact:
        scan = replace(scan, gaps=tuple(map(redacted_gap, scan.gaps)))
    write_sarif(
        out / "findings.sarif",
        lambda: merge(read(), sorted(gone, key=order), key=order) if gone else read(),
        scan,
        baseline=states,
    )
    categories = write_github(
        out / "github",
        read,
        scan,
        complete=part is None,
        scopes=scopes,
        subjects="full" if config.github_subjects == "full" else "hashed",
        **github_arguments(before, targets),
    )
    if before is not None and part is None:
        for name in before.earlier.removed:
            say(
                f"github/{name}.sarif: {name} is no longer in the configuration; this empty"
                " analysis closes its alerts on purpose",
                err=True,
            )
    lost = {f"github/{c.target}": c.reason for c in categories if c.reason is not None}
    if part is not None:
        lost = {"github": part}
    for name, why in lost.items():
        warn(f"{out}/{name}: not written: {why}")
    _summarise(lost)
    made = ["snapshot/", "findings.jsonl", "findings.sarif"]
    if any(category.path is not None for category in categories):
        made.append("github/")
    return [f"{out}/{name}" for name in made]


def _summarise(lost: Mapping[str, str]) -> None:
    """Tell in the summary of a GitHub step which categories were not written."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not lost or not path or not os.environ.get("GITHUB_ACTIONS"):
        return
    lines = ["### Not written for code scanning", ""]
    lines += [f"- {cell(name)}: {cell(why)}" for name, why in lost.items()]
    try:
        with Path(path).open("a", encoding="utf-8") as out:
            out.write("\n".join([*lines, "", ""]))
    except OSError as error:
        say(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}", err=True)


def scan_of(snapshot: Snapshot, config: Config, rules: Sequence[Rule]) -> Scan:
    """What every writer is told of the scan as a whole."""
    uri, commit = repository.address()
    return Scan(
        version=__version__,
        started=snapshot.started_at,
        ended=snapshot.finished_at,
        rules=rules,
        titles=catalogue_titles(),
        controls=controls_of,
        gaps=tuple(snapshot.gaps.values()),
        places=_places(config),
        lines_of=repository.lines,
        repository=uri,
        revision=commit,
    )


def _places(config: Config) -> Mapping[str, Place]:
    if config.path is None:
        return {}
    uri = repository.relative(config.path)
    lines = repository.lines(uri)
    return {target.id: Place(uri, target.line, lines) for target in config.targets}
