"""What a source says of a machine made of texts and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scanner.collectors.base import Job, Partial, Refused, Scope, Source, Target
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.machine.base import Machine, Output
from scanner.collectors.linux.machine.memory import Memory, Node
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.session import HostSession
from scanner.facts import Fact

NOW = "2026-11-24T08:00:00Z"
TODAY = 20781
"""Days since 1970 of NOW."""
NOW_SECONDS = TODAY * 86400 + 8 * 3600

Tree = dict[str, Any]
Answers = dict[tuple[str, ...], Output]


def said(out: str, code: int = 0, err: str = "") -> Output:
    return Output(code, out, err)


def nodes(tree: Mapping[str, Any]) -> dict[str, Node]:
    """Text, bytes, `-> target` for a link, None for a folder, or a Node as it stands."""
    found = {}
    for path, what in tree.items():
        if isinstance(what, Node):
            found[path] = what
        elif what is None:
            found[path] = Node(folder=True, mode=0o755)
        elif isinstance(what, bytes):
            found[path] = Node(what)
        elif what.startswith("-> "):
            found[path] = Node(link=what[3:])
        else:
            found[path] = Node(what.encode())
    return found


def memory(tree: Mapping[str, Any], answers: Answers | None = None, *, live: bool = True) -> Once:
    return Once(Memory(nodes(tree), live=live, answers=dict(answers or {})))


SCOPE = Scope("linux:test", "testhost")


def place(source: Source, machine: Machine) -> Host:
    return Host(Job("t", SCOPE, None, source, source.serves, lambda: NOW), machine)


class Read:
    """What one source said of a machine."""

    def __init__(self, source: Source, machine: Machine) -> None:
        self.facts: dict[str, Fact] = {}
        self.refused: dict[str, Mapping[str, Refused]] = {}
        self.listing: Refused | None = None
        try:
            for item in source.run(place(source, machine)):
                fact = item.fact if isinstance(item, Partial) else item
                key = fact.subject.removeprefix(SCOPE.id).lstrip("/")
                assert key not in self.facts, f"{source.id} has two facts {key}"
                self.facts[key] = fact
                self.refused[key] = item.refused if isinstance(item, Partial) else {}
        except Refused as refused:
            self.listing = refused

    def __getitem__(self, key: str) -> Any:
        return self.facts[key]

    @property
    def only(self) -> Any:
        (fact,) = self.facts.values()
        return fact

    def why(self, field: str, key: str | None = None) -> Refused:
        """The refusal of a field."""
        return self.refused[key if key is not None else next(iter(self.facts))][field]


def read(
    source: Source, tree: Mapping[str, Any], answers: Answers | None = None, *, live: bool = True
) -> Read:
    return Read(source, memory(tree, answers, live=live))


def collector_of(machine: Machine) -> Any:
    """The linux collector, reading this machine wherever it is pointed."""
    return replace(COLLECTOR, open=lambda target: HostSession(machine, SCOPE))


TARGET = Target("t", "linux", {})
