"""What every fact carries, and the register of fact kinds.

A fact is one thing observed at one place. Each of its own fields has three states:

- a value: it was read;
- ``None``: it was read, and there is none (no password; never expires);
- ``UNSET``: it could not be read. Below the top level nothing is UNSET: a list is whole or unread.

UNSET is falsy, so no code tests a field for truth: compare with ``is``.
"""

from __future__ import annotations

import typing
from functools import cache
from typing import Annotated, Any, TypeVar, Union

import msgspec
from msgspec import UNSET, UnsetType

from scanner.errors import Defect

T = TypeVar("T")

Maybe = Union[T, None, UnsetType]  # noqa: UP007 - a generic alias has to stand in `Union`
"""A field that may be absent in what was read (``None``) and may be unread (``UNSET``)."""

Sure = Union[T, UnsetType]  # noqa: UP007
"""A field that always has a value once it is read."""

PERSONAL = "personal"
"""Marks a field that names or describes a person; `--redact` leaves it out of every output."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """The part that all kinds share. A subclass's tag is its kind: `identity.account`."""

    subject: Annotated[str, "the provider's immutable id: an ARN, object id or path"]
    name: Annotated[str, "what people call it", PERSONAL]
    provider: Annotated[str, "aws, linux, entra, ..."]
    target: Annotated[str, "the target's id in the configuration"]
    scope: Annotated[str, "the account, tenant, subscription or machine, with its provider"]
    region: Annotated[str | None, "the region, or null where the thing has none"] = None
    source: Annotated[str, "the collector source that observed it"]
    operation: Annotated[str, "the operation that it was read from"]
    observed_at: Annotated[str, "UTC, to the second: 2026-11-24T07:33:41Z"]
    tags: Annotated[Maybe[dict[str, str]], "the owner's own labels"] = UNSET
    made_by: Annotated[Maybe[str], "the line of code that made it, as file:line"] = UNSET
    unread: Annotated[dict[str, str], "field that could not be read -> the gap's id"] = {}


COMMON = frozenset(f.name for f in msgspec.structs.fields(Fact))
"""Names of the fields that every fact has."""

CONTEXT = ("subject", "name", "provider", "target", "scope", "region", "tags")
"""Those of the common fields that a rule may use."""


class Field(msgspec.Struct, frozen=True):
    """One field as rule authors see it."""

    name: str
    type: str
    """`str`, `int`, `bool`, `list[str]` or `dict[str,str]`."""
    nullable: bool
    about: str
    personal: bool
    values: tuple[str, ...] = ()
    """The only texts that it can be, where they are known; empty: any."""


def kind_of(fact_type: type[Fact]) -> str:
    """The kind's name: `identity.account` for Account."""
    tag = fact_type.__struct_config__.tag
    if not isinstance(tag, str):
        raise Defect(f"{fact_type.__name__} has no kind")
    return tag


_TYPES = {
    "str": "str",
    "int": "int",
    "bool": "bool",
    "tuple[str, ...]": "list[str]",
    "dict[str, str]": "dict[str,str]",
}


def _field(name: str, annotation: Any) -> Field:
    about, personal, nullable = "", False, False
    if typing.get_origin(annotation) is Annotated:
        annotation, *notes = typing.get_args(annotation)
        about, personal = notes[0], PERSONAL in notes[1:]
    members = typing.get_args(annotation) if _is_union(annotation) else (annotation,)
    kept = []
    for member in members:
        if member is type(None):
            nullable = True
        elif member is not UnsetType:
            kept.append(member)
    values: tuple[str, ...] = ()
    if len(kept) == 1 and typing.get_origin(kept[0]) is typing.Literal:
        word, values = "str", typing.get_args(kept[0])
    else:
        word = " | ".join(
            k.__name__ if isinstance(k, type) and not typing.get_args(k) else str(k) for k in kept
        )
    if word not in _TYPES and word != "str":
        raise Defect(f"field {name} has a type that rules cannot use: {word}")
    return Field(name, _TYPES[word], nullable, about, personal, values)


def _is_union(annotation: Any) -> bool:
    import types

    return typing.get_origin(annotation) in (Union, types.UnionType)


@cache
def fields_of_type(fact_type: type[Fact]) -> dict[str, Field]:
    """The fields that a rule over this type may use, common ones first."""
    hints = typing.get_type_hints(fact_type, include_extras=True)
    own = [n for n in (f.name for f in msgspec.structs.fields(fact_type)) if n not in COMMON]
    return {name: _field(name, hints[name]) for name in (*CONTEXT, *own)}


__all__ = [
    "COMMON",
    "CONTEXT",
    "PERSONAL",
    "UNSET",
    "Fact",
    "Field",
    "Maybe",
    "Sure",
    "UnsetType",
    "fields_of_type",
    "kind_of",
]
