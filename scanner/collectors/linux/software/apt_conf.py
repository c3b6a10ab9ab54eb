"""apt.conf(5)."""

from __future__ import annotations

import re


def apt_setting(texts: list[str], name: str) -> str | None:
    """The value of an `A::B::C "value";` line of apt.conf(5) files, the last one winning.

    Blocks in braces are followed too.
    """
    found: str | None = None
    wanted = name.lower()
    for text in texts:
        plain = re.sub(r"//[^\n]*|^\s*#[^\n]*|/\*.*?\*/", "", text, flags=re.S | re.M)
        path: list[str] = []
        for token in re.finditer(
            r'([A-Za-z0-9:_/.-]+)\s*("[^"]*"|[^\s;{}"]+)?\s*([;{])|\}\s*;?', plain
        ):
            if token.group(0).startswith("}"):
                if path:
                    path.pop()
                continue
            key, value, end = token.groups()
            if end == "{":
                path.append(key)
            elif value is not None and "::".join((*path, key)).lower() == wanted:
                found = value.strip('"')
    return found
