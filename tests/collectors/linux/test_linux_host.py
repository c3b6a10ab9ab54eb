"""The place: declared reads only, inside the root, bounded, and a word for each refusal."""

from __future__ import annotations

import os
import queue
import re
import stat
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from linux_reading import NOW, SCOPE, memory

from scanner.collectors.base import Job, Refused, Target, source
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.machine.base import Output, Unreadable
from scanner.collectors.linux.machine.local import Local
from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.machine.mounted import Mounted
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.machine.paths import follow
from scanner.collectors.linux.machine.program import run_bounded
from scanner.collectors.linux.machine_id import host_id_of
from scanner.collectors.linux.session import open_host
from scanner.errors import Defect, InputError
from scanner.facts.host import Host as HostFact

CALLS = {
    "read:/etc/passwd": "",
    "read:/etc/shadow": "root",
    "read:/etc/conf.d/*.conf": "",
    "read:/etc/fifo": "",
    "read:/proc/version": "",
    "read:~/.ssh/authorized_keys": "root",
    "stat:/etc/there": "",
    "run:echo hello": "",
    "run:no-such-command": "",
}


@source(HostFact, fields=["os_family"], calls=CALLS)
def probe(here: Host) -> Iterator[HostFact]:
    """A source for the tests."""
    yield from ()


def host(machine: Any) -> Host:
    return Host(Job("t", SCOPE, None, probe, frozenset(), lambda: NOW), machine)


def test_only_declared_reads_are_made() -> None:
    here = host(memory({"/etc/hosts": "x", "/etc/passwd": "y"}))
    assert here.read("/etc/passwd") == "y"
    for ask in (
        lambda: here.read("/etc/hosts"),
        lambda: here.stat("/etc/hosts"),
        lambda: here.listdir("/etc"),
        lambda: here.run("id"),
        lambda: here.read("/etc/there"),  # declared to be looked at, not to be read
        lambda: here.read("/etc/conf.d/a/b.conf"),
        lambda: here.in_home("/home/a", ".netrc"),
    ):
        with pytest.raises(Defect):
            ask()


def test_a_pattern_is_listed_and_read() -> None:
    here = host(memory({"/etc/conf.d/b.conf": "b", "/etc/conf.d/a.conf": "a", "/etc/conf.d/x": ""}))
    assert here.glob("/etc/conf.d/*.conf") == ["/etc/conf.d/a.conf", "/etc/conf.d/b.conf"]
    assert here.read("/etc/conf.d/a.conf") == "a"
    assert host(memory({})).glob("/etc/conf.d/*.conf") == []


def test_what_is_not_there_is_an_observation() -> None:
    here = host(memory({}))
    assert here.read_optional("/etc/passwd") is None
    assert here.stat("/etc/there") is None
    with pytest.raises(Refused) as refused:
        here.read("/etc/passwd")
    assert refused.value.reason == "not-supported"


def test_a_right_that_is_missing_is_named() -> None:
    here = host(memory({"/etc/shadow": Node(b"x", refused=True)}))
    with pytest.raises(Refused) as refused:
        here.read("/etc/shadow")
    assert (refused.value.reason, refused.value.permission) == ("denied", "root (read /etc/shadow)")
    assert refused.value.operation == "read:/etc/shadow"


def test_the_refusal_of_a_home_names_the_declared_operation() -> None:
    here = host(memory({"/home/a/.ssh/authorized_keys": Node(b"x", refused=True)}))
    with pytest.raises(Refused) as refused:
        here.in_home("/home/a", ".ssh/authorized_keys")
    assert refused.value.operation == "read:~/.ssh/authorized_keys"


def test_commands_answer_or_are_absent() -> None:
    here = host(Once(Local()))
    assert here.run("echo", "hello").out == "hello\n"
    with pytest.raises(Refused) as refused:
        here.run("no-such-command")
    assert refused.value.reason == "not-supported"


def test_commands_run_without_the_users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    out = run_bounded([sys.executable, "-c", "import os; print(dict(os.environ))"]).out
    assert "SECRET" not in out
    assert "'LC_ALL': 'C'" in out


def test_a_command_is_bounded_in_time_and_output() -> None:
    begun = time.monotonic()
    with pytest.raises(Unreadable, match="in time"):
        run_bounded([sys.executable, "-c", "import time; time.sleep(3600)"], seconds=0.3)
    with pytest.raises(Unreadable, match="more than"):
        run_bounded([sys.executable, "-c", "while True: print('x' * 1000)"], limit=100_000)
    assert time.monotonic() - begun < 120


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("inside\n")
    return tmp_path


