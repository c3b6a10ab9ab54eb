"""Reads the shipped catalogues. They are ours: what is wrong with them is a defect, not input."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from scanner.documents import load
from scanner.errors import Defect, InputError
from scanner.resources import mappings_dir

T = TypeVar("T")

LIMIT = 1024 * 1024
"""Bytes that a catalogue may have."""


def catalogue(name: str, shape: type[T]) -> T:
    """The catalogue mappings/<name>, held to its shape; raises Defect."""
    return shaped(mappings_dir() / name, shape)


def shaped(path: Path, shape: type[T]) -> T:
    """The YAML file held to its shape; raises Defect."""
    try:
        return msgspec.convert(load(path, LIMIT).value, shape)
    except (InputError, msgspec.ValidationError) as error:
        raise Defect(f"{path}: not a catalogue that this version reads: {error}") from error
