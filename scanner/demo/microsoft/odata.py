"""The part of OData that the collectors use: $select, $top, $filter and next links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

_EQUALS = re.compile(r"^\s*([\w./]+)\s+(eq|ne)\s+('([^']*)'|true|false|null)\s*$")
_COMPARED = re.compile(r"^\s*([\w./]+)\s+(ge|le|gt|lt)\s+'?([0-9TZ:.\-]+)'?\s*$")
_SKIP = "$skiptoken"


class BadQuery(Exception):
    """A query that the service would refuse."""


def page(
    items: list[dict[str, Any]],
    query: Mapping[str, str],
    *,
    here: str,
    size: int,
    link: str = "@odata.nextLink",
) -> dict[str, Any]:
    """One page of a collection with the link to the next. Raises BadQuery.

    here: the URL without its query. size: the most that a page holds.
    """
    kept = _filtered(items, query.get("$filter"))
    start = _number(query.get(_SKIP, "0"), _SKIP)
    most = min(size, _number(query["$top"], "$top")) if "$top" in query else size
    part = [selected(item, query) for item in kept[start : start + most]]
    body: dict[str, Any] = {"value": part}
    if start + most < len(kept):
        rest = {k: v for k, v in query.items() if k != _SKIP} | {_SKIP: str(start + most)}
        body[link] = f"{here}?{urlencode(rest, quote_via=quote, safe='$,()/:')}"
    return body


def selected(item: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The item with the properties that $select names; `@odata.type` stays."""
    if "$select" not in query:
        return item
    names = {name.strip() for name in query["$select"].split(",")}
    expanded = {part.partition("(")[0].strip() for part in query.get("$expand", "").split(",")}
    return {k: v for k, v in item.items() if k in names or k in expanded or k.startswith("@")}


def _number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise BadQuery(f"Invalid value for {name}")
    return int(text)


def _filtered(items: list[dict[str, Any]], text: str | None) -> list[dict[str, Any]]:
    if text is None:
        return items
    for clause in re.split(r"\s+and\s+", text.strip()):
        items = [item for item in items if _holds(item, clause)]
    return items


def _holds(item: dict[str, Any], clause: str) -> bool:
    matched = _EQUALS.match(clause)
    if matched is not None:
        wanted: Any = {"true": True, "false": False, "null": None}.get(matched[3], matched[4])
        same = _value(item, matched[1]) == wanted
        return same if matched[2] == "eq" else not same
    compared = _COMPARED.match(clause)
    if compared is None:
        raise BadQuery(f"Invalid filter clause: {clause}")
    found = str(_value(item, compared[1]) or "")
    if compared[2] in ("ge", "gt"):
        return found >= compared[3]
    return found <= compared[3]


def _value(item: dict[str, Any], path: str) -> Any:
    found: Any = item
    for part in path.split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found
