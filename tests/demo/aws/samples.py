"""A sample of any botocore shape: every member filled, recursion cut short."""

from __future__ import annotations

import datetime
from typing import Any

AT = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)


def sample(shape: Any, *, required_only: bool = False, seen: tuple[str, ...] = ()) -> Any:
    """A value that fits the shape; None where only endless recursion would."""
    if shape.name in seen and shape.type_name in {"structure", "list", "map"}:
        return None
    inner = (*seen, shape.name)

    def of(other: Any) -> Any:
        return sample(other, required_only=required_only, seen=inner)

    match shape.type_name:
        case "structure":
            if getattr(shape, "is_document_type", False):
                return {"any": "thing"}
            names = list(shape.required_members if required_only else shape.members)
            if getattr(shape, "is_tagged_union", False):
                names = list(shape.members)[:1]
            found = {name: of(shape.members[name]) for name in names}
            return {name: value for name, value in found.items() if value is not None}
        case "list":
            item = of(shape.member)
            return None if item is None else [item, item]
        case "map":
            item = of(shape.value)
            keys = getattr(shape.key, "enum", None) or ["some key"]
            return None if item is None else {keys[0]: item}
        case "string":
            free = "abc" if required_only else "a <b> & c"  # required ones stand in hosts too
            text = shape.enum[-1] if getattr(shape, "enum", None) else free
            return text.ljust(int(shape.metadata.get("min", 0)), "z")
        case "integer" | "long":
            return max(7, int(shape.metadata.get("min", 0)))
        case "double" | "float":
            return 1.5
        case "boolean":
            return True
        case "timestamp":
            return AT
        case "blob":
            return b"bytes \x00\xff"
    raise AssertionError(shape.type_name)
