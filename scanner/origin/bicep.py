"""Bicep: from the name and type of an Azure resource to its `resource` declaration.

learn.microsoft.com: Bicep file structure and syntax. Names that are texts, parameters or
variables with a plain value, or interpolated strings are compared; other expressions are not.
"""

from __future__ import annotations

import re
from pathlib import Path

from scanner.origin.lines import Declared, at
from scanner.origin.positions import children, document, text

_RESOURCE = re.compile(
    r"^[ \t]*resource[ \t]+\w+[ \t]+'(?P<kind>[^'@\s]+)@[^']*'[ \t]*(?P<existing>existing[ \t]*)?=",
    re.MULTILINE,
)
_NAME = re.compile(r"^[ \t]*name[ \t]*:[ \t]*(?P<value>.+?)[ \t]*(?://.*)?$", re.MULTILINE)
_PLAIN = re.compile(
    r"^[ \t]*(?:param[ \t]+(\w+)[ \t]+\w+|var[ \t]+(\w+))[ \t]*=[ \t]*'([^'$\\\n]*)'", re.MULTILINE
)
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def declared(path: Path, content: str, root: Path) -> list[Declared]:
    """The resources that a Bicep file makes."""
    content = _BLOCK_COMMENT.sub(lambda m: "\n" * m.group().count("\n"), content)
    plain = {m[1] or m[2]: m[3] for m in _PLAIN.finditer(content)}
    starts = list(_RESOURCE.finditer(content))
    found = []
    for number, match in enumerate(starts):
        if match["existing"]:
            continue
        end = starts[number + 1].start() if number + 1 < len(starts) else len(content)
        name = _NAME.search(content, match.end(), end)
        place = at(path, content.count("\n", 0, match.start()) + 1, root)
        if name is None or place is None:
            continue
        pattern, exact = _pattern(name["value"], plain)
        if pattern is not None:
            found.append(Declared(match["kind"].lower(), pattern, exact, place))
    return found


def _pattern(value: str, plain: dict[str, str]) -> tuple[str | None, bool]:
    """An expression for a name as a regular expression; null: it could be anything."""
    if value in plain:
        return re.escape(plain[value].lower()), True
    if len(value) < 2 or value[0] != "'" or value[-1] != "'" or "'" in value[1:-1]:
        return None, False
    parts = re.split(r"\$\{([^{}]*)\}", value[1:-1])
    out, exact = [], True
    for number, part in enumerate(parts):
        if number % 2 and part.strip() in plain:
            out.append(re.escape(plain[part.strip()].lower()))
        elif number % 2:
            out.append(r"[^/]*")
            exact = False
        else:
            out.append(re.escape(part.lower()))
    whole = "".join(out)
    return (whole, exact) if whole != r"[^/]*" else (None, False)


def of_template(path: Path, content: str, root: Path) -> list[Declared]:
    """The resources of an ARM template that have plain names. One that Bicep made gives none.

    learn.microsoft.com: Understand the structure and syntax of ARM templates.
    """
    top = document(content)
    for _, metadata, _ in children(top, "metadata"):
        for _, generator, _ in children(metadata, "_generator"):
            if text(generator, "name") == "bicep":
                return []
    found = []
    for _, resources, _ in children(top, "resources"):
        for node in resources.value if isinstance(resources.value, list) else ():
            body = node[1] if isinstance(node, tuple) else node
            kind, name = text(body, "type"), text(body, "name")
            place = at(path, body.start_mark.line + 1, root)
            if kind and name and not name.startswith("[") and place is not None:
                found.append(Declared(kind.lower(), re.escape(name.lower()), True, place))
    return found
