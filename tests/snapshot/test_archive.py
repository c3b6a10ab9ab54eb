"""A snapshot as one file: nothing is lost on the way, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
import io
import tarfile

import pytest

from scanner.errors import InputError
from scanner.snapshot.archive import pack, unpack
from scanner.snapshot.read import open_snapshot


def test_a_packed_snapshot_reads_as_the_folder_did(cloud, snap, tmp_path):
    folder = snap(cloud)
    with (tmp_path / "s.tar").open("wb") as out:
        pack(folder, out)
    again = open_snapshot(unpack(tmp_path / "s.tar", tmp_path / "again"))
    before = open_snapshot(folder)
    assert list(again.facts("storage.store")) == list(before.facts("storage.store"))
    assert again.ledger == before.ledger


def test_the_same_snapshot_packs_to_the_same_bytes(cloud, snap):
    folder = snap(cloud)
    first, second = io.BytesIO(), io.BytesIO()
    pack(folder, first)
    pack(folder, second)
    assert first.getvalue() == second.getvalue()


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside"])
def test_a_member_never_leaves_the_folder(tmp_path, name):
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with contextlib.suppress(InputError):
        unpack(path, tmp_path / "in")
    assert not (tmp_path / "outside").exists()


def test_a_link_or_a_cut_file_is_refused(tmp_path):
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("manifest.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(InputError, match="no snapshot"):
        unpack(path, tmp_path / "in")
    path.write_bytes(path.read_bytes()[:70])
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpack(path, tmp_path / "in")
