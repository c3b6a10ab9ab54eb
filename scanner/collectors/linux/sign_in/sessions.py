"""When sessions lock and end: shells and the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scanner.collectors.base import Partial, source
from scanner.collectors.linux.forms import (
    drop_ins,
    first_text,
    minutes,
    section_values,
    span_seconds,
    systemd_calls,
    systemd_texts,
)
from scanner.collectors.linux.host import Host, Unclear, observe
from scanner.collectors.linux.software.packages import PACKAGE_CALLS, inventory
from scanner.collectors.linux.system.release import RELEASE_CALLS, release
from scanner.facts.host import Session

_PROFILE = "read:/etc/profile"
_SHELL_FILES = (
    ("/etc/profile", "/usr/etc/profile"),
    ("/etc/bashrc",),
    ("/etc/bash.bashrc", "/usr/etc/bash.bashrc"),
    ("/etc/profile.local",),
    ("/etc/bash.bashrc.local",),
)
"""What login shells run; of a line the first that exists (SUSE keeps the vendor's in /usr/etc)."""

_SHELL_FOLDERS = ("/etc/profile.d", "/usr/etc/profile.d")
_LOGIND = "read:/etc/systemd/logind.conf"


@dataclass(frozen=True)
class Timeout:
    """TMOUT of a shell. seconds None: it is not set."""

    seconds: int | None
    fixed: bool


_PLAIN = re.compile(
    r"(?:(readonly|export|declare|typeset)((?:\s+-[a-zA-Z]+)*)\s+)?TMOUT(?:=(\"?)([0-9]{1,9})\3)?"
)
_EXPORT = re.compile(r"export(\s+\w+)*\s+TMOUT(\s+\w+)*")
_OPENS = re.compile(r"(?:if|case|for|while|until|select)\b|(?:function\s+)?\w+\s*\(\)\s*\{|\{")
_CLOSES = re.compile(r"(?:fi|esac|done)\b|\}")


def _statements(text: str) -> Iterator[tuple[str, bool]]:
    """(statement, whether it always runs) of a shell file, as far as its blocks go."""
    depth = 0
    for raw in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", raw).strip()
        for part in line.split(";"):
            statement = part.strip()
            depth += bool(_OPENS.match(statement))
            chain = [each.strip() for each in re.split(r"&&|\|\|", statement)]
            for index, each in enumerate(chain):
                # What follows && runs where that before it has succeeded, as our own words do.
                follows = all(_PLAIN.fullmatch(c) or _EXPORT.fullmatch(c) for c in chain[:index])
                yield each, depth == 0 and follows and "||" not in statement
            depth = max(0, depth - bool(_CLOSES.match(statement)))


def parse_timeout(texts: list[str]) -> Timeout:
    """TMOUT over several shell files in the order in which they run.

    Raises Unclear where it is set by something else than a plain assignment that always runs.
    """
    seconds: int | None = None
    fixed = False
    for text in texts:
        for statement, always in _statements(text):
            if not re.search(r"\bTMOUT\b", statement):
                continue
            plain = _PLAIN.fullmatch(statement)
            if not always or (plain is None and not _EXPORT.fullmatch(statement)):
                raise Unclear(f"the shell line {statement[:60]!r} is not understood")
            if plain is None:
                continue
            word, flags, _, value = plain.groups()
            if value is not None:
                if fixed and seconds is not None:
                    continue  # a shell refuses to change what is read-only
                seconds = int(value)
            if word == "readonly" or (word in ("declare", "typeset") and "r" in (flags or "")):
                fixed = True
    if seconds == 0:
        return Timeout(None, fixed)
    return Timeout(seconds, fixed and seconds is not None)


@source(
    Session,
    fields=["session", "idle_minutes", "max_minutes", "user_can_change"],
    calls={
        **{f"read:{path}": "" for paths in _SHELL_FILES for path in paths},
        **{f"read:{folder}/*.sh": "" for folder in _SHELL_FOLDERS},
    },
    always={"session": "shell"},
)
def shell_sessions(here: Host) -> Iterator[Session | Partial]:
    """When an idle shell ends (TMOUT)."""

    def timeout() -> Timeout:
        files = [first_text(here, paths) or "" for paths in _SHELL_FILES]
        parts = drop_ins(here, _SHELL_FOLDERS, ".sh")
        found = parse_timeout([*files, *parts])
        # The files run the parts somewhere in their middle; which one comes last is not told here.
        if parse_timeout([*parts, *files]) != found:
            raise Unclear("TMOUT is set in several shell files, to different times")
        return found

    yield observe(
        Session(
            subject=f"{here.id}/session/shell",
            name="shell",
            session="shell",
            max_minutes=None,
            **here.here(_PROFILE),
        ),
        _PROFILE,
        {
            "idle_minutes": lambda: minutes(timeout().seconds),
            "user_can_change": lambda: not timeout().fixed,
        },
    )


def _stops_idle_sessions(here: Host) -> bool:
    """Whether this systemd knows StopIdleSessionSec: from 252 on. Raises Unclear, Refused."""
    found = inventory(here).version("systemd")
    number = re.match(r"(?:[0-9]+:)?([0-9]+)", found[1]) if found else None
    if number is None:
        raise Unclear("which systemd ends idle sessions here is not known")
    if int(number.group(1)) >= 252:
        return True
    if release(here).family in ("debian", "ubuntu"):
        return False
    raise Unclear("whether the vendor has given StopIdleSessionSec to this systemd is not known")


@source(
    Session,
    fields=["session", "lock_minutes", "idle_minutes", "max_minutes", "user_can_change"],
    calls={
        **PACKAGE_CALLS,
        **RELEASE_CALLS,
        **systemd_calls("logind.conf"),
        "stat:/usr/lib/systemd/systemd-logind": "",
        "stat:/lib/systemd/systemd-logind": "",
    },
    always={"session": "login"},
)
def login_sessions(here: Host) -> Iterator[Session | Partial]:
    """When systemd-logind locks or ends an idle session."""
    if not any(here.exists(f"{lib}/systemd/systemd-logind") for lib in ("/usr/lib", "/lib")):
        return

    def values() -> dict[str, str]:
        return section_values(systemd_texts(here, "logind.conf"), "Login")

    def locks() -> int | None:
        found = values()
        if found.get("IdleAction", "ignore") != "lock":
            return None
        return minutes(span_seconds(found.get("IdleActionSec", "30min")))

    def ends() -> int | None:
        stated = minutes(span_seconds(values().get("StopIdleSessionSec", "infinity")))
        return stated if stated is None or _stops_idle_sessions(here) else None

    yield observe(
        Session(
            subject=f"{here.id}/session/login",
            name="login sessions",
            session="login",
            max_minutes=None,
            user_can_change=False,
            **here.here(_LOGIND),
        ),
        _LOGIND,
        {"lock_minutes": locks, "idle_minutes": ends},
    )
