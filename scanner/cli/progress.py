"""Progress of a collection: live on a terminal, plain lines in CI, nothing on a pipe."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from scanner.cli.say import many, say
from scanner.collect import Event


@dataclass
class _Line:
    jobs: int = 0
    done: int = 0
    facts: int = 0
    gaps: int = 0
    left: dict[str, int] = field(default_factory=dict)
    """Reads that are still to come, by scope."""
    last: str = "opening"


class _State:
    """What is known of each target so far; safe between threads."""

    def __init__(self) -> None:
        self.lines: dict[str, _Line] = {}
        self.lock = threading.Lock()

    def take(self, event: Event) -> _Line:
        with self.lock:
            line = self.lines.setdefault(event.target, _Line())
            if event.what == "planned":
                line.jobs += event.jobs
                line.left[event.scope] = line.left.get(event.scope, 0) + event.jobs
            elif event.what == "started":
                line.last = " ".join(filter(None, (event.source, event.region)))
            elif event.what == "finished":
                line.done += 1
                line.left[event.scope] = line.left.get(event.scope, 0) - 1
                line.facts += event.facts
                line.gaps += event.reason is not None
            return line


def _scopes(line: _Line) -> str:
    """`3/100 scopes`, for a target that leads to several."""
    if len(line.left) < 2:
        return ""
    done = sum(left <= 0 for left in line.left.values())
    return f"{done}/{len(line.left)} scopes"


@contextmanager
def shown(quiet: bool) -> Iterator[Callable[[Event], None]]:
    """A place for a collection's events, shown as fits where stderr goes."""
    state = _State()
    if quiet:
        yield lambda event: None
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _live(state) as take:
            yield take
    elif os.environ.get("CI") or os.environ.get("TF_BUILD"):  # Azure DevOps sets no CI
        yield _plain(state)
    else:
        yield lambda event: None


def _plain(state: _State) -> Callable[[Event], None]:
    def take(event: Event) -> None:
        line = state.take(event)
        if event.what == "opening":
            say(f"{event.target}: opening", err=True)
        elif event.what == "planned":
            say(f"{event.target}: {event.scope}: {many(event.jobs, 'read')}", err=True)
        if event.what == "finished" and line.left[event.scope] == 0 and len(line.left) > 1:
            say(f"{event.target}: {event.scope}: done, {_scopes(line)}", err=True)
        if event.what == "finished" and line.done == line.jobs:
            reads, facts, gaps = many(line.done, "read"), many(line.facts, "fact"), line.gaps
            ended = f"{event.target}: {reads}, {facts}, {many(gaps, 'gap')}"
            say(ended, err=True)

    return take


@contextmanager
def _live(state: _State) -> Iterator[Callable[[Event], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns: tuple[Any, ...] = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[scopes]}"),
        TextColumn("{task.fields[facts]} facts"),
        TextColumn("{task.fields[last]}", style="dim"),
    )
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def take(event: Event) -> None:
            line = state.take(event)
            if event.target not in tasks:
                tasks[event.target] = bars.add_task(
                    event.target, total=1, facts=0, scopes="", last=""
                )
            bars.update(
                tasks[event.target],
                total=max(line.jobs, 1),
                completed=line.done,
                facts=line.facts,
                scopes=_scopes(line),
                last=line.last,
            )

        yield take
