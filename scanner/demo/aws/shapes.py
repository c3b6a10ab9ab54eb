"""Holds a value against a botocore shape: types, required members, enums, nothing unknown."""

from __future__ import annotations

import datetime
from typing import Any

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "short": (int,),
    "byte": (int,),
    "bigInteger": (int,),
    "double": (float, int),
    "float": (float, int),
    "bigDecimal": (float, int),
    "boolean": (bool,),
    "blob": (bytes, str),
    "timestamp": (datetime.datetime,),
}


def problems(shape: Any, value: Any, at: str = "$") -> list[str]:
    """What is wrong with `value` as this shape; an empty list where nothing is.

    `value` is what botocore's parser gives (and its serialiser takes): datetimes are datetimes.
    """
    if shape is None:
        return [f"{at}: the operation returns nothing"] if value else []
    if shape.type_name == "structure":
        return _structure(shape, value, at)
    if shape.type_name == "list":
        if not isinstance(value, list):
            return [_wrong(shape, value, at)]
        return [p for i, v in enumerate(value) for p in problems(shape.member, v, f"{at}[{i}]")]
    if shape.type_name == "map":
        if not isinstance(value, dict):
            return [_wrong(shape, value, at)]
        return [p for k, v in value.items() for p in problems(shape.value, v, f"{at}[{k!r}]")]
    return _scalar(shape, value, at)


def _structure(shape: Any, value: Any, at: str) -> list[str]:
    if getattr(shape, "is_document_type", False):
        return []
    if not isinstance(value, dict):
        return [_wrong(shape, value, at)]
    found = [f"{at}: unknown member {name!r}" for name in value if name not in shape.members]
    found += [
        f"{at}: required member {n!r} missing" for n in shape.required_members if n not in value
    ]
    for name, member in value.items():
        if name in shape.members:
            found += problems(shape.members[name], member, f"{at}.{name}")
    return found


def _scalar(shape: Any, value: Any, at: str) -> list[str]:
    wanted = _SCALARS[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        return [_wrong(shape, value, at)]
    allowed = getattr(shape, "enum", None)
    if shape.type_name == "string" and allowed and value not in allowed:
        return [f"{at}: {value!r} is none of {', '.join(allowed[:12])}"]
    return []


def _wrong(shape: Any, value: Any, at: str) -> str:
    return f"{at}: {type(value).__name__} where {shape.type_name} ({shape.name}) belongs"
