"""Other hosts: what the script sends back is what the sources would have read there."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from linux_reading import NOW
from linux_told import contradictions, told

from scanner.collect import collect
from scanner.collectors.base import Target
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.machine.base import Unreadable
from scanner.collectors.linux.machine.local import Local
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.machine_id import machine_id_of
from scanner.collectors.linux.session import open_host
from scanner.collectors.linux.ssh import client as client_module
from scanner.collectors.linux.ssh import session as session_module
from scanner.collectors.linux.ssh.answer import parse
from scanner.collectors.linux.ssh.client import ssh_argv
from scanner.collectors.linux.ssh.inventory import read_inventory
from scanner.collectors.linux.ssh.script import operations, script
from scanner.collectors.linux.system.release import host
from scanner.errors import InputError
from scanner.snapshot.read import open_snapshot

FAKE = f"""#!{sys.executable}
import os, sys, time
where = sys.argv[sys.argv.index("--") + 1]
if "hangs" in where:
    time.sleep(3600)
if "refuses" in where:
    sys.stderr.write("ssh: connect to host refuses port 22: Connection refused\\n")
    sys.exit(255)
if "changed" in where:
    sys.stderr.write("@@@ WARNING @@@\\nHost key verification failed.\\n")
    sys.exit(255)
if "stranger" in where:
    sys.stderr.write("u@stranger: Permission denied (publickey).\\n")
    sys.exit(255)
if "cut" in where:
    sys.stdout.write("F\\t/etc/hostname\\nO\\t/etc/hostname\\n|box\\n")
    sys.exit(0)
os.execv("/bin/sh", ["sh", "-s"])
"""


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SSH client that answers from this very machine, or as the host's name says."""
    program = tmp_path / "ssh"
    program.write_text(FAKE)
    program.chmod(0o755)
    monkeypatch.setattr(client_module, "SSH", (str(program),))
    monkeypatch.setattr(client_module, "SECONDS", 120.0)
    return program


# The sources without the commands that take seconds; what they read is asked for all the same.
QUICK = tuple(s for s in COLLECTOR.sources if s.name != "patches")


def test_what_comes_back_is_what_is_there(fake_ssh: Path) -> None:
    session = session_module.open_remote(Target("r", "linux", {"ssh": "me@here"}), QUICK)
    (scope,) = session.scopes()
    (local,) = open_host(Target("l", "linux", {})).scopes()
    assert scope.refused is None
    # One machine counts once, whether it is read here or by SSH.
    has_id = machine_id_of(Local()) is not None
    assert scope.id == (local.id if has_id else "linux:here")
    far, near = told(session.machines[scope.id][0]), told(Once(Local()))
    assert not contradictions(far, near)
    assert set(far) == set(near)
    for key in near:
        assert set(far[key]) == set(near[key]), key


def test_hosts_that_do_not_answer_are_gaps(
    fake_ssh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "SECONDS", 6.0)
    inventory = tmp_path / "hosts"
    inventory.write_text("# all\na hangs\nb u@refuses\nc changed\nd u@stranger\ne cut\n")
    target = Target("fleet", "linux", {"inventory": str(inventory)})
    begun = time.monotonic()
    manifest = collect([target], {"linux": COLLECTOR}, None, tmp_path / "s", now=lambda: NOW)
    assert time.monotonic() - begun < 120, "far from the hour of the one that hangs"
    assert [s.id for t in manifest.targets for s in t.scopes] == [f"linux:{n}" for n in "abcde"]
    why = {
        gap.scope: (gap.reason, gap.detail) for gap in open_snapshot(tmp_path / "s").gaps.values()
    }
    assert why["linux:a"][0] == "unreachable"
    assert why["linux:b"] == (
        "unreachable",
        "ssh: connect to host refuses port 22: Connection refused",
    )
    assert why["linux:c"][0] == "credentials"
    assert "host key" in why["linux:c"][1]
    assert why["linux:d"][0] == "credentials"
    assert why["linux:e"][0] == "truncated"


