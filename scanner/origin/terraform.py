"""Terraform: from the state's resources to the blocks of the configuration beside it.

State version 4 and the output of `terraform show -json` (developer.hashicorp.com/terraform:
JSON output format, values representation). Of a state, which may hold secrets, only the ids named
below are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from scanner.errors import InputError
from scanner.origin.hcl import Block, blocks
from scanner.origin.lines import Collected, at

_MODULES_DEEP = 20


class _Ids(msgspec.Struct, frozen=True):
    """All that is read of a resource's attributes."""

    id: Any = None
    arn: Any = None
    unique_id: Any = None
    object_id: Any = None
    key_id: Any = None

    def texts(self) -> Iterator[str]:
        for value in (self.id, self.arn, self.unique_id, self.object_id, self.key_id):
            if isinstance(value, str) and value:
                yield value


class _Instance(msgspec.Struct, frozen=True):
    attributes: _Ids | None = None


class _Resource(msgspec.Struct, frozen=True):
    """One resource of a state file, with all its instances (count and for_each)."""

    mode: str
    type: str
    name: str
    module: str = ""
    instances: tuple[_Instance, ...] = ()


class _State(msgspec.Struct, frozen=True):
    version: Literal[4]
    resources: tuple[_Resource, ...] = ()


class _Shown(msgspec.Struct, frozen=True):
    """One instance in `terraform show -json`."""

    mode: str
    type: str
    name: str
    values: _Ids | None = None


class _Module(msgspec.Struct, frozen=True):
    address: str = ""
    resources: tuple[_Shown, ...] = ()
    child_modules: tuple[_Module, ...] = ()


class _Values(msgspec.Struct, frozen=True):
    root_module: _Module = _Module()


class _Show(msgspec.Struct, frozen=True):
    format_version: str
    values: _Values = _Values()


def is_state(data: bytes) -> bool:
    """Whether this JSON is a Terraform state or what `terraform show -json` prints."""
    head = data[:4096]
    return b'"format_version"' in head or b'"terraform_version"' in head


def collect(path: Path, data: bytes, root: Path, into: Collected) -> None:
    """Add what a state tells; the configuration is looked for in its folder. Raises InputError."""
    folder = path.resolve().parent
    for module, kind, name, ids in _resources(path, data):
        place = _place(folder, module, kind, name)
        line = at(*place, root) if place is not None else None
        if line is None:
            continue
        provider = kind.partition("_")[0]
        for identifier in ids:
            into.add(provider, identifier, line)
            tail = identifier.rpartition("/")[2]
            if _GUID.fullmatch(tail) and identifier.count("/") <= 2:  # azuread: /users/<object id>
                into.add(provider, tail, line)


_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _resources(path: Path, data: bytes) -> Iterator[tuple[str, str, str, list[str]]]:
    """Module address, type, name and ids of every managed instance."""
    try:
        if b'"format_version"' in data[:4096]:
            yield from _shown(msgspec.json.decode(data, type=_Show).values.root_module)
            return
        state = msgspec.json.decode(data, type=_State)
    except msgspec.MsgspecError as error:
        raise InputError(
            f"{path}: this is no Terraform state of version 4: {error}; give the file itself or"
            " the output of `terraform show -json`"
        ) from error
    except RecursionError:
        raise InputError(f"{path}: its modules are nested too deep to be read") from None
    for resource in state.resources:
        if resource.mode == "managed":
            for instance in resource.instances:
                ids = list(instance.attributes.texts()) if instance.attributes else []
                yield resource.module, resource.type, resource.name, ids


def _shown(module: _Module) -> Iterator[tuple[str, str, str, list[str]]]:
    for resource in module.resources:
        if resource.mode == "managed":
            ids = list(resource.values.texts()) if resource.values else []
            yield module.address, resource.type, resource.name, ids
    for child in module.child_modules:
        yield from _shown(child)


_STEP = re.compile(r'module\.([^\W\d][\w-]*)(?:\["(?:[^"\\]|\\.)*"\]|\[\d+\])?(?:\.|\Z)')


def _place(folder: Path, module: str, kind: str, name: str) -> tuple[Path, int] | None:
    """The block of a resource; of a module that is not here, the innermost call that is."""
    called: tuple[Path, int] | None = None
    position = 0
    for _ in range(_MODULES_DEEP):
        if position >= len(module):
            break
        step = _STEP.match(module, position)
        if step is None:
            return called
        position = step.end()
        found = _declared(folder).get(("module", step[1]))
        if found is None:
            return called
        file, block = found
        called = (file, block.line)
        if block.source is None or not block.source.startswith(("./", "../")):
            return called
        folder = (folder / block.source).resolve()
    found = _declared(folder).get(("resource", kind, name))
    return (found[0], found[1].line) if found is not None else called


@cache
def _declared(folder: Path) -> dict[tuple[str, ...], tuple[Path, Block]]:
    """Every resource and module block of one folder, by kind and labels."""
    found: dict[tuple[str, ...], tuple[Path, Block]] = {}
    for file in sorted(folder.glob("*.tf")):
        for block in blocks(_text(file)):
            if block.kind in ("resource", "module"):
                found.setdefault((block.kind, *block.labels), (file, block))
    for file in sorted(folder.glob("*.tf.json")):
        for block in _json_blocks(_text(file)):
            found.setdefault((block.kind, *block.labels), (file, block))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    except OSError:
        return ""


def _json_blocks(text: str) -> Iterator[Block]:
    """The blocks of Terraform's JSON syntax, at the lines of their names."""
    from scanner.origin.positions import children, document

    root = document(text)
    for _, kinds, _ in children(root, "resource"):
        for kind, named, _ in children(kinds):
            for name, _, line in children(named):
                yield Block("resource", (kind, name), line, line)
    for _, modules, _ in children(root, "module"):
        for name, body, line in children(modules):
            source = next((v.value for _, v, _ in children(body, "source")), None)
            yield Block("module", (name,), line, line, source if isinstance(source, str) else None)
