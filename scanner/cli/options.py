"""Options that several verbs share, and what they resolve to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from scanner.cli import repository
from scanner.collect import collector_for
from scanner.collectors.base import Target
from scanner.config import DEFAULT_NAME, Config, load_config, this_host
from scanner.errors import InputError
from scanner.reports.table import SEVERITIES

C = TypeVar("C", bound=Callable[..., Any])

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help=f"Configuration: what the organisation states (default: {DEFAULT_NAME} here).",
)
targets_config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help=f"Configuration (default: {DEFAULT_NAME} here; without one, this host).",
)


def a_place(_: click.Context, option: click.Parameter, value: Path | None) -> Path | None:
    """See that a path to write to is not `-`, which would become the name of a folder."""
    if str(value) == "-":
        raise click.BadParameter(
            "- stands for standard output in `collect` alone; name a place to write to, such as"
            " out/ (or ./- for one of that very name)",
            param=option,
        )
    return value


out_option = click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    callback=a_place,
    default=Path("out"),
    show_default=True,
    help="Folder for what is written.",
)
rules_option = click.option(
    "--rules",
    "terms",
    multiple=True,
    metavar="TERM",
    help="Only these rules: an id or glob, a practice, a domain such as IA; may be repeated.",
)
rules_dir_option = click.option(
    "--rules-dir",
    "rule_folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder with rules of your own, besides the shipped ones; may be repeated.",
)
targets_option = click.option(
    "--targets", "target_ids", multiple=True, metavar="ID", help="Only these targets."
)
shard_option = click.option(
    "--shard",
    metavar="N/M",
    help="Only the Nth of M parts of the targets and of an organization's accounts: 3/10.",
)
resume_option = click.option(
    "--resume",
    is_flag=True,
    help="Go on with a collection that was stopped or ran into its deadline.",
)
deadline_option = click.option(
    "--deadline",
    type=click.FloatRange(min=1),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="When it is reached, what is unread becomes a gap.",
)
as_of_option = click.option(
    "--as-of",
    metavar="YYYY-MM-DD",
    help="The day at which certificates and statements are judged (default: the snapshot's end).",
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice((*SEVERITIES, "never")),
    default="high",
    show_default=True,
    help="Exit 1 if a failure is at least this severe.",
)
redact_option = click.option(
    "--redact", is_flag=True, help="Leave out what names or describes people."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress and no table.")


def both(*options: Callable[[C], C]) -> Callable[[C], C]:
    """Several options as one decorator, in the order in which --help shall show them."""

    def apply(command: C) -> C:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


def read_config(path: Path | None) -> Config:
    """The named configuration, the one in this folder, or this host. Raises InputError."""
    if path is None and Path(DEFAULT_NAME).is_file():
        path = Path(DEFAULT_NAME)
    repository.go_by(path)
    return this_host() if path is None else load_config(path, collector_for)


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of the targets: 3/10."""

    number: int
    of: int

    def takes(self, position: int) -> bool:
        return position % self.of == self.number - 1


def read_shard(text: str | None) -> Shard | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(f"--shard {text}: write it as 3/10, from 1/10 to 10/10")
    return Shard(int(match[1]), int(match[2]))


def narrowed(config: Config, ids: Sequence[str], shard: Shard | None) -> Config:
    """The configuration with only the chosen targets. Raises InputError for an unknown id."""
    known = {target.id: target for target in config.targets}
    for name in ids:
        if name not in known:
            raise InputError(f"--targets {name}: no such target; there are {', '.join(known)}")
    chosen: list[Target] = [t for t in config.targets if not ids or t.id in ids]
    if shard is not None:
        chosen = list(_part(chosen, shard))
    return replace(config, targets=tuple(chosen))


def _part(targets: Sequence[Target], shard: Shard) -> Iterator[Target]:
    """A shard's targets; one that leads to many accounts is in every shard, with a part of them.

    Whoever needs shards mostly has one target, an organisation.
    """
    position = 0
    for target in targets:
        if collector_for(target.provider).divides(target):
            yield replace(target, part=(shard.number, shard.of))
            continue
        if shard.takes(position):
            yield target
        position += 1


_YEARS = range(2000, 2200)
"""What a day may lie in: periods of years are counted from it in both directions."""


def day(text: str | None, default: str, option: str = "--as-of") -> str:
    """A day as YYYY-MM-DD; the default may be a time. Raises InputError naming the option."""
    if text is None:
        return default[:10]
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InputError(f"{option} {text}: no such day; write it as 2026-11-24") from None
    if found.year not in _YEARS:
        raise InputError(
            f"{option} {text}: the year has to lie between {_YEARS[0]} and {_YEARS[-1]}"
        )
    return found.strftime("%Y-%m-%d")
