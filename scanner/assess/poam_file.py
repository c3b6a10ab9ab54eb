"""poam.yaml: people's words stay as they are, to the comment.

A round trip through a YAML library would lose comments or need another dependency, and a second
file beside it would show people a status that is not the one they edit. So the text itself is
edited at the positions that the parser gives: two scalars of an item are replaced, and new items
are added after the last. What was written is read again and compared before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from scanner.assess.load import read
from scanner.assess.poam_items import Kept, KeptPlan, new_item, status_now
from scanner.assess.result import Assessment
from scanner.documents import held, written
from scanner.errors import Defect, InputError

HEADER = """\
# Plan of action and milestones. Yours to edit: cmmc-scan adds items at the end and changes
# `status` and `status_since`; every other word and comment stays.
schema: 1
# The Conditional CMMC Status Date; the close-out is due 180 days later (32 CFR 170.21(b)).
conditional_status_date: null
point_of_contact: null
items: []
"""


def load_plan(path: Path) -> KeptPlan:
    """poam.yaml, checked; an empty plan where there is none. Raises InputError."""
    if not path.exists():
        return KeptPlan()
    doc = read(path, "poam")
    value = {k: v for k, v in doc.value.items() if k != "schema"}
    seen: set[str] = set()
    for index, item in enumerate(value["items"]):
        if item["id"] in seen:
            raise InputError(
                f"{doc.where(('items', index))}: the item {item['id']!r} stands here twice; "
                "give one another id"
            )
        seen.add(item["id"])
    return msgspec.convert(value, KeptPlan)


def merged(
    text: str | None,
    plan: KeptPlan,
    assessment: Assessment,
    first_seen: Mapping[str, str] | None = None,
    name: str = "poam.yaml",
) -> str:
    """The new text of poam.yaml; the same text where nothing changed.

    `text`: the file as it is, or null where there is none; `plan`: what load_plan read from it.
    Raises InputError where the items are written in one line, which cannot be added to.
    """
    text = HEADER if text is None else text
    results = {r.id: r for r in assessment.practices}
    changes: dict[str, str] = {}
    for kept in plan.items:
        result = results.get(kept.practice)
        mine = [k for k in plan.items if k.practice == kept.practice]
        wanted = status_now(result, mine) if result is not None else None
        if wanted is not None and wanted != kept.status:
            changes[kept.id] = wanted
    planned = {k.practice for k in plan.items}
    added = [
        new_item(r, assessment.as_of, first_seen or {})
        for r in assessment.practices
        if r.determination == "NOT MET" and r.id not in planned
    ]
    if not changes and not added:
        return text
    if not text.endswith("\n"):
        text += "\r\n" if "\r\n" in text else "\n"
    edited = _edit(text, changes, added, assessment.as_of, name)
    _compare(text, edited, changes, added, assessment.as_of)
    return edited


Edit = tuple[int, int, str]


def _edit(
    text: str, changes: Mapping[str, str], added: Iterable[Kept], as_of: str, name: str
) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, yaml.SafeLoader)
    sequence = _value(root, "items")
    edits: list[Edit] = []
    for item in sequence.value:
        wanted = changes.get(_value(item, "id").value)
        if wanted is not None:
            edits += _restate(text, item, wanted, as_of, newline)
    new = list(added)
    if new:
        edits += _append(text, sequence, new, newline, name)
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _restate(text: str, item: Any, status: str, as_of: str, newline: str) -> list[Edit]:
    node = _value(item, "status")
    since = _value(item, "status_since")
    edits = [(node.start_mark.index, node.end_mark.index, status)]
    if since is not None:
        edits.append((since.start_mark.index, since.end_mark.index, as_of))
    elif item.flow_style:
        edits.append((node.end_mark.index, node.end_mark.index, f", status_since: {as_of}"))
    else:
        at = _line_end(text, node.end_mark.index)
        indent = " " * item.start_mark.column
        edits.append((at, at, f"{newline}{indent}status_since: {as_of}"))
    return edits


def _append(text: str, sequence: Any, new: list[Kept], newline: str, name: str) -> list[Edit]:
    if sequence.flow_style:
        if sequence.value:
            line = sequence.start_mark.line + 1
            raise InputError(
                f"{name}:{line}: the items are written in brackets, so none can be added; "
                "write each as a line that begins with `- `"
            )
        start = len(text[: sequence.start_mark.index].rstrip(" "))
        empty = (start, sequence.end_mark.index, "")
        at = _line_end(text, sequence.end_mark.index)
        block = newline + newline.join(line for k in new for line in _lines(k, ""))
        return [empty, (at, at, block)]
    indent = " " * sequence.start_mark.column
    at = _line_end(text, _tail(sequence))
    lines = [line for kept in new for line in _lines(kept, indent)]
    return [(at, at, newline + newline.join(lines))]


_LONGEST = 4000
"""Characters of a weakness, as the schema has it."""


def _lines(kept: Kept, indent: str) -> list[str]:
    weakness = held(kept.weakness or "")
    if len(weakness) > _LONGEST:
        weakness = weakness[: _LONGEST - 1] + "…"
    return [
        f"{indent}- id: {kept.id}",
        f"{indent}  practice: {kept.practice}",
        f"{indent}  weakness: {written(weakness)}",
        f"{indent}  status: {kept.status}",
        f"{indent}  status_since: {kept.status_since}",
        f"{indent}  first_detected: {kept.first_detected}",
        f"{indent}  source: {written(kept.source)}",
        f"{indent}  point_of_contact: null",
        f"{indent}  resources_required: null",
        f"{indent}  scheduled_completion: null",
        f"{indent}  milestones: []  # - {{description: ..., due: 2027-01-31, done: null}}",
    ]


def _value(node: Any, key: str) -> Any:
    return next((value for name, value in node.value if name.value == key), None)


def _tail(node: Any) -> int:
    """Where the last thing that is written of a node ends."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _tail(last[1] if isinstance(last, tuple) else last)


def _line_end(text: str, index: int) -> int:
    """The end of the line on which the thing before `index` stands, before its newline."""
    if index and text[index - 1] == "\n":  # a block scalar ends behind its newline
        index -= 1
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return end - 1 if end and text[end - 1] == "\r" else end


def _compare(
    before: str, after: str, changes: Mapping[str, str], added: Iterable[Kept], as_of: str
) -> None:
    """Only what was meant to change has changed."""
    expected, found = _plain(before), _plain(after)
    for item in expected["items"]:
        if item["id"] in changes:
            item["status"] = changes[item["id"]]
            item["status_since"] = as_of
    new = {k.id for k in added}
    rest = [item for item in found["items"] if item["id"] not in new]
    if {**found, "items": rest} != expected or len(found["items"]) != len(rest) + len(new):
        raise Defect("poam.yaml would have changed beyond its status; it was left as it is")


def _plain(text: str) -> Any:
    # every scalar as text: what counts is that people's own are untouched
    value = yaml.load(text, yaml.BaseLoader)
    value["items"] = value["items"] or []
    return value
