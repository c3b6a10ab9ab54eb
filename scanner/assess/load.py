"""Reads people's files: checked against their schemas, artifacts hashed as they lie now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from scanner.assess.names import settle
from scanner.assess.services import Service
from scanner.assess.statements import (
    Artifact,
    Attestation,
    Declarations,
    Exemption,
    Statements,
)
from scanner.documents import Document, check_schema, load
from scanner.errors import InputError

T = TypeVar("T")

FORMS = (
    "attestations",
    "declarations",
    "exceptions",
    "incident",
    "plan",
    "poam",
    "scope",
    "soa",
)
"""People's forms that have a published schema, as `schemas/<form>.schema.json`."""


LIMIT = 16 * 1024 * 1024
"""Bytes of a file of the organisation's own: a list of software can be long."""


@cache
def schema(form: str) -> Mapping[str, Any]:
    """The published JSON Schema of one form."""
    path = Path(__file__).parent / "schemas" / f"{form}.schema.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


YEARS = range(1900, 2300)
"""What a day of people's files may lie in: periods of years are counted from it. A review that is
planned from the last day that --as-of takes lies in it, too."""


def read(path: Path, form: str) -> Document:
    """One file, checked against its schema; every day in it is a real one. Raises InputError."""
    return checked(load(path, LIMIT), form)


def checked(doc: Document, form: str) -> Document:
    """The same of a document that is read already. Raises InputError."""
    check_schema(doc, schema(form))
    faults = [
        f"{doc.where(at)}: {value} {fault}"
        for at, value in _texts(doc.value, ())
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) and (fault := _day_fault(value)) is not None
    ]
    if faults:
        raise InputError(faults)
    return doc


def _texts(value: Any, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*at, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(part, (*at, index))


def _day_fault(text: str) -> str | None:
    """What is wrong with a day of the right form, or null."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return "is no day of the calendar; write year-month-day"
    if found.year in YEARS:
        return None
    return f"is out of bounds; write a day between the years {YEARS[0]} and {YEARS[-1]}"


def attestations(path: Path, root: Path | None = None) -> tuple[Attestation, ...]:
    """The attestations of one file, or of every .yaml file of a folder, by id.

    Artifacts lie relative to the file and inside `root` (default: the folder that holds `path`).
    """
    folder = path.is_dir()
    files = sorted(path.glob("*.yaml")) if folder else [path]
    inside = (root or (path if folder else path.parent)).resolve()
    found: list[Attestation] = []
    for file in files:
        doc = read(file, "attestations")
        for index, record in enumerate(doc.value["attestations"]):
            at = ("attestations", index)
            fields = {**settle(doc, at, record), "where": str(doc.where(at))}
            fields["artifacts"] = _artifacts(doc, at, record, inside)
            found.append(_convert(fields, Attestation))
    return _unique(found)


def exceptions(path: Path, root: Path | None = None) -> tuple[Exemption, ...]:
    """The exceptions of one file, by id."""
    inside = (root or path.parent).resolve()
    doc = read(path, "exceptions")
    found: list[Exemption] = []
    for index, record in enumerate(doc.value["exceptions"]):
        at = ("exceptions", index)
        fields = {**settle(doc, at, record), "where": str(doc.where(at))}
        fields["artifacts"] = _artifacts(doc, at, record, inside)
        for name in ("ssp", "plan_of_action", "adjudication"):
            if name in record:
                fields[name] = _artifact(doc, (*at, name), {"path": record[name]}, inside)
        found.append(_convert(fields, Exemption))
    return _unique(found)


def declarations(path: Path) -> Declarations:
    """The declarations of one file; what is still marked `proposed` does not count.

    A list of which a record is still proposed is not declared at all: held against half a roster,
    the other half would fail. Products stand each for itself.
    """
    doc = read(path, "declarations")
    lists: dict[str, tuple[dict[str, Any], ...]] = {}
    waiting: dict[str, int] = {}
    for name, records in doc.value.items():
        if name == "schema":
            continue
        seen: dict[str, int] = {}
        for index, record in enumerate(records):
            if record["id"] in seen and name != "products":
                first = doc.where((name, seen[record["id"]]))
                raise InputError(
                    f"{doc.where((name, index))}: {name} names {record['id']!r} twice (first at "
                    f"line {first.line}); keep one"
                )
            seen[record["id"]] = index
        confirmed = tuple(r for r in records if r.get("proposed") is not True)
        if len(confirmed) < len(records):
            waiting[name] = len(records) - len(confirmed)
        if name not in waiting or name == "products":
            lists[name] = confirmed
    return Declarations(lists=lists, proposed=waiting)


def statements(
    *,
    attestations_path: Path | None = None,
    exceptions_path: Path | None = None,
    declarations_path: Path | None = None,
    services: Mapping[str, Service] | None = None,
    root: Path | None = None,
) -> Statements:
    """Everything that people state, from the files that there are."""
    return Statements(
        attestations=attestations(attestations_path, root) if attestations_path else (),
        exceptions=exceptions(exceptions_path, root) if exceptions_path else (),
        declarations=declarations(declarations_path) if declarations_path else Declarations(),
        services=dict(services or {}),
    )


def _artifacts(
    doc: Document, at: tuple[str | int, ...], record: Mapping[str, Any], inside: Path
) -> tuple[Artifact, ...]:
    return tuple(
        _artifact(doc, (*at, "artifacts", i), each, inside)
        for i, each in enumerate(record.get("artifacts", ()))
    )


def _artifact(
    doc: Document, at: tuple[str | int, ...], record: Mapping[str, Any], inside: Path
) -> Artifact:
    given = Path(record["path"])
    place = (Path(doc.name).parent / given).resolve()
    if given.is_absolute() or not place.is_relative_to(inside):
        raise InputError(
            f"{doc.where(at)}: the artifact {record['path']} lies outside {inside}; "
            "keep it beside the statements and name it relative to this file"
        )
    return Artifact(
        path=place.relative_to(inside).as_posix(),
        title=record.get("title"),
        sha256=record.get("sha256"),
        actual=_hash(place),
    )


def _hash(path: Path) -> str | None:
    """SHA-256 of a file, or null where no readable file lies."""
    digest = sha256()
    try:
        if not path.is_file():
            return None
        with path.open("rb") as source:
            while block := source.read(1 << 20):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def _convert(fields: Mapping[str, Any], into: type[T]) -> T:
    return msgspec.convert(fields, into)


S = TypeVar("S", Attestation, Exemption)


def _unique(found: list[S]) -> tuple[S, ...]:
    places: dict[str, str] = {}
    for each in found:
        if each.id in places:
            raise InputError(
                f"{each.where}: the id {each.id!r} is taken at {places[each.id]}; choose another"
            )
        places[each.id] = each.where
    return tuple(sorted(found, key=lambda each: each.id))
