"""A snapshot as one file: nothing is lost on the way, and nothing else is taken for one."""

from __future__ import annotations

import gzip
import io
import tarfile
import threading

import pytest

from scanner.errors import InputError
from scanner.snapshot import archive
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


def test_what_the_deadline_left_for_another_time_is_not_packed(cloud, snap, tmp_path):
    cloud.hang = threading.Event()
    folder = snap(cloud, deadline_seconds=0.4)
    cloud.hang.set()
    assert (folder / ".collect").is_dir()
    packed = io.BytesIO()
    pack(folder, packed)
    packed.seek(0)
    with tarfile.open(fileobj=packed) as made:
        assert not [name for name in made.getnames() if ".collect" in name]


@pytest.mark.parametrize("name", ["s.tar.gz", "s.tgz", "s"])
def test_what_gzip_pressed_on_the_way_reads_the_same(cloud, snap, tmp_path, name):
    folder, plain = snap(cloud), io.BytesIO()
    pack(folder, plain)
    (tmp_path / name).write_bytes(gzip.compress(plain.getvalue()))
    again = open_snapshot(unpack(tmp_path / name, tmp_path / "again"))
    assert again.ledger == open_snapshot(folder).ledger
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again", name, "snap"]


def test_the_same_snapshot_packs_to_the_same_bytes(cloud, snap):
    folder = snap(cloud)
    first, second = io.BytesIO(), io.BytesIO()
    pack(folder, first)
    pack(folder, second)
    assert first.getvalue() == second.getvalue()


def test_a_python_whose_tarfile_has_no_filters_unpacks_too(cloud, snap, tmp_path, monkeypatch):
    """3.11.0 to 3.11.3, so Debian 12's own."""
    real = tarfile.TarFile.extractall

    def older(self, path=".", members=None, *, numeric_owner=False):
        real(self, path, members, numeric_owner=numeric_owner)

    monkeypatch.setattr(tarfile.TarFile, "extractall", older)
    for name in [n for n in dir(tarfile) if n.endswith("_filter")]:
        monkeypatch.delattr(tarfile, name)
    folder = snap(cloud)
    with (tmp_path / "s.tar").open("wb") as out:
        pack(folder, out)
    unpack(tmp_path / "s.tar", tmp_path / "again")
    there, here = tmp_path / "again", {p.relative_to(folder) for p in folder.rglob("*")}
    assert {p.relative_to(there) for p in there.rglob("*")} == here
    for path in (p for p in there.rglob("*") if p.is_file()):
        assert path.read_bytes() == (folder / path.relative_to(there)).read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["../outside", "facts/../../outside", "ABOVE/outside", "."])
def test_a_member_never_leaves_the_folder(tmp_path, name):
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("facts/1"), io.BytesIO())
        archive.addfile(tarfile.TarInfo(name.replace("ABOVE", str(tmp_path))), io.BytesIO())
    with pytest.raises(InputError, match="no snapshot"):
        unpack(path, tmp_path / "in")
    assert [each.name for each in tmp_path.iterdir()] == ["bad.tar"]


def test_a_member_that_comes_twice_is_refused(tmp_path):
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO())
        archive.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO())
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpack(path, tmp_path / "in")


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


def test_a_small_file_that_expands_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_MOST_BYTES", 1 << 22)
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(bytes(1 << 23)))
    with pytest.raises(InputError, match=r"bomb.tar.gz: expands to more than 4 MiB; .*gunzip"):
        unpack(path, tmp_path / "in")
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize("pressed", [True, False])
def test_a_tar_that_holds_nothing_is_no_snapshot(tmp_path, pressed):
    whole = io.BytesIO()
    tarfile.open(fileobj=whole, mode="w").close()
    path = tmp_path / "bare.tar"
    path.write_bytes(gzip.compress(whole.getvalue()) if pressed else whole.getvalue())
    with pytest.raises(InputError, match=r"bare.tar: this is no snapshot that collect -o - wrote"):
        unpack(path, tmp_path / "in")


@pytest.mark.parametrize("pressed", [True, False])
def test_a_header_asks_for_no_memory(tmp_path, pressed):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as made:
        made.addfile(tarfile.TarInfo("manifest.json" + "x" * (1 << 21)))
    path = tmp_path / "bad.tar"
    path.write_bytes(gzip.compress(whole.getvalue()) if pressed else whole.getvalue())
    with pytest.raises(InputError, match="a header of it is too long"):
        unpack(path, tmp_path / "in")


@pytest.mark.parametrize("cut", [1, 9, 60, -1])
def test_a_pressed_file_that_was_cut_is_refused(cloud, snap, tmp_path, cut):
    plain = io.BytesIO()
    pack(snap(cloud), plain)
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(gzip.compress(plain.getvalue())[:cut])
    with pytest.raises(InputError, match=r"cut.tar.gz: cannot be unpacked as a snapshot"):
        unpack(path, tmp_path / "in")


def test_a_file_with_holes_is_refused(tmp_path):
    path = tmp_path / "holes.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as made:
        hole = tarfile.TarInfo("manifest.json")
        hole.type = tarfile.GNUTYPE_SPARSE
        made.addfile(hole)
    with pytest.raises(InputError, match=r"holes.tar: "):
        unpack(path, tmp_path / "in")
