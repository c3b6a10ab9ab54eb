"""Ids of live resources and the lines that made them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from scanner.findings import Finding

_FAMILIES = {
    **dict.fromkeys(("awscc", "aws"), "aws"),
    **dict.fromkeys(
        ("azuread", "azurerm", "azapi", "msgraph", "microsoft365", "entra", "intune", "azure"),
        "microsoft",
    ),
    "m365": "microsoft",
}

Key = tuple[str, str]
"""A family of providers, and a resource's id there."""


def family(provider: str) -> str:
    """Our own and Terraform's names for the providers that share ids: `azuread` is microsoft."""
    return _FAMILIES.get(provider, provider)


def key(provider: str, identifier: str) -> Key:
    """An id as it is compared: Microsoft's without regard to case, a log group's without `:*`."""
    group = family(provider)
    return group, identifier.lower() if group == "microsoft" else identifier.removesuffix(":*")


class Declared(msgspec.Struct, frozen=True):
    """One resource as a Bicep file or an ARM template declares it."""

    kind: str
    """`microsoft.storage/storageaccounts`"""
    name: str
    """A regular expression that the resource's name has to match, in small letters."""
    exact: bool
    """The name is a plain text."""
    place: str


class Origins(msgspec.Struct, frozen=True):
    """`file:line` from the repository's root, by id; by service, kind and name in AWS; and by what
    Azure's templates declare."""

    by_id: Mapping[Key, str] = {}
    by_name: Mapping[tuple[str, str, str], str] = {}
    declared: tuple[Declared, ...] = ()

    def of(self, provider: str | None, subject: str | None) -> str | None:
        """The line that made a subject, or null where nothing says so.

        What belongs to a subject (`<arn>#access-key-1`) was made where the subject was.
        """
        if provider is None or not subject:
            return None
        owner = subject.partition("#")[0]
        for identifier in dict.fromkeys((subject, owner)):
            found = self.by_id.get(key(provider, identifier))
            if found is not None:
                return found
        if family(provider) == "microsoft":
            return _declared(owner, self.declared)
        name = _named(owner) if family(provider) == "aws" else None
        return self.by_name.get(name) if name is not None else None

    def __or__(self, other: Origins) -> Origins:
        """Both; where they disagree, the first."""
        return Origins(
            {**other.by_id, **self.by_id},
            {**other.by_name, **self.by_name},
            (*self.declared, *other.declared),
        )


_ARN = re.compile(r"arn:[^:]+:([^:]+):[^:]*:[^:]*:(?:([A-Za-z-]+)[/:])?(.+)")


def _named(arn: str) -> tuple[str, str, str] | None:
    """`arn:aws:iam::1:user/ann` as (iam, user, ann); the kind is empty where an ARN has none."""
    match = _ARN.fullmatch(arn.removesuffix(":*"))
    if match is None:
        return None
    service, kind, name = match.groups()
    return service, (kind or "").replace("-", ""), name


def _declared(resource_id: str, known: Iterable[Declared]) -> str | None:
    """Where an ARM resource was declared, or null if no one declaration fits.

    resource_id: `/subscriptions/…/providers/Microsoft.Storage/storageAccounts/name`.
    """
    path = resource_id.lower().rpartition("/providers/")[2].split("/")
    if len(path) < 3 or len(path) % 2 == 0:
        return None
    kind = "/".join([path[0], *path[1::2]])
    names = ("/".join(path[2::2]), path[-1])  # a child is named with or without its parents
    fitting = [d for d in known if d.kind == kind and any(re.fullmatch(d.name, n) for n in names)]
    exact = [d for d in fitting if d.exact] or fitting
    return exact[0].place if len({d.place for d in exact}) == 1 else None


class Collected:
    """Origins on their way: an id that is claimed by two lines belongs to neither."""

    def __init__(self) -> None:
        self._ids: dict[Key, set[str]] = {}
        self._names: dict[tuple[str, str, str], set[str]] = {}
        self.declared: list[Declared] = []

    def add(self, provider: str, identifier: str, line: str) -> None:
        if identifier:
            self._ids.setdefault(key(provider, identifier), set()).add(line)

    def add_name(self, service: str, kind: str, name: str, line: str) -> None:
        if name:
            self._names.setdefault((service, kind, name), set()).add(line)

    def origins(self) -> Origins:
        return Origins(
            {k: next(iter(v)) for k, v in sorted(self._ids.items()) if len(v) == 1},
            {k: next(iter(v)) for k, v in sorted(self._names.items()) if len(v) == 1},
            tuple(self.declared),
        )


def attach(findings: Iterable[Finding], origins: Origins) -> Iterator[Finding]:
    """The same findings, each with the line that made its subject where one is known.

    A line that the collector already gave stays.
    """
    for finding in findings:
        if finding.made_by is None:
            line = origins.of(finding.provider, finding.subject)
            if line is not None:
                finding = msgspec.structs.replace(finding, made_by=line)
        yield finding


def at(path: Path, line: int, root: Path) -> str | None:
    """A place as `infra/main.tf:12` from the root, or null outside of it."""
    try:
        return f"{path.resolve().relative_to(root.resolve()).as_posix()}:{line}"
    except (ValueError, OSError):
        return None
