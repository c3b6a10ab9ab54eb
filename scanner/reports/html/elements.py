"""HTML as nested calls: every text is escaped on its way in, so that no page can forget to."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from scanner.reports.sarif_text import shorten, visible

STATIC_LIMIT = 600
"""Characters of one value outside the findings, where the whole value is embedded."""

_VOID = frozenset({"br", "hr", "input", "meta"})


class Html(str):
    """Finished markup. Whatever is not one is text."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]


def text(value: str, limit: int = STATIC_LIMIT) -> Html:
    """A value that anybody may have chosen, as markup that shows it literally.

    Control, bidirectional and other invisible characters are spelt out (`\\u202e`).
    """
    return Html(escape(shorten(visible(value), limit)))


def el(tag: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """One element. `class_` and `for_` lose their underscore, other underscores become hyphens.

    An attribute of None or False is left out; one of True stands without a value.
    """
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        word = name.rstrip("_").replace("_", "-")
        parts.append(
            f" {word}" if value is True else f' {word}="{escape(visible(str(value)), quote=True)}"'
        )
    parts.append(">")
    if tag not in _VOID:
        parts += (_markup(child) for child in children)
        parts.append(f"</{tag}>")
    return Html("".join(parts))


def join(*children: Child) -> Html:
    """Several children without an element around them."""
    return Html("".join(_markup(child) for child in children))


def _markup(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return text(child)
    if isinstance(child, int):
        return str(child)
    return "".join(_markup(each) for each in child)


def name(value: str, limit: int = STATIC_LIMIT) -> Html:
    """A name that the scanned system chose: set apart, and kept from reordering what is around."""
    return el("bdi", value if len(value) <= limit else shorten(value, limit), class_="name")


def number(count: int) -> str:
    """A count with thousands set apart: 12,345; a true minus sign."""
    return f"{count:,}".replace("-", "\N{MINUS SIGN}")


def many(count: int, one: str, more: str = "") -> str:
    """`1 finding`, `2 findings`."""
    return f"{number(count)} {one if count == 1 else more or one + 's'}"
