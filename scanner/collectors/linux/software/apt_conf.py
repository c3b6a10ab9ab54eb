"""apt.conf(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from scanner.collectors.linux.host import Host

_COMMENT = re.compile(r"//[^\n]*|^\s*#[^\n]*|/\*.*?\*/", re.S | re.M)
_TOKEN = re.compile(r'([A-Za-z0-9:_/.-]+)\s*("[^"]*"|[^\s;{}"]+)?\s*([;{])|\}\s*;?')


APT_CONF_CALLS = {"read:/etc/apt/apt.conf": "", "read:/etc/apt/apt.conf.d/*": ""}


def apt_texts(host: Host) -> list[str]:
    """apt.conf(5) in the order in which it is read: the parts by name, then the file itself.

    Of the parts only names of letters, digits, `_`, `-` and `.` count, without an end or with that
    of `.conf`.
    """
    paths = [
        path
        for path in host.glob("/etc/apt/apt.conf.d/*")
        if re.fullmatch(r"[A-Za-z0-9_-]+(?:[A-Za-z0-9_.-]*\.conf)?", path.rpartition("/")[2])
    ]
    return [host.read_optional(path) or "" for path in (*paths, "/etc/apt/apt.conf")]


def apt_setting(texts: Iterable[str], name: str) -> str | None:
    """The value of an `A::B::C "value";` line of apt.conf(5) files, the last one winning.

    Blocks in braces are followed too.
    """
    found: str | None = None
    for text in texts:
        found = _settings(text).get(name.lower(), found)
    return found


@lru_cache(maxsize=64)
def _settings(text: str) -> dict[str, str]:
    return dict(_pairs(_COMMENT.sub("", text)))


def _pairs(plain: str) -> Iterator[tuple[str, str]]:
    path: list[str] = []
    for token in _TOKEN.finditer(plain):
        if token.group(0).startswith("}"):
            if path:
                path.pop()
            continue
        key, value, end = token.groups()
        if end == "{":
            path.append(key)
        elif value is not None:
            yield "::".join((*path, key)).lower(), value.strip('"')
