"""`cmmc-scan trend`: what was open, run by run."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from scanner.cli import OK
from scanner.cli import options as opt
from scanner.cli.say import hand_out
from scanner.history.ask import trend
from scanner.output import whole_file

_FORMATS = ("text", "markdown", "json", "svg")


@click.command(
    epilog="""\b
Examples:
  cmmc-scan trend history.sqlite
  cmmc-scan trend history.sqlite --last 10 --format markdown
  cmmc-scan trend history.sqlite --format svg -o trend.svg"""
)
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N runs.")
@click.option(
    "-f", "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=opt.a_place,
    help="Write to this file.",
)
def command(history: Path, last: int | None, form: str, out: Path | None) -> int:
    """Show what was open after each run of HISTORY, the file that `scan --history` keeps."""
    from scanner.reports import changes
    from scanner.reports.trend_picture import picture

    points = trend(history, last)
    if form == "json":
        content = {"schema": 1, "runs": msgspec.to_builtins(points)}
        text = msgspec.json.format(msgspec.json.encode(content)).decode()
    elif form == "svg":
        text = picture(points)
    else:
        make = changes.trend_markdown if form == "markdown" else changes.trend_text
        text = "\n".join(make(points))
    if out is None:
        hand_out(text)
    else:
        with whole_file(out) as file:
            file.write(text.encode() + b"\n")
    return OK
