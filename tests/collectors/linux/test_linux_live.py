"""This very host: as root, as nobody, and through a mounted root; what each says never differs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from linux_reading import Read
from linux_told import contradictions, told

from scanner.cli import FAILED, INCOMPLETE, OK
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.machine.base import MAX_FILE, Output
from scanner.collectors.linux.machine.local import Local
from scanner.collectors.linux.machine.mounted import Mounted
from scanner.collectors.linux.machine.once import Once

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
    live, files = told(Once(Local())), told(Once(Mounted(Path("/"))))
    differ = [c for c in contradictions(live, files) if c[0].split()[0] != "host"]
    assert not differ


class Counted(Local):
    """This host, with a count of what it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, ...]] = Counter()

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        self.asked["read", path] += 1
        return super().read(path, limit)

    def run(self, argv: Sequence[str]) -> Output:
        self.asked["run", *argv] += 1
        return super().run(argv)


def test_all_sources_together_read_a_thing_once_and_start_few_programs() -> None:
    here = Counted()
    machine = Once(here)
    facts = sum(len(Read(source, machine).facts) for source in COLLECTOR.sources)
    assert facts > 50
    assert set(here.asked.values()) == {1}
    programs = [argv for verb, *argv in here.asked if verb == "run"]
    assert len(programs) < 60, programs
    assert len(here.asked) < 20 * facts


SCAN = """
import json, sys, time
from pathlib import Path
from scanner.cli import run
code = run(["scan", "-q", "-o", "out"])
scan = time.process_time()
sum(n * n for n in range(3_000_000))
yard = time.process_time() - scan
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print("MEASURED", json.dumps([code, int(status["VmHWM"].split()[0]), scan / yard]))
"""


def test_a_scan_of_this_host_is_small(tmp_path: Path) -> None:
    """VmHWM starts anew with a program; ru_maxrss would keep what the tests' own process took."""
    done = subprocess.run(
        [sys.executable, "-c", SCAN], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    (line,) = [x for x in done.stdout.splitlines() if x.startswith("MEASURED ")]
    code, kibibytes, loops = json.loads(line.removeprefix("MEASURED "))
    assert code in (OK, FAILED, INCOMPLETE), done.stderr
    assert (tmp_path / "out/report.html").is_file()
    assert 20 < kibibytes / 1024 < 100
    # Its own processor time, in loops of three million steps: some five, however fast the machine.
    assert loops < 40
