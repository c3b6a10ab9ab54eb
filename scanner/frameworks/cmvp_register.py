"""The register of FIPS 140 certificates: its shape, and where it is read from."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from scanner.documents import load
from scanner.errors import InputError
from scanner.frameworks.reading import LIMIT, shaped
from scanner.resources import mappings_dir

Status = Literal["active", "historical", "superseded", "check", "revoked", "none"]


class Certificate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the register; what each field means stands at the head of mappings/cmvp.yaml."""

    cert: int | None = None
    vendor: str
    module: str
    standard: Literal["140-2", "140-3"] | None = None
    level: int | None = None
    status: Status
    read_on: datetime.date | None = None
    copies: int = 1
    sunset: datetime.date | None = None
    replaced_by: int | None = None
    kind: str = "unsorted"
    systems: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    package: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    not_on: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    same_as: int | None = None
    match_read: Literal["two", "one", "recall"] | None = None
    note: str | None = None


class Queued(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of NIST's queue of modules in process."""

    vendor: str
    module: str
    kind: str = "any"
    systems: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    version: tuple[str, ...] = ()


class InProcess(msgspec.Struct, frozen=True):
    read_on: datetime.date
    modules: tuple[Queued, ...]


class Freshness(msgspec.Struct, frozen=True):
    warn_after_days: int = 30
    distrust_after_days: int = 90


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The register as of one day."""

    schema: Literal[1]
    as_of: datetime.date
    modules: tuple[Certificate, ...]
    in_process: InProcess | None = None
    freshness: Freshness = Freshness()

    def certificate(self, number: int) -> Certificate | None:
        """The line of a certificate number."""
        return next((c for c in self.modules if c.cert == number), None)


def load_register(user_copy: Path | None = None) -> Register:
    """The user's register where there is one and it is newer, else the shipped one.

    Raises InputError if the user's file cannot be read.
    """
    ours = shipped()
    if user_copy is None or not user_copy.exists():
        return ours
    theirs = read_register(user_copy)
    return theirs if theirs.as_of > ours.as_of else ours


@cache
def shipped() -> Register:
    """The register that came with this version, read once."""
    return shaped(mappings_dir() / "cmvp.yaml", Register)


def read_register(path: Path) -> Register:
    """A register in the shape of mappings/cmvp.yaml; raises InputError."""
    doc = load(path, LIMIT)
    try:
        return msgspec.convert(doc.value, Register)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: not a register of certificates: {error}") from error


def warnings_of(register: Register, on: datetime.date) -> tuple[str, ...]:
    """What the age of the register asks to be said, judged on a day."""
    age = (on - register.as_of).days
    fresh = register.freshness
    if age <= fresh.warn_after_days:
        return ()
    load = "load a newer one with `cmmc-scan mappings update-cmvp FILE`"
    if age > fresh.distrust_after_days:
        return (f"The register of certificates is {age} days old and decides nothing; {load}.",)
    return (f"The register of certificates is {age} days old; {load}.",)
