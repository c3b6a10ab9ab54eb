"""The installed collectors, found by their entry points and loaded only when a target asks."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from scanner.collectors.base import Collector
from scanner.errors import Defect, InputError

GROUP = "cmmc_scan.collectors"

_EXTRAS = {"boto3": "aws", "botocore": "aws"}


@cache
def _known() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def providers() -> tuple[str, ...]:
    """The provider names that a target may have."""
    return tuple(sorted(_known()))


@cache
def collector_for(provider: str) -> Collector:
    """The collector of a provider. Raises InputError for one that is not installed."""
    point = _known().get(provider)
    if point is None:
        raise InputError(
            f"there is no collector for provider {provider!r}; installed: {', '.join(providers())}"
        )
    module, _, name = point.value.partition(":")
    try:
        found = getattr(import_module(module), name)
    except ImportError as error:
        extra = _EXTRAS.get((error.name or "").split(".")[0])
        if extra is None:
            raise Defect(f"the collector of {provider} cannot be loaded: {error}") from error
        raise InputError(
            f"provider {provider} needs {error.name}: pip install 'cmmc-scan[{extra}]'"
        ) from error
    if not isinstance(found, Collector) or found.provider != provider:
        raise Defect(f"entry point {point.value} is no collector of {provider}")
    return found


def collectors() -> tuple[Collector, ...]:
    """Every installed collector, by name."""
    return tuple(collector_for(provider) for provider in providers())