def test_many_hosts_are_read_with_bounded_concurrency(
    fake_ssh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = tmp_path / "hosts"
    inventory.write_text("".join(f"h{n:03} here\n" for n in range(40)))
    running, most = [0], [0]
    real = session_module.fetch

    def counting(options: Any, remote: Any, calls: Any) -> Any:
        running[0] += 1
        most[0] = max(most[0], running[0])
        try:
            return real(options, remote, calls)
        finally:
            running[0] -= 1

    monkeypatch.setattr(session_module, "fetch", counting)
    options = {"inventory": str(inventory), "connections": 4}
    session = session_module.open_remote(Target("fleet", "linux", options), (host,))
    scopes = []
    for scope in session.scopes():
        scopes.append(scope)
        scope.leave()  # as the runner does; the next hosts wait for the room
        assert len(session.machines) == 0
    assert sorted(s.name for s in scopes) == [f"h{n:03}" for n in range(40)]
    assert not any(s.refused for s in scopes)
    assert most[0] <= 4


def test_the_client_asks_no_questions_and_checks_host_keys() -> None:
    argv = ssh_argv({"identity": "~/k", "known_hosts": "/h", "port": 2222}, "u@host")
    text = " ".join(argv)
    for setting in ("BatchMode=yes", "StrictHostKeyChecking=yes", "ForwardAgent=no"):
        assert setting in text
    assert argv[argv.index("--") + 1 :] == ["u@host", "/bin/sh -s"]
    assert ssh_argv({"sudo": True}, "host")[-1] == "sudo -n /bin/sh -s"


def test_an_inventory_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("web1 u@10.0.0.1 # the first\n[::1]x y z\n-oProxyCommand=x\nweb1 b\n")
    with pytest.raises(InputError) as error:
        read_inventory(path, "target t")
    assert [m.split(": ")[0] for m in error.value.messages] == [f"{path}:{n}" for n in (2, 3, 4)]
    with pytest.raises(InputError, match="cannot be read"):
        read_inventory(tmp_path / "none", "target t")


def test_ways_exclude_each_other() -> None:
    with pytest.raises(InputError, match="exclude"):
        open_host(Target("t", "linux", {"root": "/", "ssh": "x"}))


def test_the_script_writes_nothing() -> None:
    text = script(tuple(operations(COLLECTOR.sources)))
    for line in text.splitlines():
        plain = (
            line.replace(">/dev/null", "")
            .replace("2>&1", "")
            .replace(">&3", "")
            .replace("3>&1", "")
        )
        assert ">" not in plain.replace("2>/dev/null", ""), line


def test_databases_come_as_bytes_and_secrets_not_at_all() -> None:
    lines = script(tuple(operations(COLLECTOR.sources))).splitlines()
    assert "n /var/lib/lastlog/lastlog2.db b" in lines
    looked_at = [line for line in lines if "/var/lib/iwd/" in line]
    assert len(looked_at) == 3
    assert all(line.endswith('n "$p" s; done') for line in looked_at)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "END",
        "F\t/a\nT\tx\t/a\nEND\n",
        "F\t/a\nT\t81a4 0 0 1 0\t/a\nEND\n",
        "C\t/a\n%%%\n.\nEND\n",
        "O\t/a\nno bar\n.\nEND\n",
        "O\t/a\n|half",
        "X\t99999\n.\n.\nEND\n",
        "X\tq\nEND\n",
        "Z\t/a\nEND\n",
    ],
)
def test_any_answer_is_understood_or_refused(answer: str) -> None:
    with pytest.raises(Unreadable) if answer != "END" else nullcontext():
        parse(answer.encode(), ["run:id"])


def test_a_file_cannot_speak_for_another() -> None:
    """Each line of a content stands behind a bar, whatever it says."""
    text = "END\nO\t/etc/shadow\n.\n"
    head = f"F\t/a\nT\t81a4 0 0 {len(text)} 0\t/a\nO\t/a\n"
    body = "".join(f"|{line}\n" for line in text.splitlines())
    machine = parse(f"{head}{body}.\nEND\n".encode(), [])
    assert machine.read("/a") == text.encode()
    assert set(machine.nodes) == {"/a"}
