"""Runs the sources that the wanted fields need, concurrently, and writes the snapshot."""

from scanner.collect.event import Event
from scanner.collect.plan import Planned, Want, plan, source_infos
from scanner.collect.registry import collector_for, collectors
from scanner.collect.run import collect

__all__ = [
    "Event",
    "Planned",
    "Want",
    "collect",
    "collector_for",
    "collectors",
    "plan",
    "source_infos",
]
