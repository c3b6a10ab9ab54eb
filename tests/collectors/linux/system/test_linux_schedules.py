"""What cron starts: tables that count, and scripts that may be started."""

from __future__ import annotations

import pytest
from linux_reading import read

from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.system.hardening import file_integrity

AIDE = {"/usr/bin/aide": ""}
SCRIPT = b"#!/bin/sh\naide --check\n"


@pytest.mark.parametrize(
    ("path", "mode", "runs"),
    [
        ("/etc/cron.daily/aide", 0o755, True),
        ("/etc/cron.daily/aide", 0o644, False),
        ("/etc/cron.daily/aide.dpkg-old", 0o755, False),
        ("/etc/cron.weekly/aide.rpmsave", 0o755, False),
        ("/etc/cron.d/aide", 0o644, True),
        ("/etc/cron.d/aide~", 0o644, False),
        ("/var/spool/cron/root", 0o600, True),
    ],
)
def test_a_script_that_nothing_starts_is_no_schedule(path: str, mode: int, runs: bool) -> None:
    found = read(file_integrity, {**AIDE, path: Node(SCRIPT, mode=mode)}).only
    assert found.scheduled is runs
