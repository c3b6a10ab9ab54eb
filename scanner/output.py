"""Files that leave the program: private, and whole or not there at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from scanner.errors import InputError


def private_folder(path: Path) -> Path:
    """Make the folder (and its parents) with mode 0700 if it is missing; raises InputError."""
    try:
        for folder in (*reversed(path.parents), path):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def private_file(path: Path) -> BinaryIO:
    """A new file of mode 0600, open for writing; what lay at the path, a link too, is replaced."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write `path` with mode 0600 under a temporary name and rename it when the block ends well.

    On any error nothing is left behind and an older file stays as it was. An operating-system
    error (a full disk, a read-only folder) is raised as InputError. The temporary name is nobody
    else's, so that of two scans into one folder the later file counts, and it is whole. Process
    ids would not do: in a container each is 1.
    """
    part = path.with_name(f"{path.name}.{os.urandom(8).hex()}.part")
    try:
        handle = private_file(part)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        try:
            with handle:
                yield handle
            part.replace(path)
        except OSError as error:
            raise unwritable(path, error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes of this program from writing into the folder meanwhile.

    Two at once would take each other's files away. Raises InputError where one is there already.
    Where the system or its file system knows no such lock, nothing is kept.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{folder}: another cmmc-scan is writing here; wait for it, or choose another"
                " folder with -o"
            ) from None
        except OSError:
            pass
        yield
    finally:
        os.close(handle)


_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room there"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "look at its mode and at whose it is"),
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST), "a file stands where a folder has to be"),
    errno.EISDIR: "a folder stands where the file has to be",
    errno.ENAMETOOLONG: "give it a shorter name",
}


def file_hash(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises OSError."""
    with path.open("rb") as source:
        return file_digest(source, "sha256").hexdigest()


def unwritable(path: Path, error: OSError) -> InputError:
    """The message for an output that cannot be written: the cause, and what helps against it.

    The verb is not known here, so no option is named: some have none for where they write.
    """
    cause = (error.strerror or str(error)).lower()
    remedy = _REMEDIES.get(error.errno or 0)
    help_ = f"{remedy}, or write to another place" if remedy else "write to another place"
    return InputError(f"{path}: cannot be written: {cause}; {help_}")


def user_data() -> Path:
    """The user's folder for data of this program; it may not exist yet."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "cmmc-scan"
