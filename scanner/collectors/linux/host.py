"""The place that the linux sources are called with: declared reads of one host, nothing else.

An operation is written `read:/etc/passwd`, `read:/etc/ssh/sshd_config.d/*.conf` (a `*` stays within
one part of the path), `read:~/.ssh/authorized_keys` (in an account's home), `stat:/path`, or
`run:openssl list -providers -verbose`. A declared read allows to look whether the path exists, and
a pattern allows to list the folder that it is in. What reading takes (nothing, or root) stands
beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NoReturn, TypeVar

from scanner.collectors.base import Job, Partial, Refused
from scanner.collectors.linux.declared import Declared, declared_by, star_pattern
from scanner.collectors.linux.machine.base import Absent, Machine, Output, Stat, Unreadable
from scanner.errors import Defect
from scanner.facts import Fact

T = TypeVar("T")
F = TypeVar("F", bound=Fact)


class Unclear(ValueError):
    """A parser met something that it does not understand and that may matter."""


@dataclass(frozen=True)
class Host:
    """One host, for one job."""

    job: Job
    machine: Machine

    @property
    def id(self) -> str:
        """The subject of the host itself; the subjects of what it holds start with it."""
        return self.job.scope.id

    @property
    def live(self) -> bool:
        return self.machine.live

    def here(self, operation: str) -> dict[str, Any]:
        return self.job.here(operation)

    def now(self) -> int:
        """The job's clock in seconds since 1970."""
        return int(datetime.fromisoformat(self.job.now()).timestamp())

    def days_since(self, seconds: int) -> int:
        return max(0, (self.now() - seconds) // 86400)

    def today(self) -> int:
        """Days since 1970, as shadow(5) counts."""
        return self.now() // 86400

    # -- what is declared

    @cached_property
    def _declared(self) -> Declared:
        return declared_by(self.job.source)

    def _match(self, verbs: tuple[str, ...], path: str) -> str | None:
        return self._declared.match(verbs, path)

    def _operation(self, verbs: tuple[str, ...], path: str) -> str:
        found = self._match(verbs, path)
        if found is None:
            raise Defect(f"{self.job.source.id} reads {path} without declaring it")
        return found

    def may_read(self, path: str) -> bool:
        """Whether this source has declared the path (an include may name any)."""
        return self._match(("read",), path) is not None

    # -- reads

    def _answer(self, operation: str, what: str, ask: Callable[[], T]) -> T | None:
        """What was asked for; None where it does not exist. Raises Refused."""
        try:
            return ask()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            raise Refused(
                "denied", operation, f"not allowed to {what}", permission=f"root ({what})"
            ) from None
        except Absent as error:
            raise Refused("not-supported", operation, str(error)) from None
        except Unreadable as error:
            raise Refused(error.reason, operation, error.detail) from None
        except OSError as error:
            # /proc and /sys answer EINVAL, EIO, ESRCH and the like for what they do not have.
            raise Refused("broken", operation, f"{what}: {error.strerror}") from None

    def bytes_optional(self, path: str) -> bytes | None:
        operation = self._operation(("read",), path)
        return self._answer(operation, f"read {path}", lambda: self.machine.read(path))

    def read_optional(self, path: str) -> str | None:
        """The file's text; None when it does not exist, which is an observation."""
        data = self.bytes_optional(path)
        return None if data is None else data.decode("utf-8", "replace")

    def read(self, path: str) -> str:
        """The file's text; Refused `not-supported` when it does not exist."""
        text = self.read_optional(path)
        if text is None:
            self.refuse("not-supported", self._operation(("read",), path), f"{path} is not there")
        return text

    def in_home(self, home: str, below: str) -> str | None:
        """A file of an account's home, declared as `read:~/below`; None when it is not there."""
        operation = self._operation(("read",), f"~/{below}")
        path = f"{home.rstrip('/')}/{below}"
        data = self._answer(operation, f"read {path}", lambda: self.machine.read(path))
        return None if data is None else data.decode("utf-8", "replace")

    def listdir(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted; none where the folder does not exist."""
        operation = self._declared.listing(path)
        if operation is None:
            raise Defect(f"{self.job.source.id} lists {path} without declaring it")
        found = self._answer(operation, f"list {path}", lambda: self.machine.listdir(path))
        return () if found is None else found

    def glob(self, pattern: str) -> list[str]:
        """The existing paths that a declared pattern leads to, sorted."""
        paths = [""]
        for part in pattern.split("/")[1:]:
            if "*" not in part:
                paths = [f"{path}/{part}" for path in paths]
                continue
            paths = [
                f"{path}/{name}"
                for path in paths
                for name in _fitting(part, self.listdir(path or "/"))
            ]
        if "*" in pattern.rpartition("/")[2]:
            return sorted(paths)
        return sorted(path for path in paths if self.exists(path))

    def stat(self, path: str) -> Stat | None:
        operation = self._operation(("read", "stat"), path)
        return self._answer(operation, f"look at {path}", lambda: self.machine.stat(path))

    def exists(self, path: str) -> bool:
        """Whether the path is there; a link counts although it leads nowhere."""
        return self.stat(path) is not None or self.readlink(path) is not None

    def readlink(self, path: str) -> str | None:
        """A link's target; None for what is no link or not there."""
        operation = self._operation(("read", "stat"), path)

        def ask() -> str | None:
            try:
                return self.machine.readlink(path)
            except OSError as error:
                if isinstance(error, PermissionError):
                    raise
                return None

        return self._answer(operation, f"look at {path}", ask)

    def run(self, *argv: str) -> Output:
        """The answer of a declared command, whatever its exit code."""
        operation = self._operation(("run",), " ".join(argv))
        answer = self._answer(operation, f"run {argv[0]}", lambda: self.machine.run(argv))
        if answer is None:
            self.refuse("not-supported", operation, f"the command {argv[0]} is not installed")
        return answer

    def run_ok(self, *argv: str) -> str:
        """A declared command's output; Refused when it fails, `denied` where it says so."""
        answer = self.run(*argv)
        if answer.code == 0:
            return answer.out
        operation = self._operation(("run",), " ".join(argv))
        said = (answer.err or answer.out).strip().split("\n")[0]
        if re.search(
            r"permission denied|not permitted|be (?:run as )?root|superuser|no hostkeys available",
            said,
            re.I,
        ):
            what = f"run {argv[0]}"
            raise Refused("denied", operation, said, permission=f"root ({what})")
        if re.search(r"not been booted with systemd|connect to bus|no such unit", said, re.I):
            raise Refused("not-supported", operation, said)
        raise Refused("broken", operation, f"{argv[0]} ended with {answer.code}: {said}")

    def refuse(self, reason: Any, operation: str, detail: str) -> NoReturn:
        raise Refused(reason, operation, detail)


@lru_cache(maxsize=512)
def _fitting(part: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that a part of a pattern leads to; a star at its start leaves out hidden ones."""
    wanted = star_pattern(part)
    return tuple(n for n in names if wanted.fullmatch(n) and (part[0] != "*" or n[0] != "."))


def observe(fact: F, operation: str, reads: Mapping[str, Callable[[], Any]]) -> F | Partial:
    """The fact with each field filled by its own read; a read that is refused or unclear leaves
    that field unread and the others as they are."""
    values: dict[str, Any] = {}
    refused: dict[str, Refused] = {}
    for name, read in reads.items():
        try:
            values[name] = read()
        except Refused as error:
            refused[name] = alone(error)
        except Unclear as error:
            refused[name] = Refused("broken", operation, str(error))
    filled = replace_fields(fact, values)
    return Partial(filled, refused) if refused else filled


def replace_fields(fact: F, values: Mapping[str, Any]) -> F:
    import msgspec

    return msgspec.structs.replace(fact, **values)


def settle(read: Callable[[], T]) -> T | Refused:
    """The answer, or the refusal to be raised later by whoever needs it."""
    try:
        return read()
    except Refused as error:
        return alone(error)


def known(value: T | Refused) -> T:
    """The settled answer; raises its refusal."""
    if isinstance(value, Refused):
        raise alone(value)
    return value


def alone(refused: Refused) -> Refused:
    """The same refusal without the calls that led to it: kept, they would keep the machine."""
    return Refused(
        refused.reason,
        refused.operation,
        refused.detail,
        permission=refused.permission,
        fatal=refused.fatal,
    )


def clear(operation: str, parse: Callable[[], T]) -> T:
    """What a parser says; what it does not understand becomes Refused `broken`."""
    try:
        return parse()
    except Unclear as error:
        raise Refused("broken", operation, str(error)) from None
