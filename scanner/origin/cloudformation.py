"""CloudFormation: templates, the resources of a stack, and what the CDK adds to both.

`aws cloudformation describe-stack-resources` (or list-stack-resources) tells the physical id of
each logical one. A CDK assembly (cdk.out/manifest.json) names each stack's template, and where it
was made with stack traces, the line of the program.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import msgspec

from scanner.errors import InputError
from scanner.origin.lines import Collected, at
from scanner.origin.positions import children, document, text


class Templates:
    """The logical ids of many templates, each with its line."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: dict[str, dict[Path, str]] = {}
        self._stacks: dict[str, Path] = {}
        self._programs: dict[tuple[Path, str], str] = {}
        self.kinds: dict[tuple[Path, str], str] = {}

    def add(self, path: Path, content: str) -> bool:
        """Take a template's resources; false: it is none."""
        if "Resources" not in content:
            return False
        top = document(content)
        found = False
        for _, resources, _ in children(top, "Resources"):
            for name, body, line in children(resources):
                kind = text(body, "Type")
                place = at(path, line, self._root)
                if kind is None or place is None:
                    continue
                found = True
                self._lines.setdefault(name, {})[path.resolve()] = place
                self.kinds[path.resolve(), name] = kind
        return found

    def add_assembly(self, path: Path, manifest: dict[str, Any]) -> None:
        """Take a CDK manifest: the template of each stack, and the program's lines."""
        for artifact, entry in sorted(manifest.get("artifacts", {}).items()):
            if entry.get("type") != "aws:cloudformation:stack":
                continue
            properties = entry.get("properties", {})
            template = (path.parent / str(properties.get("templateFile", ""))).resolve()
            self._stacks[str(properties.get("stackName", artifact))] = template
            metadata = dict(entry.get("metadata", {}))
            extra = entry.get("additionalMetadataFile")
            if isinstance(extra, str):
                metadata |= _json(path.parent / extra)
            for entries in metadata.values():
                for each in entries:
                    if isinstance(each, dict) and each.get("type") == "aws:cdk:logicalId":
                        line = self._program(each.get("trace") or (), path.parent.parent)
                        if line is not None:
                            self._programs[template, str(each.get("data"))] = line

    def _program(self, trace: Any, home: Path) -> str | None:
        """The innermost line of a stack trace that is the user's own."""
        for frame in trace:
            match = _FRAME.match(str(frame))
            if match is None or _FOREIGN.search(match["file"]):
                continue
            for file in _files(match["file"], home):
                place = at(file, int(match["line"]), self._root)
                if place is not None:
                    return place
        return None

    def line(self, stack: str, logical: str) -> str | None:
        """Where a stack's resource was made, or null if no one template says so."""
        found = self._lines.get(logical, {})
        template = self._template(stack, found)
        if template is None:
            return None
        return self._programs.get((template, logical), found.get(template))

    def kind(self, stack: str, logical: str) -> str | None:
        template = self._template(stack, self._lines.get(logical, {}))
        return None if template is None else self.kinds.get((template, logical))

    def _template(self, stack: str, found: dict[Path, str]) -> Path | None:
        """The template of a stack: by the CDK's word, by the file's name, or the only one."""
        if stack in self._stacks:
            return self._stacks[stack]
        named = [path for path in found if path.name.partition(".")[0].lower() == stack.lower()]
        candidates = named or list(found)
        return candidates[0] if len(candidates) == 1 else None


_FRAME = re.compile(r"(?P<file>.{0,4000}?\.\w{1,16})(?:\"?, line |:)(?P<line>\d{1,7})(?!\d)")
"""A frame up to its line: words of the program, and a file whose name may have blanks in it."""

_FOREIGN = re.compile(r"(^|/)(node_modules|site-packages|dist-packages|internal)/|(^|\()node:")
_MOST_STARTS = 40


def _files(said: str, home: Path) -> Iterator[Path]:
    """The files that the end of a text names: which of its blanks, brackets and quotes the name
    starts after can only be told by what there is. The longest name first."""
    starts = [0, *(found.end() for found in re.finditer(r'[\s("]', said))]
    for start in starts[:_MOST_STARTS]:
        name = said[start:]
        file = home / (unquote(name[7:]) if name.startswith("file://") else name)
        with suppress(OSError):
            if file.is_file():
                yield file


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class _StackResource(msgspec.Struct, frozen=True, rename="pascal"):
    logical_resource_id: str
    physical_resource_id: str = ""
    resource_type: str = ""
    stack_name: str = ""


class _Stack(msgspec.Struct, frozen=True, rename="pascal"):
    stack_resources: tuple[_StackResource, ...] = ()
    stack_resource_summaries: tuple[_StackResource, ...] = ()


def is_stack(data: bytes) -> bool:
    """Whether this JSON lists the resources of a stack."""
    return b'"StackResource' in data[:4096]


def collect(path: Path, data: bytes, templates: Templates, into: Collected) -> None:
    """Add the physical ids of a stack. Raises InputError."""
    try:
        stack = msgspec.json.decode(data, type=_Stack)
    except msgspec.MsgspecError as error:
        raise InputError(f"{path}: these are no resources of a stack: {error}") from error
    for one in (*stack.stack_resources, *stack.stack_resource_summaries):
        name = one.stack_name or PurePosixPath(path.name).stem
        line = templates.line(name, one.logical_resource_id)
        if line is not None:
            for found in _keys(one.resource_type, one.physical_resource_id):
                if isinstance(found, str):
                    into.add("aws", found, line)
                else:
                    into.add_name(*found, line)


_OWN_ID = re.compile(r"arn:.+|[a-z]+-[0-9a-f]{8,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ARN_KINDS = {"dbinstance": "db", "dbcluster": "cluster", "managedpolicy": "policy"}


def _keys(kind: str, physical: str) -> Iterator[str | tuple[str, str, str]]:
    """A physical id as an id of its own, or as service, kind and name of an ARN."""
    if not physical:
        return
    if _OWN_ID.fullmatch(physical):
        yield physical
    parts = kind.lower().split("::")
    if len(parts) == 3:
        service, thing = parts[1], _ARN_KINDS.get(parts[2], parts[2])
        yield service, "" if (service, thing) == ("s3", "bucket") else thing, physical
