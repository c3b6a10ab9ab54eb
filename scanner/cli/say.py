"""What is said to a person: the one place where words leave the program.

Names come from the assessed systems, whose owners may be the attackers: no escape sequence of
theirs reaches the terminal, no line break makes a line of its own, and no name is a command to the
CI system that reads the log.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from scanner.reports.sarif_text import visible

_NARROWEST = 20
_ENDLESS = 1 << 30
_BLANKS = re.compile(r" *")


def say(line: str = "", *, err: bool = False, style: Callable[[str], str] | None = None) -> None:
    """Print one line, with every control, bidirectional or invisible character spelt out.

    style: puts the terminal's own escapes around what has been made harmless.
    """
    text = _no_command(visible(line))
    click.echo(style(text) if style is not None else text, err=err)


def warn(line: str) -> None:
    """Print a warning to stderr; of a workflow of GitHub's, one that stands on the run's page.

    docs.github.com: Workflow commands, setting a warning message.
    """
    if os.environ.get("GITHUB_ACTIONS"):
        click.echo("::warning::" + visible(line).replace("%", "%25"), err=True)
    else:
        say(line, err=True)


def say_all(lines: Iterable[str]) -> None:
    """Print a page, each line wrapped to the terminal; on a pipe or in a log lines are whole."""
    width = columns()
    for line in lines:
        for part in wrapped(visible(line), width):
            say(part)


def hand_out(document: str, *, err: bool = False) -> None:
    """Print a document of ours as it is, line by line: a policy, a rule's page, Markdown."""
    for line in document.removesuffix("\n").split("\n"):
        say(line.removesuffix("\r").expandtabs(), err=err)


def hand_out_json(value: Any) -> None:
    """Print builtins as JSON that is plain ASCII and reads back as what it was."""
    import json

    text = json.dumps(value, indent=2, ensure_ascii=True)
    hand_out(text.replace("##", "#\\u0023"))


def many(number: int, noun: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def columns() -> int:
    """How wide the terminal is; on a pipe or in a log there is no end to a line."""
    if not sys.stdout.isatty():
        return _ENDLESS
    return max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST)


def wrapped(line: str, width: int) -> Iterator[str]:
    """The line in parts that fit; what goes on stands two columns to the right of its start."""
    if len(line) <= width:
        yield line
        return
    found = _BLANKS.match(line)
    indent = min(found.end() if found else 0, width // 2)
    yield from textwrap.wrap(
        line.lstrip(" "),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )


def _no_command(line: str) -> str:
    """The line so that it is none of a CI system's commands (`::error::`, `##[add-mask]`)."""
    if not (os.environ.get("GITHUB_ACTIONS") or os.environ.get("TF_BUILD")):
        return line
    line = re.sub(r"^(\s*):(?=:)", r"\1: ", line)
    return re.sub(r"##(?=\[|vso\[)", "## ", line)
