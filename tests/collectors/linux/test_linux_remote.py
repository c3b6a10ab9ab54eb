"""Other hosts: what the script sends back is what the sources would have read there."""

from __future__ import annotations

import json
import os
import stat
import sys
import tarfile
import time
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from linux_trees import NOW, RHEL, Read, nodes
from test_linux_live import contradictions, told

from scanner.collect import collect
from scanner.collectors.base import Target
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux import remote as remote_module
from scanner.collectors.linux.accounts import accounts
from scanner.collectors.linux.image import open_image
from scanner.collectors.linux.machine import Local, Once, Unreadable
from scanner.collectors.linux.remote import (
    operations,
    parse,
    read_inventory,
    script,
    ssh_argv,
)
from scanner.collectors.linux.session import open_host
from scanner.collectors.linux.system import host
from scanner.errors import InputError
from scanner.snapshot.read import open_snapshot

FAKE = f"""#!{sys.executable}
import os, sys, time
where = sys.argv[sys.argv.index("--") + 1]
if "hangs" in where:
    time.sleep(60)
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
    sys.stdout.write("F\\t81a4 0 0 3 0\\t/etc/hostname\\n")
    sys.exit(0)
os.execv("/bin/sh", ["sh", "-s"])
"""


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SSH client that answers from this very machine, or as the host's name says."""
    program = tmp_path / "ssh"
    program.write_text(FAKE)
    program.chmod(0o755)
    monkeypatch.setattr(remote_module, "SSH", (str(program),))
    monkeypatch.setattr(remote_module, "SECONDS", 20.0)
    return program


# The sources without the commands that take seconds; what they read is asked for all the same.
QUICK = tuple(s for s in COLLECTOR.sources if s.name != "patches")


def test_what_comes_back_is_what_is_there(fake_ssh: Path) -> None:
    session = remote_module.open_remote(Target("r", "linux", {"ssh": "me@here"}), QUICK)
    (scope,) = session.scopes()
    assert (scope.id, scope.refused) == ("linux:here", None)
    far, near = told(session.machines[scope.id]), told(Once(Local()))
    assert not contradictions(far, near)
    assert set(far) == set(near)
    for key in near:
        assert set(far[key]) == set(near[key]), key


def test_hosts_that_do_not_answer_are_gaps(
    fake_ssh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "SECONDS", 2.0)
    inventory = tmp_path / "hosts"
    inventory.write_text("# all\na hangs\nb u@refuses\nc changed\nd u@stranger\ne cut\n")
    target = Target("fleet", "linux", {"inventory": str(inventory)})
    begun = time.monotonic()
    manifest = collect([target], {"linux": COLLECTOR}, None, tmp_path / "s", now=lambda: NOW)
    assert time.monotonic() - begun < 15
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
    real = remote_module.fetch

    def counting(options: Any, remote: Any, calls: Any) -> Any:
        running[0] += 1
        most[0] = max(most[0], running[0])
        try:
            return real(options, remote, calls)
        finally:
            running[0] -= 1

    monkeypatch.setattr(remote_module, "fetch", counting)
    options = {"inventory": str(inventory), "connections": 4}
    session = remote_module.open_remote(Target("fleet", "linux", options), (host,))
    scopes = list(session.scopes())
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
    text = script(operations(COLLECTOR.sources))
    for line in text.splitlines():
        plain = (
            line.replace(">/dev/null", "")
            .replace("2>&1", "")
            .replace(">&3", "")
            .replace("3>&1", "")
        )
        assert ">" not in plain.replace("2>/dev/null", ""), line


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "END",
        "F\tx\n",
        "F\t81a4 0 0 1 0\t/a\n%%%\n.\nEND\n",
        "X\t99999\n.\n.\nEND\n",
        "X\tq\nEND\n",
    ],
)
def test_any_answer_is_understood_or_refused(answer: str) -> None:
    with pytest.raises(Unreadable) if answer != "END" else nullcontext():
        parse(answer, ["run:id"])


# -- container images


def layer(tree: dict[str, Any], whiteouts: tuple[str, ...] = ()) -> bytes:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for path, node in nodes(tree).items():
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.mtime = node.mode, node.mtime
            if node.link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, node.link
            elif node.folder:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(node.data)
            tar.addfile(info, BytesIO(node.data) if info.isfile() else None)
        for path in whiteouts:
            tar.addfile(tarfile.TarInfo(path))
    return out.getvalue()


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, BytesIO(data))
    return path


BASE = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/passwd": RHEL["/etc/passwd"],
    "/etc/shadow": RHEL["/etc/shadow"],
    "/etc/group": RHEL["/etc/group"],
    "/etc/gone": "x",
    "/etc/conf.d/old.conf": "x",
    "/usr/lib/link": "-> ../../etc/passwd",
    "/lib": "-> usr/lib",
}
OVER = {
    "/etc/hostname": "box\n",
    "/etc/conf.d/new.conf": "y",
    "/lib/systemd/x.conf": "through a link",
}
WHITEOUTS = ("etc/.wh.gone", "etc/conf.d/.wh..wh..opq")


def oci(path: Path) -> Path:
    first, second = layer(BASE), layer(OVER, WHITEOUTS)
    manifest = {"layers": [{"digest": "sha256:aa"}, {"digest": "sha256:bb"}]}
    return archive(
        path,
        {
            "oci-layout": b"{}",
            "index.json": json.dumps({"manifests": [{"digest": "sha256:cc"}]}).encode(),
            "blobs/sha256/cc": json.dumps(manifest).encode(),
            "blobs/sha256/aa": first,
            "blobs/sha256/bb": second,
        },
    )


def docker(path: Path) -> Path:
    return archive(
        path,
        {
            "manifest.json": json.dumps([{"Layers": ["1/layer.tar", "2/layer.tar"]}]).encode(),
            "1/layer.tar": layer(BASE),
            "2/layer.tar": layer(OVER, WHITEOUTS),
        },
    )


@pytest.mark.parametrize("make", [oci, docker])
def test_an_image_is_read_layer_by_layer(make: Any, tmp_path: Path) -> None:
    path = make(tmp_path / "image.tar")
    machine = open_image(path, Target("i", "linux", {"image": str(path)}))
    assert machine.read("/etc/hostname") == b"box\n"
    assert machine.read("/usr/lib/systemd/x.conf") == b"through a link"
    assert machine.read("/lib/link") == RHEL["/etc/passwd"].encode()
    with pytest.raises(FileNotFoundError):
        machine.read("/etc/gone")
    assert machine.listdir("/etc/conf.d") == ("new.conf",)
    found = Read(accounts, Once(machine))
    assert found["user/alice"].password_enabled is True
    assert Read(host, Once(machine)).only.os_family == "debian"


def test_a_scan_of_an_image(tmp_path: Path) -> None:
    path = oci(tmp_path / "image.tar")
    with pytest.raises(InputError, match="host_id"):
        open_host(Target("i", "linux", {"image": str(path)}))
    target = Target("i", "linux", {"image": str(path), "host_id": "build"})
    manifest = collect([target], {"linux": COLLECTOR}, None, tmp_path / "s", now=lambda: NOW)
    assert [s.id for t in manifest.targets for s in t.scopes] == ["linux:build"]


@pytest.mark.parametrize("data", [b"", b"no tar", b"\0" * 2048])
def test_what_is_no_image_is_the_users_mistake(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be read as an image"):
        open_image(path, Target("i", "linux", {}))
    assert stat.S_ISREG(os.stat(path).st_mode)
