"""This very host: as root, as nobody, and through a mounted root; what each says never differs."""

from __future__ import annotations

import json
import os
import resource
import time
from contextlib import suppress
from typing import Any

import pytest
from linux_reading import NOW, SCOPE
from linux_told import SLOW, contradictions, told

from scanner.collectors.base import Job, Refused, Target
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.machine.local import Local
from scanner.collectors.linux.machine.mounted import Mounted
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.session import open_host

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="not a Linux host")


def as_nobody() -> dict[str, dict[str, Any]]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            with os.fdopen(writer, "w") as out:
                json.dump(told(Once(Local())), out)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    assert os.waitpid(child, 0)[1] == 0
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_root_and_nobody_never_contradict() -> None:
    root, nobody = told(Once(Local())), as_nobody()
    assert not contradictions(root, nobody)
    assert set(nobody) <= set(root)
    assert sum(map(len, nobody.values())) < sum(map(len, root.values()))


def test_files_alone_never_contradict_the_running_host() -> None:
    from pathlib import Path

    live, files = told(Once(Local())), told(Once(Mounted(Path("/"))))
    differ = [c for c in contradictions(live, files) if c[0].split()[0] != "host"]
    assert not differ


def test_a_scan_is_quick_and_small() -> None:
    session = open_host(Target("this-host", "linux", {}))
    (scope,) = session.scopes()
    begun = time.process_time()
    facts = 0
    for source in COLLECTOR.sources:
        if source.name not in SLOW:
            job = Job("t", scope, None, source, source.serves, lambda: NOW)
            with suppress(Refused):
                facts += sum(1 for _ in source.run(session.place(job)))
    session.close()
    assert facts > 50
    assert time.process_time() - begun < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    assert scope.id.startswith("linux:")
    assert scope.id != SCOPE.id
