"""Reads the shipped catalogues. They are ours: what is wrong with them is a defect, not input."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from scanner.errors import Defect
from scanner.resources import mappings_dir

T = TypeVar("T")

# libyaml parses ten times faster; the pure loader gives the same result where it is missing.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str) -> Any:
    """The value of a YAML text; raises yaml.YAMLError."""
    return yaml.load(text, Loader=LOADER)


def catalogue(name: str, shape: type[T]) -> T:
    """The catalogue mappings/<name>, held to its shape; raises Defect."""
    return shaped(mappings_dir() / name, shape)


def shaped(path: Path, shape: type[T]) -> T:
    """The YAML file held to its shape; raises Defect."""
    try:
        return msgspec.convert(parse(path.read_text(encoding="utf-8")), shape)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise Defect(f"{path}: not a catalogue that this version reads: {error}") from error
