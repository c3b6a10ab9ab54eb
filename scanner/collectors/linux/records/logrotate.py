"""logrotate.conf(5): how often each log file is rotated and how long it is kept."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from scanner.collectors.linux.forms import whole
from scanner.collectors.linux.host import Unclear


@dataclass(frozen=True)
class Rotation:
    """How one log file is rotated. every_days: 0 where its size decides."""

    path: str
    every_days: int
    rotate: int | None
    max_age: int | None

    @property
    def days(self) -> int | None:
        """Days that are kept; None: without end. Raises Unclear where only the size decides."""
        if self.max_age is not None and (self.rotate is None or self.every_days == 0):
            return self.max_age
        if self.rotate is None:
            return None
        if self.every_days == 0:
            raise Unclear("the file is rotated by size, not by time")
        kept = self.every_days * self.rotate
        return kept if self.max_age is None else min(kept, self.max_age)


_EVERY = {"hourly": 0, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365, "annually": 365}
_SCRIPTS = frozenset({"prerotate", "postrotate", "firstaction", "lastaction", "preremove"})


@dataclass(frozen=True)
class Defaults:
    """What holds where nothing is stated: logrotate then goes by size, and keeps nothing."""

    every_days: int = 0
    rotate: int | None = 0
    max_age: int | None = None


def parse_logrotate(text: str, start: Defaults = Defaults()) -> tuple[list[Rotation], Defaults]:
    """The stanzas of a logrotate.conf(5) file, and the defaults that hold after it.

    Raises Unclear.
    """
    found: list[Rotation] = []
    outer, inner = start, start
    paths: list[str] = []
    held: list[str] = []
    inside, script = False, False
    for raw in text.splitlines():
        line = raw.strip()
        if script:
            script = line != "endscript"
            continue
        if not line or line.startswith("#"):
            continue
        if not inside and (line[0] in "/\"'~" or line.endswith("{") or line == "{"):
            try:
                held.extend(shlex.split(line.replace("{", " { ")))
            except ValueError:
                raise Unclear(f"logrotate: the line {line[:60]!r} has an open quote") from None
            if "{" in held:
                paths, rest = held[: held.index("{")], held[held.index("{") + 1 :]
                held, inside, inner = [], True, outer
                line = " ".join(rest)
                if not line:
                    continue
            else:
                continue
        closes = inside and line.startswith("}")
        if closes:
            found.extend(Rotation(p, inner.every_days, inner.rotate, inner.max_age) for p in paths)
            inside = False
            continue
        if line.split()[0] in _SCRIPTS:
            script = True
            continue
        if inside:
            inner = _directive(line, inner)
        else:
            outer = _directive(line, outer)
    if inside or held:
        raise Unclear("logrotate: a stanza is not closed")
    return found, outer


def _directive(line: str, now: Defaults) -> Defaults:
    word, _, rest = line.replace("=", " ", 1).partition(" ")
    argument = rest.split("#")[0].strip()
    if word in _EVERY:
        return replace(now, every_days=_EVERY[word])
    if word == "rotate":
        number = whole(argument)
        return replace(now, rotate=None if number < 0 else number)
    if word == "maxage":
        return replace(now, max_age=whole(argument))
    if word in ("size", "maxsize"):
        return replace(now, every_days=0)
    return now
