"""By which id each host of an inventory is known: its machine's, once it has answered.

A machine that is scanned here and by SSH has one id, so it counts once. A host that does not answer
has to keep that id too: its gaps, its history and the alerts that are carried over hang on it. So
what was learnt is kept in a file, and a host goes by

    1. the id that the user has given (`host_id:`), else
    2. its machine id under our key, as it answers, else
    3. that of its last answer, else
    4. its name in the inventory.

Clones that share a machine id would hide each other: it stays with the host that has it by the
file (on the first scan, with the one that answers first), and the other goes by its name.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from scanner.collectors.linux.ssh.inventory import Remote
from scanner.errors import InputError
from scanner.output import private_folder, whole_file

_LIMIT = 16 * 1024 * 1024

_writing = threading.Lock()
"""Each target remembers by itself, and hundreds of them may end at once."""


class Seen:
    """What is remembered of the hosts, by name and address. Safe between threads."""

    def __init__(self, path: Path, remotes: Sequence[Remote]) -> None:
        self.path = path
        self._hosts = {_key(remote) for remote in remotes}
        """Only hosts that are still in the inventory hold an id."""
        self._lock = threading.Lock()
        self._known = _load(path)
        self._news: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def id_of(self, remote: Remote) -> str:
        """The scope of a host that does not answer."""
        with self._lock:
            known = None if remote.fixed else self._known.get(_key(remote))
            if known is None or self._taken.get(known, _key(remote)) != _key(remote):
                return f"linux:{remote.name}"
            self._taken[known] = _key(remote)
            return known

    def learnt(self, remote: Remote, machine: str | None) -> str:
        """The scope of a host that has answered. machine: the id under our key, if it has one."""
        own = f"linux:{remote.name}"
        if remote.fixed or machine is None:
            return own
        key, scope = _key(remote), f"linux:{machine}"
        with self._lock:
            holder = self._taken.get(scope) or next(
                (k for k, v in self._known.items() if v == scope and k in self._hosts), key
            )
            mine = scope if holder == key else own
            self._taken[mine] = key
            self._news[key] = mine
            return mine

    def keep(self) -> None:
        """Write what was learnt. A file that cannot be written costs the next scan its memory."""
        with self._lock, _writing:
            merged = {**_load(self.path), **self._news}
            if not self._news or merged == self._known:
                return
            with suppress(InputError, OSError):
                private_folder(self.path.parent)
                with whole_file(self.path) as out:
                    out.write(json.dumps(merged, indent=1, sort_keys=True).encode() + b"\n")


def _key(remote: Remote) -> str:
    return f"{remote.name} {remote.address}"


def _load(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > _LIMIT:
            return {}
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {k: v for k, v in read.items() if isinstance(v, str) and v.startswith("linux:")}