def test_links_stay_inside_a_mounted_root(root: Path) -> None:
    (root / "etc/shadow").symlink_to("/etc/passwd")
    machine = Mounted(root)
    assert machine.read("/etc/shadow") == b"inside\n"
    (root / "etc/up").symlink_to("../../../../../../etc/passwd")
    assert machine.read("/etc/up") == b"inside\n"
    (root / "etc/host").symlink_to(f"{sys.executable}")
    with pytest.raises(FileNotFoundError):
        machine.read("/etc/host")
    (root / "out").symlink_to("/")
    assert machine.listdir("/out") == tuple(sorted(p.name for p in root.iterdir()))
    (root / "loop").symlink_to("loop")
    with pytest.raises(Unreadable):
        machine.read("/loop")


def test_what_only_a_running_system_knows_is_no_observation(root: Path) -> None:
    (root / "proc").mkdir()
    (root / "proc/version").write_text("planted")
    here = host(Mounted(root))
    for ask in (lambda: here.read_optional("/proc/version"), lambda: here.run("echo", "hello")):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.reason == "not-supported"
        assert "running system" in refused.value.detail


def test_fifos_and_devices_are_never_opened(root: Path) -> None:
    os.mkfifo(root / "etc/fifo")
    for machine, path in ((Mounted(root), "/etc/fifo"), (Local(), str(root / "etc/fifo"))):
        with pytest.raises(Unreadable, match="not a regular file"):
            machine.read(path)
    with pytest.raises(Unreadable):
        Local().read("/dev/null")
    assert stat.S_ISFIFO(os.stat(root / "etc/fifo").st_mode)


def test_an_endless_file_is_truncated(root: Path) -> None:
    (root / "etc/passwd").write_bytes(b"x" * 5000)
    with pytest.raises(Unreadable) as error:
        Mounted(root).read("/etc/passwd", limit=4096)
    assert error.value.reason == "truncated"


def test_each_thing_is_read_once() -> None:
    class Counting(Local):
        reads = 0

        def read(self, path: str, limit: int = 0) -> bytes:
            Counting.reads += 1
            raise PermissionError(13, "no", path)

    machine = Once(Counting())
    for _ in range(3):
        with pytest.raises(PermissionError):
            machine.read("/etc/shadow")
    assert Counting.reads == 1


def test_who_asks_for_what_is_being_read_waits_for_that_answer() -> None:
    asked, go = threading.Event(), threading.Event()

    class Slow(Local):
        started: ClassVar[list[tuple[str, ...]]] = []

        def run(self, argv: Sequence[str]) -> Output:
            Slow.started.append(tuple(argv))
            asked.set()
            assert go.wait(120)
            return Output(0, "said", "")

    machine = Once(Slow())
    answers: queue.SimpleQueue[Output] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=lambda: answers.put(machine.run(["sshd", "-T"]))) for _ in range(4)
    ]
    threads[0].start()
    assert asked.wait(120)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(120)
    assert [answers.get(timeout=1).out for _ in threads] == ["said"] * 4
    assert Slow.started == [("sshd", "-T")]


def test_follow_clamps_at_the_root() -> None:
    links = {"/a": "/b/../../c", "/c": "d"}
    assert follow("/a", lambda path: links.get(path)) == "/d"
    assert follow("/../../x/./y/..", lambda path: None) == "/x"


def test_the_host_id_hides_the_machine_id(root: Path) -> None:
    machine_id = "0123456789abcdef0123456789abcdef"
    (root / "etc/machine-id").write_text(machine_id + "\n")
    (root / "etc/hostname").write_text("web1\n")
    (scope,) = open_host(Target("x", "linux", {"root": str(root)})).scopes()
    assert scope.id == f"linux:{host_id_of(machine_id)}"
    assert scope.name == "web1"
    assert machine_id not in scope.id
    assert re.fullmatch("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", host_id_of(machine_id))


def test_a_root_without_a_machine_id_needs_a_name(root: Path) -> None:
    with pytest.raises(InputError, match="host_id"):
        open_host(Target("image", "linux", {"root": str(root)}))
    options = {"root": str(root), "host_id": "build-image"}
    (scope,) = open_host(Target("image", "linux", options)).scopes()
    assert scope.id == "linux:build-image"
    with pytest.raises(InputError, match="not a directory"):
        open_host(Target("image", "linux", {"root": str(root / "none")}))


def test_every_declared_operation_is_a_read() -> None:
    readers = {
        "apt", "auditctl", "chronyc", "dnf", "gnutls-cli", "ip6tables", "ip6tables-legacy",
        "iptables", "iptables-legacy", "nft", "openssl", "rpm", "sshd", "timedatectl", "zypper",
    }  # fmt: skip
    for each in COLLECTOR.sources:
        for operation, permission in each.calls.items():
            verb, _, what = operation.partition(":")
            assert verb in ("read", "stat", "run"), operation
            assert permission in ("", "root"), operation
            if verb == "run":
                assert what.split()[0] in readers, operation
            else:
                assert what.startswith(("/", "~/")), operation
                assert not re.search(r"ssh_host_.*_key$|/id_|\.pem|\.key", what), operation
        assert each.about
