"""Plain text in columns, for pages that a person reads on a terminal."""

from __future__ import annotations

import textwrap

WIDTH = 96


def row(label: str, value: str | None) -> list[str]:
    return paragraph(f"{label:<14}{value}", 2, hang=14) if value else []


def paragraph(text: str | None, indent: int = 0, hang: int = 0) -> list[str]:
    if not text:
        return []
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
