"""A root or an image without a system, or with a part of one: what was not read is not absent."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from linux_reading import nodes, place

from scanner.collectors.base import Refused, Target
from scanner.collectors.linux.machine import image as image_module
from scanner.collectors.linux.machine.base import Absent, Stat
from scanner.collectors.linux.machine.memory import Memory
from scanner.collectors.linux.machine.mounted import Mounted
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.machine.unmounted import mount_points
from scanner.collectors.linux.session import open_host
from scanner.collectors.linux.sign_in.accounts import accounts
from scanner.collectors.linux.software.software import packages
from scanner.errors import InputError


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    "files",
    [{}, {"lost+found/x": ""}, {"etc/hostname": "h\n"}, {"host/etc/passwd": "root:x:0:0\n"}],
)
def test_a_root_without_a_system_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    options = {"root": str(write(tmp_path, files)), "host_id": "h"}
    with pytest.raises(InputError, match=r"target t: root: \S+ holds no Linux system: .*mounted"):
        open_host(Target("t", "linux", options))


@pytest.mark.parametrize(
    "sign", ["etc/os-release", "usr/lib/os-release", "etc/passwd", "var/lib/dpkg/status"]
)
def test_one_sign_of_a_system_is_enough(tmp_path: Path, sign: str) -> None:
    options = {"root": str(write(tmp_path, {sign: ""})), "host_id": "h"}
    (scope,) = open_host(Target("t", "linux", options)).scopes()
    assert scope.id == "linux:h"


def test_a_root_that_may_not_be_looked_at_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(machine: Mounted, path: str) -> Stat:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(Mounted, "stat", closed)
    options = {"root": str(tmp_path), "host_id": "h"}
    assert open_host(Target("t", "linux", options)).scopes()


@pytest.mark.parametrize("tree", [{}, {"/bin/server": "x"}])
def test_an_image_without_a_system_is_refused(
    tree: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_module, "open_image", lambda path, target: Memory(nodes(tree)))
    with pytest.raises(InputError, match=r"image: x.tar holds no Linux system: .*layers"):
        open_host(Target("t", "linux", {"image": "x.tar", "host_id": "h"}))


FSTAB = """\
# what                mount    type  options
/dev/vda1             /        ext4  defaults 0 1
/dev/vda2             /var     xfs   defaults 0 2
LABEL=homes           /home/   ext4  nodev    0 2
tmpfs                 /tmp     tmpfs defaults
/dev/cdrom            /media   udf   noauto
none                  /run/x   ext4
UUID=1                none     swap  sw
"""


def test_a_file_system_that_is_not_mounted_there_is_unread(tmp_path: Path) -> None:
    assert sorted(mount_points(FSTAB)) == ["/home", "/var"]
    passwd = "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n"
    root = write(tmp_path, {"etc/fstab": FSTAB, "etc/passwd": passwd, "tmp/x": ""})
    (root / "var").mkdir()
    (root / "data").symlink_to("/var/data")
    machine = Once(Mounted(root))
    here = place(accounts, machine)
    with pytest.raises(Refused, match=r"/home is a file system of its own .* not mounted") as why:
        here.in_home("/home/ana", ".ssh/authorized_keys")
    assert why.value.reason == "not-supported"
    with pytest.raises(Refused, match="/var is a file system of its own"):
        list(packages.run(place(packages, machine)))
    with pytest.raises(Absent, match="/var is"):
        machine.read("/data/x")
    assert here.read_optional("/etc/passwd") == passwd
    write(root, {"home/ana/.profile": ""})
    assert place(accounts, Mounted(root)).in_home("/home/ana", ".ssh/authorized_keys") is None
