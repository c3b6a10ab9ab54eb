"""The installed collectors, found by their entry points and loaded only when a target asks."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from scanner.collectors.base import Collector
from scanner.errors import Defect, InputError

GROUP = "cmmc_scan.collectors"
_OURS = "cmmc-scan"

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
    except Exception as error:  # a plug-in may fail in any way when it is imported
        if isinstance(error, ImportError):
            extra = _EXTRAS.get((error.name or "").split(".")[0])
            if extra is not None:
                raise InputError(
                    f"provider {provider} needs {error.name}: pip install 'cmmc-scan[{extra}]'"
                ) from error
        raise _broken(point, f"cannot be loaded: {error}") from error
    if not isinstance(found, Collector) or found.provider != provider:
        raise _broken(point, f"is no collector of {provider}")
    return found


def _broken(point: EntryPoint, what: str) -> Exception:
    """A collector that is none: the defect is ours only where the package is."""
    package = point.dist
    if package is None or package.name == _OURS:
        return Defect(f"entry point {point.value}: {what}")
    return InputError(
        f"the plug-in {package.name} {package.version}: its entry point {point.value} {what};"
        " mend it or uninstall it"
    )


def collectors() -> tuple[Collector, ...]:
    """Every installed collector, by name."""
    return tuple(collector_for(provider) for provider in providers())
