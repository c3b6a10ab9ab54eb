"""Keeps the garbage collector away from what never becomes garbage.

moto's and botocore's models are a million objects for the life of the emulator. Each full
collection walks them all: nearly half of the time that building an estate took.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected(*, freeze: bool = False) -> Iterator[None]:
    """No collection in the block; with `freeze` what then lives is not walked later either."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if freeze:
            gc.freeze()
        if enabled:
            gc.enable()


def thaw() -> None:
    """Let the collector see everything again."""
    gc.unfreeze()
