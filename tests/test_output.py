"""Files are private and whole, whatever lay there before."""

from __future__ import annotations

import stat

import pytest

from scanner.output import whole_file


def test_a_file_left_by_a_killed_run_does_not_lend_its_mode(tmp_path):
    (tmp_path / "f.part").write_text("old")
    (tmp_path / "f.part").chmod(0o644)
    with whole_file(tmp_path / "f") as out:
        out.write(b"new")
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_link_under_the_temporary_name_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "victim").write_text("keep")
    (tmp_path / "f.part").symlink_to(tmp_path / "victim")
    with whole_file(tmp_path / "f") as out:
        out.write(b"new")
    assert (tmp_path / "victim").read_text() == "keep"
    assert (tmp_path / "f").read_bytes() == b"new"
    assert not (tmp_path / "f").is_symlink()


def test_after_an_error_the_older_file_stays(tmp_path):
    (tmp_path / "f").write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "f") as out:
        out.write(b"half" * (1 // 0))
    assert (tmp_path / "f").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
