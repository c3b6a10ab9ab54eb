"""A rule as the rest of the program sees it: checked, its expressions parsed, its cases at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from scanner.facts import fields_of
from scanner.rules.engine import Expression

Strength = Literal["observed", "enforced", "configured"]
Refutes = Literal["always", "if-declared", "never"]
Severity = Literal["critical", "high", "medium", "low", "info"]
Status = Literal["stable", "experimental"]
Per = Literal["target", "account", "region", "organization"]
Verdict = Literal["pass", "fail", "not-applicable", "unknown"]
ParamType = Literal["int", "string", "bool", "strings"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
PROVIDERS = ("aws", "azure", "entra", "github", "intune", "linux", "m365")
"""Providers whose collectors belong to this program; others come with their plug-ins."""

EXPRESSIONS = ("when", "require", "settled")
"""Keys of a rule that hold CEL."""

SETTINGS = ("facts", "gaps", "with", "declarations", "params")
"""Keys of a test case that are not fields of its one fact; no fact has such a field."""


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a set have to satisfy `require`; no `max`: no upper bound."""

    min: int = 0
    max: int | None = None


class Param(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A value that the organization may set (it has a default) or must state (declared)."""

    about: str
    default: int | str | bool | tuple[str, ...] | UnsetType = UNSET
    declared: bool = False
    affirm: bool = False
    """A declared yes or no of which only the yes states something."""
    type: ParamType | None = None
    min: int | None = None
    max: int | None = None
    unit: str | None = None

    @property
    def of(self) -> ParamType:
        """The type: the one stated, else the default's."""
        if self.type is not None:
            return self.type
        return _TYPES.get(type(self.default), "string")

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value for it, as the end of a sentence about it; None: it fits."""
        if not _FITS[self.of](value):
            return f"must be {_NOUNS[self.of]}"
        unit = f" {self.unit}" if self.unit else ""
        if self.min is not None and self.of == "int" and value < self.min:
            return f"is {value}; the least is {self.min}{unit}"
        if self.max is not None and self.of == "int" and value > self.max:
            return f"is {value}; the most is {self.max}{unit}"
        return None


def param_of(written: Mapping[str, Any]) -> Param:
    """A parameter as a rule's file has it."""
    default = written.get("default")
    return Param(
        **(dict(written, default=tuple(default)) if isinstance(default, list) else written)
    )


_TYPES: dict[type, ParamType] = {bool: "bool", int: "int", str: "string", tuple: "strings"}
_NOUNS = {
    "int": "a whole number",
    "string": "a text",
    "bool": "true or false",
    "strings": "a list of texts",
}
_FITS = {
    "int": lambda v: type(v) is int,
    "string": lambda v: isinstance(v, str),
    "bool": lambda v: isinstance(v, bool),
    "strings": lambda v: isinstance(v, (list, tuple)) and all(isinstance(i, str) for i in v),
}


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """Another fact, by its subject, or a declared record, by its id (exactly one of the two)."""

    prefix: str
    """Its variables are `<prefix>_found` and `<prefix>_<field>`."""
    on: str
    """Field of the rule's own fact that holds the key."""
    fact: str | None = None
    declaration: str | None = None
    ignore_case: bool = False
    """Capital and small letters of a declared id are the same: for names of programs, which every
    system writes as it likes, and never for names of accounts."""
    fits: Mapping[str, str] = {}
    """Key of the declared record -> field of the rule's own fact that has to fit it as well."""
    same_scope: bool = False
    """The other fact can only lie in the same scope, so that not finding it there is a finding."""


class CaseGap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A read that a test case takes as refused: a whole listing, or fields of every fact."""

    listing: bool = False
    fields: tuple[str, ...] = ()
    fact: str | None = None
    """The looked-up kind that it concerns; None: the rule's own."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One test of a rule. Facts and records are {field: value}; an absent field was not read."""

    verdict: Verdict
    line: int
    """Where it stands in the rule's file."""
    facts: tuple[Mapping[str, Any], ...]
    gaps: tuple[CaseGap, ...] = ()
    neighbours: Mapping[str, tuple[Mapping[str, Any], ...]] = {}
    """Looked-up facts by kind, each with its subject."""
    declarations: Mapping[str, tuple[Mapping[str, Any], ...]] = {}
    """Declared lists by name; one that is absent was not declared."""
    params: Mapping[str, Any] = {}


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a rule that is the same in its file and in the program."""

    id: str
    title: str
    practice: str
    decides: tuple[str, ...] = ()
    informs: tuple[str, ...] = ()
    informs_only: tuple[str, ...] = ()
    """Providers for whose facts `decides` counts as `informs`."""
    strength: Strength
    refutes: Refutes
    product: str | None = None
    """With refutes `if-declared`: the job that another product may have been given."""
    severity: Severity
    status: Status = "stable"
    deprecated_ids: tuple[str, ...] = ()
    iso: tuple[str, ...] = ()
    """Controls that narrow those of the practice; empty: all of them."""
    references: tuple[str, ...] = ()
    fact: str
    providers: tuple[str, ...] = ()
    """Empty: every provider."""
    per: Per = "account"
    message: str
    why: str
    limits: str
    fix: Mapping[str, str]
    """Provider -> what to do."""


class Rule(Described, frozen=True, kw_only=True):
    """One rule. Texts are as written; ids of objectives and controls as in the catalogues."""

    when: Expression | None
    """None: every fact of the kind is concerned."""
    require: Expression
    settled: Expression | None
    """What has to be true of the reading itself; where it is not, the verdict is unknown."""
    lookups: Mapping[str, Lookup]
    params: Mapping[str, Param]
    expect: Count | None
    """None: a finding for each fact. Else one for each set, by how many satisfy `require`."""
    cases: tuple[Case, ...]
    file: str
    """The path of its file, as found."""
    sha256: str
    """Of the text that it was read from."""

    @property
    def first_id(self) -> str:
        """The id that it had first: fingerprints are made of it."""
        return self.deprecated_ids[0] if self.deprecated_ids else self.id

    @property
    def variables(self) -> frozenset[str]:
        """Every variable of its expressions."""
        parts = (self.when, self.require, self.settled)
        return frozenset[str]().union(*(part.variables for part in parts if part is not None))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names that the message shows."""
        return placeholders(self.message)

    def lookup_of(self, variable: str) -> Lookup | None:
        """The lookup that a variable comes from; None: it is a field or a parameter."""
        if variable not in fields_of(self.fact):
            for look in self.lookups.values():
                if variable.startswith(f"{look.prefix}_"):
                    return look
        return None

    def looked_up(self, prefix: str) -> frozenset[str]:
        """The fields of a looked-up fact that the expressions and the message use."""
        start = f"{prefix}_"
        names = self.variables.union(self.placeholders) - fields_of(self.fact).keys()
        return frozenset(n.removeprefix(start) for n in names if n.startswith(start)) - {"found"}


def placeholders(message: str) -> tuple[str, ...]:
    """The names in {braces} of a message, in order, once each."""
    names = (part.partition("}")[0] for part in message.split("{")[1:])
    return tuple(dict.fromkeys(names))
