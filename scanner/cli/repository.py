"""The repository that a scan runs in: where its root is, which commit, which lines a file has."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_MAX_BYTES = 2 * 1024 * 1024
_configuration: Path | None = None


def go_by(configuration: Path | None) -> None:
    """Look for the repository by this configuration from now on; None: by the current folder."""
    global _configuration
    _configuration = configuration
    for each in (root, address, lines):
        each.cache_clear()


@cache
def root() -> Path:
    """The root of the work tree, or the current folder outside of one.

    GITHUB_WORKSPACE counts only where it holds the configuration: a container may see the work
    tree under another path, and then no file would be found where it is said to lie.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace and _holds_configuration(Path(workspace)):
        return Path(workspace).resolve()
    here = Path.cwd()
    folders = [here] if _configuration is None else [here, _configuration.resolve().parent]
    found = (_git(folder, "rev-parse", "--show-toplevel") for folder in folders)
    return Path(next(filter(None, found), here)).resolve()


def _holds_configuration(folder: Path) -> bool:
    return _configuration is None or _configuration.resolve().is_relative_to(folder.resolve())


@cache
def address() -> tuple[str | None, str | None]:
    """The repository's URI and the commit that is checked out, where both are known."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    if server and name:
        return f"{server}/{name}", os.environ.get("GITHUB_SHA")
    uri = _git(root(), "config", "--get", "remote.origin.url")
    if uri is None or not uri.startswith("https://") or "@" in uri:
        return None, None
    return uri, _git(root(), "rev-parse", "HEAD")


def relative(path: Path) -> str:
    """A path as GitHub names it: from the root, with forward slashes; its name if it is outside."""
    try:
        return path.resolve().relative_to(root()).as_posix()
    except ValueError:
        return path.name


@cache
def lines(uri: str) -> Sequence[str]:
    """The lines of a regular file below the root; nothing for anything else."""
    path = root() / uri
    try:
        inside = path.resolve().is_relative_to(root())
        if not inside or not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ()
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
