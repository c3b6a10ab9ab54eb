"""The steps that `scan` takes one after another and that other verbs take alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from scanner import judgement
from scanner.cli.progress import shown
from scanner.cli.say import say
from scanner.collect import collect, collector_for
from scanner.config import AcceptedGap, Config
from scanner.errors import InputError, Interrupted
from scanner.evaluate.run import Params
from scanner.evaluate.settle import settle
from scanner.evaluate.wants import wants
from scanner.frameworks import cross_references
from scanner.resources import rules_dir
from scanner.rules.load import Rules, load_rules, select
from scanner.rules.model import Rule
from scanner.snapshot.archive import unpack
from scanner.snapshot.manifest import NAME as MANIFEST
from scanner.snapshot.manifest import Manifest
from scanner.snapshot.read import Snapshot, open_snapshot
from scanner.snapshot.write import WORK

REGISTER = "cmvp.yaml"
"""The user's own copy of the FIPS register, in the user's data folder."""


def all_rules(folders: Iterable[Path]) -> Rules:
    """The shipped rules and those of the folders. Raises InputError."""
    return load_rules([rules_dir(), *folders])


def chosen_rules(rules: Rules, terms: Sequence[str]) -> list[Rule]:
    """The rules that the terms mean, or all without terms. Raises InputError."""
    return select(rules, terms) if terms else list(rules)


def settled(config: Config, known: Rules, rules: Sequence[Rule]) -> Params:
    """The value of every parameter of the rules. Raises InputError."""
    return settle(rules, config.params, config.document, {rule.id: rule for rule in known})


def collected(
    config: Config,
    rules: Sequence[Rule] | None,
    folder: Path,
    *,
    deadline_seconds: float = 3600,
    resume: bool = False,
    quiet: bool = False,
) -> Manifest:
    """Collect what the rules look at (everything for None) into a snapshot folder.

    Raises Interrupted with how to go on.
    """
    if not config.targets:
        raise InputError("no target is left to collect; look at --targets and --shard")
    collectors = {t.provider: collector_for(t.provider) for t in config.targets}
    asked = None if rules is None else wants(rules)
    if not resume and (folder / WORK).exists():
        say(
            f"{folder}: an unfinished collection lies here and is given up; --resume would have"
            " gone on with it",
            err=True,
        )
    try:
        with shown(quiet) as progress:
            return collect(
                config.targets,
                collectors,
                asked,
                folder,
                deadline_seconds=deadline_seconds,
                resume=resume,
                progress=progress,
            )
    except Interrupted as error:
        raise Interrupted(f"{error}; the same command with --resume goes on") from None


class HasControls(Protocol):
    """What has a practice, and may name some of its ISO controls itself."""

    @property
    def practice(self) -> str: ...
    @property
    def iso(self) -> Sequence[str]: ...


def controls_of(rule: HasControls) -> tuple[str, ...]:
    """The ISO controls of a rule: those that it names, else its practice's own."""
    if rule.iso:
        return tuple(rule.iso)
    return tuple(dict.fromkeys(pair.iso for pair in cross_references(rule.practice)))


def unaccepted(snapshot: Snapshot, accepted: Sequence[AcceptedGap], as_of: str) -> int:
    """How many gaps nobody accepted."""
    return sum(
        not any(entry.covers(gap.target, gap.source, as_of) for entry in accepted)
        for gap in snapshot.gaps.values()
    )


def open_folders(paths: Sequence[Path]) -> Snapshot:
    """Snapshots by folder or by the tar that `collect -o -` printed, read as one.

    A scan's output folder stands for the snapshot inside it. Raises InputError.
    """
    folders = list(map(_laid_out, paths))
    try:
        return open_snapshot(*folders)
    except InputError as error:
        messages = error.messages
        for path, folder in zip(paths, folders, strict=True):
            if path.is_file():  # nobody knows the folder that it was laid out in
                messages = tuple(text.replace(str(folder), str(path)) for text in messages)
        raise InputError(messages) from error


def _laid_out(path: Path) -> Path:
    if path.is_file():
        room = Path(_unpacked().name) / f"{len(list(Path(_unpacked().name).iterdir()))}"
        return unpack(path, room / path.name)
    if (path / "snapshot").is_dir():
        return path / "snapshot"
    if (path / judgement.NAME).is_file() and not (path / MANIFEST).exists():
        raise InputError(
            f"{path}: evaluate left no snapshot here; name the formats at evaluate (-f), or"
            " evaluate into the folder (-o) in which the snapshot lies as snapshot/"
        )
    return path


@cache
def _unpacked() -> TemporaryDirectory[str]:
    """Where packed snapshots are laid out; it goes when the process ends."""
    return TemporaryDirectory(prefix="cmmc-scan-")
