"""Files and folders that a target names."""

from __future__ import annotations

from pathlib import Path

from scanner.collectors.base import Target


def path_in(target: Target, option: str) -> Path:
    """The path of an option: `~` is the user's home, and a relative one starts from the folder of
    the configuration that names it, like every path in there."""
    path = Path(str(target.options[option])).expanduser()
    file, colon, _ = target.where.rpartition(":")
    return Path(file).parent / path if colon else path


def said_of(target: Target) -> str:
    """How messages name a target."""
    return f"target {target.id}{f' ({target.where})' if target.where else ''}"
