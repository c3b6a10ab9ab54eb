"""botocore's service models, read once a process and cut down to the operations that may be sent.

A client made from such a model cannot even name another operation. The 28 models that the rules
need take 0.1 s and 7 MiB to read so, against 0.9 s and 70 MiB whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from scanner.collectors.aws.readonly import objection

ENTRY = frozenset(
    {
        "ec2:DescribeRegions",
        "organizations:ListAccounts",
        "sts:AssumeRole",
        "sts:GetCallerIdentity",
    }
)
"""What opening a target may send, beside what the sources declare."""

# botocore itself asks for a bucket's region so, where S3 redirects without naming it.
_BY_BOTOCORE = frozenset({"s3:HeadBucket"})

_NAMED = re.compile(rb'"shape"\s*:\s*"([^"]+)"')


class _Model(msgspec.Struct):
    metadata: dict[str, Any]
    operations: dict[str, msgspec.Raw]
    shapes: dict[str, msgspec.Raw]
    version: str = ""
    clientContextParams: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


@cache
def loader(declared: frozenset[str] | None) -> Any:
    """A botocore loader for these operations (`s3:ListBuckets`); None for all that may be declared.

    One for each set of operations a process, so that targets and accounts share what it has read.
    """
    from botocore.loaders import JSONFileLoader, Loader

    kept = None if declared is None else declared | ENTRY | _BY_BOTOCORE

    def keeps(operation: str) -> bool:
        if kept is None:
            return operation in ENTRY | _BY_BOTOCORE or objection(operation) is None
        return operation in kept

    class Files(JSONFileLoader):  # type: ignore[misc]
        def _load_file(self, full_path: str, open_method: Callable[..., Any]) -> Any:
            path = Path(full_path)
            if not path.is_file():
                return None
            with open_method(full_path, "rb") as file:
                payload = file.read()
            if path.name.startswith("service-2.json"):
                return pruned(payload, path.parts[-3], keeps)
            return msgspec.json.decode(payload)

    class Models(Loader):  # type: ignore[misc]
        def _find_extras(
            self, service_name: str, type_name: str, api_version: str
        ) -> Iterator[Any]:
            # They add parameters to writes, whose shapes are gone: what is left has no type, and
            # the first error answer of the service would fail on it.
            if type_name == "service-2":
                return
            yield from super()._find_extras(service_name, type_name, api_version)

    return Models(file_loader=Files())


def pruned(payload: bytes, service: str, keeps: Callable[[str], bool]) -> dict[str, Any]:
    """A service model with the kept operations, the shapes that they reach, and no prose."""
    model = msgspec.json.decode(payload, type=_Model)
    operations = {name: raw for name, raw in model.operations.items() if keeps(f"{service}:{name}")}
    shapes: dict[str, Any] = {}
    todo = [name for raw in operations.values() for name in _shapes_in(raw)]
    while todo:
        name = todo.pop()
        if name in shapes or name not in model.shapes:
            continue
        raw = model.shapes[name]
        shape = _without_prose(msgspec.json.decode(raw))
        for member in shape.get("members", {}).values():
            _without_prose(member)
        shapes[name] = shape
        todo += _shapes_in(raw)
    whole: dict[str, Any] = {
        "version": model.version,
        "metadata": model.metadata,
        "operations": {
            name: _without_prose(msgspec.json.decode(raw)) for name, raw in operations.items()
        },
        # In the model's own order: where a shape's errors share a code, the first one counts.
        "shapes": {name: shapes[name] for name in model.shapes if name in shapes},
    }
    if model.clientContextParams is not msgspec.UNSET:
        whole["clientContextParams"] = model.clientContextParams
    return whole


def _shapes_in(raw: msgspec.Raw) -> list[str]:
    return [name.decode() for name in _NAMED.findall(bytes(raw))]


def _without_prose(part: dict[str, Any]) -> dict[str, Any]:
    part.pop("documentation", None)
    return part
