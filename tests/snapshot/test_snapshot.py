"""The snapshot as evidence: whole, private, the same bytes, and every change is named."""

from __future__ import annotations

import itertools
import json
import shutil
import stat

import pytest
from fakes import CLOCK, FakeCloud

from scanner.collectors.base import Refused
from scanner.errors import InputError
from scanner.evidence.gather import gather
from scanner.facts import UNSET
from scanner.snapshot.read import open_snapshot
from scanner.snapshot.write import SnapshotWriter


def test_the_same_state_gives_the_same_bytes(snap):
    first, second = snap(FakeCloud(), name="one"), snap(FakeCloud(), name="two")
    for path in sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file()):
        assert (first / path).read_bytes() == (second / path).read_bytes(), path


def test_files_and_folders_are_private(cloud, snap):
    folder = snap(cloud)
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_nothing_of_the_collection_itself_stays(cloud, snap):
    names = {p.name for p in snap(cloud).rglob("*")}
    assert names == {"manifest.json", "t1", "storage.store.jsonl.gz"}


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_changed_byte_is_named_before_the_first_fact(cloud, snap, damage):
    folder = snap(cloud)
    path = folder / "t1" / "storage.store.jsonl.gz"
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[-3] ^= 1
        path.write_bytes(data)
    elif damage == "cut":
        path.write_bytes(data[:-5])
    else:
        path.unlink()
    with pytest.raises(InputError) as error:
        open_snapshot(folder)
    assert str(path) in str(error.value)


def test_an_unfinished_folder_says_how_to_go_on(cloud, snap):
    folder = snap(cloud)
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match="it has no"):
        open_snapshot(folder)
    (folder / ".collect").mkdir()
    with pytest.raises(InputError, match="--resume"):
        open_snapshot(folder)


def test_a_manifest_that_is_cut_short_is_bad_input(cloud, snap):
    folder = snap(cloud)
    manifest = folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:100])
    with pytest.raises(InputError, match=r"manifest\.json: not a manifest"):
        open_snapshot(folder)


def test_two_snapshots_read_as_one_and_fill_each_others_gaps(snap):
    blind = FakeCloud(refuse={"GetEncryption": Refused("denied", "GetEncryption")})
    one = snap(blind, name="one", target="t1")
    two = snap(FakeCloud(buckets={"b": False, "c": True}), name="two", target="t2")
    merged = open_snapshot(one, two)
    facts = {f.name: f for f in merged.facts("storage.store") if f.category == "bucket"}
    assert sorted(facts) == ["a", "b", "c"]
    assert facts["a"].encrypted is UNSET
    assert facts["b"].encrypted is False
    assert "encrypted" not in facts["b"].unread


def test_a_later_observation_of_the_same_field_counts(snap):
    one = snap(FakeCloud(buckets={"a": True}), name="one", target="t2", now=lambda: CLOCK)
    two = snap(
        FakeCloud(buckets={"a": False}),
        name="two",
        target="t1",
        now=lambda: "2026-11-25T00:00:00Z",
    )
    for folders in ((one, two), (two, one)):
        a = next(iter(open_snapshot(*folders).facts("storage.store")))
        assert a.encrypted is False


def test_a_new_collection_replaces_the_old_one_whole(cloud, snap):
    folder = snap(cloud, target="old", name="s")
    snap(cloud, target="new", name="s")
    assert sorted(p.name for p in folder.iterdir() if any(p.glob("*") if p.is_dir() else [p])) == [
        "manifest.json",
        "new",
    ]
    shutil.rmtree(folder)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_latest_of_three_observations_counts_in_any_order(snap, order):
    states = [("2026-11-24", True), ("2026-11-26", False), ("2026-11-25", True)]
    folders = [
        snap(
            FakeCloud(buckets={"a": encrypted}),
            name=f"s{number}",
            now=lambda day=day: f"{day}T00:00:00Z",
        )
        for number, (day, encrypted) in enumerate(states)
    ]
    merged = open_snapshot(*(folders[number] for number in order))
    assert next(iter(merged.facts("storage.store"))).encrypted is False
    assert {line.at for line in merged.ledger} == {"2026-11-26T00:00:00Z"}


def test_a_file_of_somebody_else_in_the_folder_stays(cloud, snap, tmp_path):
    other = tmp_path / "snap" / "logs" / "web.jsonl.gz"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"mine")
    snap(cloud)
    assert other.read_bytes() == b"mine"


def test_a_folder_takes_one_collection_at_a_time(cloud, tmp_path):
    first = SnapshotWriter(tmp_path, plan="p", started_at=CLOCK, resume=False)
    with pytest.raises(InputError, match="another cmmc-scan is writing here"):
        SnapshotWriter(tmp_path, plan="p", started_at=CLOCK, resume=True)
    first.release()
    SnapshotWriter(tmp_path, plan="p", started_at=CLOCK, resume=True).release()


@pytest.mark.parametrize(
    "path", ["../../outside.gz", "/etc/passwd", "t1/../../x.jsonl.gz", "t1/storage.store.gz"]
)
def test_a_manifest_names_no_file_outside_of_its_folder(cloud, snap, path):
    folder = snap(cloud)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][0]["path"] = path
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="names a file that no snapshot has"):
        open_snapshot(folder)
    with pytest.raises(InputError, match="names a file that no snapshot has"):
        gather(folder.parent / "evidence", snapshots=[folder], as_of="2026-11-24")
    assert not (folder.parent / "evidence" / "hash-list.txt").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"finished_at": "tomorrow"}, "finished_at is no time"),
        ({"finished_at": "2026-02-31T00:00:00Z"}, "finished_at is no time"),
        ({"started_at": "9999-12-31T23:59:59Z"}, "started_at is no time"),
        ({"schema": 2, "version": "9.1"}, "cmmc-scan 9.1 wrote it, and .* upgrade cmmc-scan"),
        ({"schema": None}, "not a manifest of a snapshot"),
    ],
)
def test_a_manifest_that_this_version_cannot_read_says_why(cloud, snap, change, says):
    path = snap(cloud) / "manifest.json"
    changed = json.loads(path.read_text()) | change
    path.write_text(json.dumps({k: v for k, v in changed.items() if v is not None}))
    with pytest.raises(InputError, match=says):
        open_snapshot(path.parent)


def test_a_folder_that_does_not_exist_is_told_from_one_without_a_snapshot(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        open_snapshot(tmp_path / "nope")
    with pytest.raises(InputError, match="it has no manifest"):
        open_snapshot(tmp_path)
