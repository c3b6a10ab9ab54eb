"""How long a machine in memory is held: a fleet has hundreds of them in turn."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress

import pytest
from linux_reading import memory, place
from linux_rhel import RHEL

from scanner.collectors.base import Refused, Source
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.machine.memory import Node

CLOSED = {path: Node(refused=True) for path in ("/etc/shadow", "/etc/sudoers", "/etc/ssh")}


@pytest.mark.parametrize("source", COLLECTOR.sources, ids=lambda source: source.name)
def test_a_machine_that_has_been_read_is_let_go_of(source: Source) -> None:
    """Without waiting for the collector of cycles, which a large scan runs rarely."""
    machine = memory({**RHEL, **CLOSED})
    held = weakref.ref(machine)
    gc.collect()
    gc.disable()
    try:
        facts = []
        with suppress(Refused):
            facts.extend(source.run(place(source, machine)))
        del machine
        facts.clear()
        assert held() is None
    finally:
        gc.enable()
