"""Names of operations: "GET /users/{id}", and the paths that they stand for."""

from __future__ import annotations

from urllib.parse import quote

from scanner.errors import Defect


def split(operation: str) -> tuple[str, str]:
    """("GET", "/users") of "GET /users". An operation of Graph beta begins with /beta/.

    A query in an operation's name only tells apart what needs another permission:
    "GET /users?$select=signInActivity".
    """
    method, _, path = operation.partition(" ")
    return method, path.partition("?")[0]


def fill(path: str, ids: tuple[str, ...]) -> str:
    """The path with its placeholders filled in order. Raises Defect where their number differs."""
    parts, given = [], list(ids)
    for part in path.split("/"):
        if part.startswith("{") and part.endswith("}"):
            if not given:
                raise Defect(f"{path} lacks an id")
            safe = "/" if part == "{resource}" else ""
            parts.append(quote(given.pop(0).strip("/"), safe=safe))
        else:
            parts.append(part)
    if given:
        raise Defect(f"{path} takes fewer ids")
    return "/".join(parts)


def is_arm(path: str) -> bool:
    """Whether Azure Resource Manager serves the path, rather than Graph."""
    return path.startswith(("/subscriptions", "/providers/", "/{resource}"))
