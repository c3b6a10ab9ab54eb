"""Where resources were made: `--origins` of a scan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner import findings
from scanner.cli import repository
from scanner.cli.judging import all_facts
from scanner.snapshot.read import Snapshot

if TYPE_CHECKING:
    from scanner.origin.cloudformation import Templates
    from scanner.origin.lines import Origins

    Made = tuple[Origins, Templates]

origins_option = click.option(
    "--origins",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Terraform state, template, CDK or Bicep file, or a folder of them: findings then point"
    " at the line that made the resource; may be repeated.",
)


def read_origins(origins: Sequence[Path]) -> Made | None:
    """What the code tells of where resources are made; null without any. Raises InputError."""
    if not origins:
        return None
    from scanner.origin.find import found_at

    return found_at(origins, repository.root())


def placed(path: Path, snapshot: Snapshot, made: Made | None) -> None:
    """Rewrite a findings.jsonl with the lines of code that made its subjects."""
    if made is None:
        return
    from scanner.origin import attach
    from scanner.origin.tags import tagged

    found, templates = made
    found |= tagged(all_facts(snapshot), templates, repository.root())
    findings.write(path, map(findings.encode, attach(findings.read(path), found)))
