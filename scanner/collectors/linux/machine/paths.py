"""Paths inside a tree that is not this system's own: links, and what only a kernel fills."""

from __future__ import annotations

from collections.abc import Callable

from scanner.collectors.linux.machine.base import Unreadable

MAX_LINKS = 40

LIVE_ONLY = ("/proc", "/sys", "/run", "/dev")
"""Trees that a running kernel fills; in a mounted root they say nothing."""


def live_only(path: str) -> bool:
    return any(path == top or path.startswith(top + "/") for top in LIVE_ONLY)


def follow(path: str, readlink: Callable[[str], str | None], *, last: bool = True) -> str:
    """Resolve the links of an absolute path inside its own tree; `..` never leaves the root.

    readlink: the target of a link, or None for what is no link. last: follow the last part too.
    """
    pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    done: list[str] = []
    links = 0
    while pending:
        part = pending.pop()
        if part == "..":
            if done:
                done.pop()
            continue
        here = "/" + "/".join((*done, part))
        target = readlink(here) if last or pending else None
        if target is None:
            done.append(part)
            continue
        links += 1
        if links > MAX_LINKS:
            raise Unreadable("broken", f"{path} runs through too many links")
        if target.startswith("/"):
            done = []
        pending.extend(p for p in reversed(target.split("/")) if p not in ("", "."))
    return "/" + "/".join(done)
