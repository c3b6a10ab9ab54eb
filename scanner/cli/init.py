"""`cmmc-scan init`: write a first configuration, or propose declarations from a scan."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from scanner.assess.propose import fits, propose
from scanner.assess.propose import text as propose_text
from scanner.assess.scope_proposal import propose_scope
from scanner.cli import OK, steps
from scanner.cli.judging import all_facts
from scanner.cli.say import say
from scanner.collect.registry import providers
from scanner.config import DEFAULT_NAME
from scanner.documents import written
from scanner.errors import InputError
from scanner.output import unwritable

_EXAMPLES: dict[str, str] = {
    "linux": "{id: this-host, provider: linux}",
    "aws": "{id: prod, provider: aws, regions: all}",
    "entra": "{id: corp, provider: entra, tenant: YOUR-TENANT-ID, cloud: gcc-high}",
    "intune": "{id: fleet, provider: intune, tenant: YOUR-TENANT-ID, cloud: gcc-high}",
    "azure": "{id: app, provider: azure, subscription: YOUR-SUBSCRIPTION-ID, cloud: gcc-high}",
    "m365": "{id: office, provider: m365, tenant: YOUR-TENANT-ID, cloud: gcc-high}",
}


@click.command(
    epilog="""\b
Examples:
  cmmc-scan init --provider linux --provider aws
  cmmc-scan init --from out/            propose declarations.yaml and scope.yaml from a scan"""
)
@click.option("--provider", "chosen", multiple=True, help="A provider to scan; may be repeated.")
@click.option("--organization", default="", help="The organisation's name.")
@click.option("--level", type=click.IntRange(1, 3), default=2, show_default=True)
@click.option(
    "--subjects",
    type=click.Choice(["hashed", "full"]),
    help="Whether GitHub alerts name resources. Asked on a terminal; otherwise hashed.",
)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    help="Propose declarations.yaml and scope.yaml from this scan's folder instead.",
)
def command(
    chosen: tuple[str, ...],
    organization: str,
    level: int,
    subjects: str | None,
    folder: Path | None,
) -> int:
    """Write a first cmmc-scan.yaml here; no file is ever overwritten."""
    if folder is not None:
        return _proposals(folder)
    names = chosen or _likely()
    for name in names:
        if name not in providers():
            raise InputError(
                f"--provider {name}: there is no such provider; installed: {', '.join(providers())}"
            )
    path = Path(DEFAULT_NAME)
    _write(path, _config(names, organization, level, subjects or _subjects()))
    say(f"{path}: written; read it through, then: cmmc-scan scan -c {path} -o out/")
    return OK


def _likely() -> tuple[str, ...]:
    cloud = any(name in os.environ for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID"))
    return ("linux", "aws") if cloud else ("linux",)


def _subjects() -> str:
    if not sys.stdin.isatty():
        return "hashed"
    say("Findings about the assessment scope are security protection data, and GitHub may lie")
    say("outside your boundary. With hashed subjects, alerts there name no resource.")
    return "full" if click.confirm("Show resource names in GitHub alerts?") else "hashed"


def _config(names: tuple[str, ...], organization: str, level: int, subjects: str) -> str:
    lines = [
        "# What cmmc-scan scans. Secrets do not belong here: they stay in the environment or in",
        "# each provider's own credential store.",
        "schema: 1",
        f"organization: {written(organization or 'Name of the organisation')}",
        f"level: {level}",
        "targets:",
        *(f"  - {_EXAMPLES.get(name, f'{{id: {name}, provider: {name}}}')}" for name in names),
        "# Values that the organisation defines, by rule: cmmc-scan rules show RULE tells them.",
        "params: {}",
        "# declarations: declarations.yaml    # cmmc-scan init --from out/ proposes it",
        "# attestations: attestations/",
        "# exceptions: exceptions.yaml",
        "# scope: scope.yaml",
        "gaps: []",
        "github:",
        f"  subjects: {subjects}",
    ]
    return "\n".join(lines) + "\n"


def _proposals(folder: Path) -> int:
    snapshot = steps.open_folders([folder])
    found = propose(all_facts(snapshot))
    if not found:
        raise InputError(f"{folder}: its snapshot holds nothing to propose a declaration from")
    _write(Path("declarations.yaml"), propose_text(found))
    _write(Path("scope.yaml"), propose_scope(all_facts(snapshot)))
    every = [record for records in found.values() for record in records]
    proposed = sum(map(fits, every))
    say(
        f"declarations.yaml: {proposed} records proposed in {len(found)} lists; a record counts"
        " once you have confirmed it by removing its `proposed: true`"
    )
    if proposed < len(every):
        say(
            f"declarations.yaml: {len(every) - proposed} more stand there as comments, since no"
            " document can hold their names"
        )
    say("scope.yaml: one group for each kind of asset; give each its category")
    say(
        f"{DEFAULT_NAME}: add `declarations: declarations.yaml` and `scope: scope.yaml`, or take"
        " the # away where they stand: a file that is not named there states nothing"
    )
    return OK


def _write(path: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(text.encode())
    except FileExistsError:
        raise InputError(f"{path}: exists already; move it away first") from None
    except OSError as error:
        raise unwritable(path, error) from error
