"""Evidence: everything is hashed, and whatever happens to the folder is told by name."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from evidence_samples import AS_OF, artifact, snapshot

from scanner.errors import InputError
from scanner.evidence import Gathered, gather, retain_until, retention_words, verify
from scanner.evidence.hash_list import LIST, LIST_HASH, Entry, parse, render
from scanner.snapshot.read import open_snapshot

POLICY = "policies/access.pdf"


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., tuple[Path, Gathered]]:
    def make(**changes: object) -> tuple[Path, Gathered]:
        root = tmp_path / "repo"
        values: dict[str, object] = {
            "snapshots": [tmp_path / "snapshot"],
            "artifacts": [artifact(root, POLICY)],
            "root": root,
            "as_of": AS_OF,
        }
        if not (tmp_path / "snapshot").exists():
            snapshot(tmp_path / "snapshot")
        folder = tmp_path / "evidence"
        return folder, gather(folder, **(values | changes))

    return make


def test_it_holds_the_snapshot_the_artifacts_and_their_list(made) -> None:
    folder, found = made()
    assert [piece.name for piece in found.files] == [
        "artifacts/policies/access.pdf",
        "snapshot/manifest.json",
        "snapshot/prod/host.jsonl.gz",
    ]
    assert found.problems == ()
    assert verify(folder) == []
    open_snapshot(folder / "snapshot")


@pytest.mark.parametrize("how", ["copy", "reference"])
def test_an_artifact_that_several_statements_cite_is_listed_once(made, tmp_path, how) -> None:
    policy = artifact(tmp_path / "repo", POLICY)
    untitled = msgspec.structs.replace(policy, title=None)
    folder, found = made(artifacts=[untitled, policy, policy], how=how)
    assert [piece.title for piece in found.files if piece.kind == "artifact"] == ["Policy"]
    assert verify(folder) == []


def test_a_missing_artifact_is_told_once_however_many_cite_it(made, tmp_path) -> None:
    gone = artifact(tmp_path / "repo", "gone.pdf")
    (tmp_path / "repo" / "gone.pdf").unlink()
    _, found = made(artifacts=[gone, gone])
    assert found.problems == ("the artifact gone.pdf is not here: there is no such file",)


def test_a_report_that_a_statement_cites_is_referenced_once(made, tmp_path) -> None:
    report = artifact(tmp_path / "repo", "report.html")
    folder, found = made(
        artifacts=[report], reports=[tmp_path / "repo" / "report.html"], how="reference"
    )
    assert [piece.kind for piece in found.files if piece.name.endswith("report.html")] == [
        "artifact"
    ]
    assert verify(folder) == []


def test_the_list_has_name_value_and_algorithm_and_its_own_hash_stands_beside_it(made) -> None:
    folder, _ = made()
    lines = (folder / LIST).read_text().splitlines()
    assert lines == sorted(lines)
    assert all(line.startswith("SHA256 (") and ") = " in line for line in lines)
    (own,), _ = parse((folder / LIST_HASH).read_bytes())
    assert own.name == LIST


@pytest.mark.parametrize("how", ["copy", "reference"])
def test_the_tools_of_the_operating_system_prove_it_too(made, how: str) -> None:
    folder, _ = made(how=how)
    subprocess.run(
        ["sha256sum", "--strict", "--quiet", "-c", LIST, LIST_HASH], cwd=folder, check=True
    )


def test_a_reference_leaves_the_file_where_it_is_and_still_proves_it(made, tmp_path) -> None:
    folder, found = made(how="reference")
    assert "../repo/policies/access.pdf" in {piece.name for piece in found.files}
    assert sorted(p.name for p in folder.iterdir()) == ["evidence.json", LIST, LIST_HASH]
    assert verify(folder) == []
    (tmp_path / "repo" / POLICY).write_text("another policy")
    (problem,) = verify(folder)
    assert problem.startswith("../repo/policies/access.pdf: changed")


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (lambda f: (f / "artifacts" / POLICY).write_text("x"), f"artifacts/{POLICY}: changed"),
        (lambda f: (f / "artifacts" / POLICY).unlink(), f"artifacts/{POLICY}: is missing"),
        (lambda f: (f / "artifacts" / "new.pdf").write_text("x"), "artifacts/new.pdf: was added"),
        (lambda f: (f / "evidence.json").write_text("{}"), "evidence.json: changed"),
        (lambda f: (f / LIST_HASH).unlink(), f"{LIST_HASH}: cannot be read"),
        (lambda f: (f / LIST_HASH).write_text("x\n"), f"{LIST_HASH}: line 1 is no SHA256 line"),
        (lambda f: (f / LIST).unlink(), f"{LIST}: cannot be read"),
        (lambda f: (f / LIST).write_text(""), f"{LIST}: names no file"),
        (lambda f: (f / "link").symlink_to("/etc"), "link: was added"),
    ],
)
def test_what_was_done_to_it_is_named(made, harm: Callable[[Path], object], word: str) -> None:
    folder, _ = made()
    harm(folder)
    assert any(problem.startswith(word) for problem in verify(folder)), verify(folder)


def test_a_list_that_was_rewritten_to_fit_is_told_by_its_own_hash(made) -> None:
    folder, _ = made()
    entries, _ = parse((folder / LIST).read_bytes())
    (folder / LIST).write_bytes(render(entries[1:]))
    (folder / entries[0].name).unlink()
    (problem,) = verify(folder)
    assert problem.startswith(f"{LIST}: changed: its SHA-256 is")


def test_a_link_to_the_same_content_is_not_the_file(made, tmp_path: Path) -> None:
    folder, _ = made()
    path = folder / "artifacts" / POLICY
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert verify(folder) == [
        f"artifacts/{POLICY}: is a link now, not the file that was hashed",
    ]


def test_a_missing_artifact_and_one_that_changed_are_told_and_not_taken(made, tmp_path) -> None:
    root = tmp_path / "repo"
    gone, changed = artifact(root, "gone.pdf"), artifact(root, "changed.pdf")
    (root / "gone.pdf").unlink()
    (root / "changed.pdf").write_text("new words")
    folder, found = made(artifacts=[gone, changed])
    assert found.problems == (
        "the artifact gone.pdf is not here: there is no such file",
        "the artifact changed.pdf changed during the scan",
    )
    assert verify(folder) == []
    assert not list(folder.rglob("*.pdf"))


def test_gathering_again_replaces_what_it_put_there(made) -> None:
    folder, _ = made()
    again, _ = made(artifacts=[])
    assert not (folder / "artifacts").exists()
    assert verify(again) == []


def test_the_same_evidence_gives_the_same_bytes(made) -> None:
    folder, _ = made()
    first = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    made()
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == first


def test_a_folder_with_other_files_is_left_alone(made, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="choose an empty folder"):
        made()
    assert (tmp_path / "evidence" / "mine.txt").read_text() == "mine"


def test_a_list_cannot_make_it_remove_files_elsewhere(made, tmp_path: Path) -> None:
    folder, _ = made()
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (folder / LIST).write_bytes(
        render([Entry("../precious", "0" * 64), Entry(str(precious), "0" * 64)])
    )
    made()
    assert precious.read_text() == "keep"


def test_it_is_readable_by_its_owner_alone(made) -> None:
    folder, _ = made()
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_snapshot_without_its_files_is_refused(made, tmp_path: Path) -> None:
    snapshot(tmp_path / "snapshot")
    (tmp_path / "snapshot" / "prod" / "host.jsonl.gz").unlink()
    with pytest.raises(InputError, match=r"host\.jsonl\.gz: cannot be read"):
        made()


@pytest.mark.parametrize("name", ["a b.pdf", "Ö.pdf", "a\nb", "a\\b", "x) = 0", "\udcff.bin"])
def test_any_name_comes_back_from_the_list(name: str) -> None:
    entry = Entry(name, "0" * 64)
    assert parse(render([entry])) == ([entry], [])


def test_a_name_with_a_line_break_is_proved_by_the_tools_as_well(made, tmp_path: Path) -> None:
    folder, _ = made(artifacts=[artifact(tmp_path / "repo", "odd\nname\\.pdf")])
    assert verify(folder) == []
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", LIST], cwd=folder, check=True)


@pytest.mark.parametrize(
    ("level", "cite"),
    [
        (1, "32 CFR 170.15(c)(2)"),
        (2, "32 CFR 170.16(c)(4), 170.17(c)(4)"),
        (3, "32 CFR 170.18(c)(4)"),
    ],
)
def test_each_level_has_its_own_clause_for_keeping(level, cite) -> None:
    for day in (None, "2026-11-24"):
        assert f"({cite})" in retention_words(day, level)
    assert ("no hashes" in retention_words(None, level)) is (level == 1)


def test_it_is_kept_for_six_years_from_the_status_date(made) -> None:
    assert retain_until("2026-11-24") == "2032-11-24"
    assert retain_until("2028-02-29") == "2034-03-01"
    assert "until 2032-11-24" in retention_words("2026-11-24", 2)
    assert "no status date" in retention_words(None, 2)
    folder, _ = made(status_date="2026-11-24")
    index = msgspec.json.decode((folder / "evidence.json").read_bytes())
    assert index["retain_until"] == "2032-11-24"
    assert index["algorithm"] == "SHA-256"
