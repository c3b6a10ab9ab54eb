"""`cmmc-scan incident`: a dated record of a cyber incident, with its duties and deadlines."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.assess import incident as record
from scanner.cli import OK
from scanner.cli.say import say, say_all
from scanner.collect.run import utc_now
from scanner.documents import did_you_mean
from scanner.errors import InputError


@click.group()
def command() -> None:
    """Keep the record of a cyber incident and its deadlines (DFARS 252.204-7012)."""


folder_option = click.option(
    "-d",
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("incidents"),
    show_default=True,
    help="Folder of the records.",
)


@command.command(
    epilog="""\b
Example:
  cmmc-scan incident start 2026-01 --title "Ransom note on a file server" \\
      --discovered 2026-11-24T07:30:00Z"""
)
@click.argument("name")
@click.option("--title", required=True, help="What happened, in a few words.")
@click.option("--discovered", help="When it was discovered, in UTC (default: now).")
@click.option("--by", help="Who keeps the record.")
@folder_option
def start(name: str, title: str, discovered: str | None, by: str | None, folder: Path) -> int:
    """Start a record; the 72 hours of the report count from discovery."""
    now = utc_now()
    text = record.start(name, title, now if discovered is None else discovered, now, by)
    path = record.start_file(folder, name, text)
    say(f"{path}: started")
    return _show(path, now)


@command.command(
    epilog="""\b
Examples:
  cmmc-scan incident status 2026-01
  cmmc-scan incident status elsewhere/2026-01.yaml"""
)
@click.argument("name")
@folder_option
def status(name: str, folder: Path) -> int:
    """Show what is done, due and overdue of an incident: its id, or the file of its record."""
    return _show(_file(name, folder), utc_now())


def _file(name: str, folder: Path) -> Path:
    """Where the record lies. Raises InputError."""
    for path in (Path(name), folder / f"{name}.yaml"):
        if path.is_file():
            return path
    known = [path.stem for path in folder.glob("*.yaml")]
    raise InputError(
        f"{name}: no record of this id in {folder}/, and no file;"
        f" {did_you_mean(name, known, 'there are') if known else 'incident start makes one'}"
    )


def _show(path: Path, now: str) -> int:
    say_all(record.lines(record.load(path, now), now))
    return OK
