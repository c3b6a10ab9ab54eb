"""Where resources were made: `--origins` of a scan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from scanner import findings
from scanner.cli import repository
from scanner.cli.judging import all_facts
from scanner.snapshot.read import Snapshot

origins_option = click.option(
    "--origins",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Terraform state, template, CDK or Bicep file, or a folder of them: findings then point"
    " at the line that made the resource; may be repeated.",
)


def placed(path: Path, snapshot: Snapshot, origins: Sequence[Path]) -> None:
    """Rewrite a findings.jsonl with the lines of code that made its subjects."""
    if not origins:
        return
    from scanner.origin import attach
    from scanner.origin.find import found_at
    from scanner.origin.tags import tagged

    found, templates = found_at(origins, repository.root())
    found |= tagged(all_facts(snapshot), templates, repository.root())
    findings.write(path, map(findings.encode, attach(findings.read(path), found)))
