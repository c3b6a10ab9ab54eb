"""Files are private and whole, whatever lay there before."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from scanner.errors import InputError
from scanner.output import private_folder, unwritable, whole_file


def test_a_file_is_private_from_its_first_byte(tmp_path):
    with whole_file(tmp_path / "f") as out:
        (part,) = tmp_path.iterdir()
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        out.write(b"new")
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_two_that_write_one_file_leave_one_of_theirs_whole(tmp_path):
    path = tmp_path / "f"
    with whole_file(path) as one:
        one.write(b"one" * 9_000)
        with whole_file(path) as other:
            other.write(b"other")
        assert path.read_bytes() == b"other"
        with pytest.raises(ZeroDivisionError), whole_file(path) as third:
            third.write(b"third" * (1 // 0))
        one.write(b"one")
    assert path.read_bytes() == b"one" * 9_001
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "victim").write_text("keep")
    (tmp_path / "f").symlink_to(tmp_path / "victim")
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


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space left on device; make room there, or write to another place"),
        (errno.EDQUOT, "make room there, or write to another place"),
        (errno.EACCES, "permission denied; look at its mode and at whose it is, or write"),
        (errno.EROFS, "read-only file system; write to another place"),
        (errno.EIO, "; write to another place"),
    ],
)
def test_the_remedy_fits_the_cause(number, says):
    [message] = unwritable(Path("x"), OSError(number, os.strerror(number))).messages
    assert message.startswith("x: cannot be written: ")
    assert says in message
    assert " -o" not in message, "not every verb has it"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda f: private_folder(f / "file" / "in"),
            "file/in: cannot be written: file exists; a file stands",
        ),
        (lambda f: private_folder(f / "file"), "a file stands where a folder has to be"),
        (lambda f: whole(f / "folder"), "a folder stands where the file has to be"),
        (lambda f: whole(f / ("n" * 300)), "file name too long; give it a shorter name"),
    ],
)
def test_what_stands_in_the_way_is_said(tmp_path, make, says):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=says):
        make(tmp_path)


def whole(path):
    with whole_file(path) as out:
        out.write(b"x")
