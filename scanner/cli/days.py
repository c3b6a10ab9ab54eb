"""`--history` of the verbs that tell since when something fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

history_option = click.option(
    "--history",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file that `scan --history` keeps: it knows since when each failure stands.",
)


def first_days(history: Path | None) -> Mapping[str, str] | None:
    """Fingerprint -> the day since which it fails; null without a history. Raises InputError."""
    if history is None:
        return None
    from scanner.history.ask import first_seen

    return first_seen(history)
