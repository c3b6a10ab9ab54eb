"""By which id a host is known: stable whether it answers or not, and never shared by two."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from scanner.collectors.linux.ssh.inventory import Remote
from scanner.collectors.linux.ssh.seen import Seen

A, B = Remote("a", "u@a"), Remote("b", "u@b")


def test_an_id_that_was_learnt_stays_when_the_host_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    first = Seen(path, [A, B])
    assert first.id_of(B) == "linux:b"  # it never answered
    assert first.learnt(A, "0" * 32) == f"linux:{'0' * 32}"
    first.keep()
    assert path.stat().st_mode & 0o777 == 0o600
    second = Seen(path, [A, B])
    assert second.id_of(A) == f"linux:{'0' * 32}"
    assert second.id_of(B) == "linux:b"


def test_a_reinstalled_host_gets_its_new_id(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    for machine in ("0" * 32, "1" * 32):
        seen = Seen(path, [A])
        assert seen.learnt(A, machine) == f"linux:{machine}"
        seen.keep()
    assert Seen(path, [A]).id_of(A) == f"linux:{'1' * 32}"


def test_clones_with_one_machine_id_stay_two_hosts(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    first = Seen(path, [A, B])
    assert first.learnt(B, "0" * 32) == f"linux:{'0' * 32}"
    assert first.learnt(A, "0" * 32) == "linux:a"
    first.keep()
    second = Seen(path, [A, B])  # now the other one answers first
    assert second.learnt(A, "0" * 32) == "linux:a"
    assert second.learnt(B, "0" * 32) == f"linux:{'0' * 32}"


def test_a_host_that_left_the_inventory_gives_its_id_free(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    first = Seen(path, [A])
    first.learnt(A, "0" * 32)
    first.keep()
    assert Seen(path, [B]).learnt(B, "0" * 32) == f"linux:{'0' * 32}"


def test_the_users_own_id_wins(tmp_path: Path) -> None:
    fixed = Remote("web", "u@a", fixed=True)
    seen = Seen(tmp_path / "hosts.json", [fixed])
    assert seen.learnt(fixed, "0" * 32) == seen.id_of(fixed) == "linux:web"


def test_a_host_without_a_machine_id_goes_by_its_name(tmp_path: Path) -> None:
    assert Seen(tmp_path / "hosts.json", [A]).learnt(A, None) == "linux:a"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a u@a": 3}', "\0"])
def test_a_spoilt_file_is_no_memory(text: str, tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    path.write_text(text)
    assert Seen(path, [A]).id_of(A) == "linux:a"


def test_targets_that_end_at_once_forget_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    remotes = [Remote(f"h{n}", f"h{n}") for n in range(40)]
    learnt = [Seen(path, [remote]) for remote in remotes]
    for seen, remote in zip(learnt, remotes, strict=True):
        seen.learnt(remote, f"{remote.name}-id")
    begin = threading.Barrier(len(learnt))

    def keep(seen: Seen) -> None:
        begin.wait(120)
        seen.keep()

    threads = [threading.Thread(target=keep, args=(seen,)) for seen in learnt]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(json.loads(path.read_text())) == 40
