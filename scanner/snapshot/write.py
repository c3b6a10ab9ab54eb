"""Writing a snapshot: each finished job is kept at once, and the whole is put together at the end.

While a collection runs, the folder holds `.collect/`: sorted runs of facts, and a journal with one
line a finished job. A collection that was killed, or that the deadline ended, leaves them, and the
next one with `resume` goes on from there. The manifest is written last, so a folder without one is
unfinished.
"""

from __future__ import annotations

import gzip
import os
import shutil
import threading
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from scanner.errors import InputError
from scanner.facts import KINDS, Fact
from scanner.facts.ledger import Gap, LedgerLine
from scanner.output import alone, file_hash, private_file, private_folder, unwritable, whole_file
from scanner.snapshot.manifest import NAME, FileInfo, Manifest, encode
from scanner.snapshot.streams import key_of, merged_runs

WORK = ".collect"
_SPILL = 5_000
_encoder = msgspec.json.Encoder(order="deterministic")


class _Done(msgspec.Struct, frozen=True, kw_only=True):
    """One journal line: a job that came to its end."""

    line: LedgerLine
    gaps: tuple[Gap, ...]
    runs: tuple[str, ...]


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    plan: str
    started_at: str


def _job_key(line: LedgerLine) -> tuple[str, str, str, str]:
    return line.target, line.scope, line.region or "", line.source


class JobWriter:
    """Takes the facts of one job; after `close` it takes nothing more. Safe between threads."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._buffer: list[bytes] = []
        self._runs: list[str] = []
        self._lock = threading.Lock()
        self._closed = False
        self.facts = 0

    def add(self, fact: Fact) -> None:
        line = _encoder.encode(fact)
        with self._lock:
            if self._closed:
                return
            self.facts += 1
            self._buffer.append(line)
            if len(self._buffer) >= _SPILL:
                self._spill()

    def close(self) -> tuple[str, ...]:
        """The names of the run files that hold what was added."""
        with self._lock:
            if not self._closed:
                self._closed = True
                if self._buffer:
                    self._spill()
            return tuple(self._runs)

    def _spill(self) -> None:
        name = f"{self._name}-{len(self._runs)}.run"
        self._buffer.sort(key=key_of)
        path = self._folder / name
        try:
            with private_file(path) as out:
                out.writelines(line + b"\n" for line in self._buffer)
        except OSError as error:
            raise unwritable(path, error) from error
        self._runs.append(name)
        self._buffer = []


class SnapshotWriter:
    """A snapshot in the making. Raises InputError where the folder cannot be written or resumed."""

    def __init__(self, folder: Path, *, plan: str, started_at: str, resume: bool) -> None:
        self.folder = private_folder(folder)
        self._alone = ExitStack()
        self._alone.enter_context(alone(self.folder))
        self.work = self.folder / WORK
        self._lock = threading.Lock()
        self._sealed = False
        self._done: dict[tuple[str, str, str, str], _Done] = {}
        self.started_at = started_at
        journal = self.work / "journal.jsonl"
        if resume:
            self._load(journal, plan)
        elif self.work.exists():
            shutil.rmtree(self.work)
        private_folder(self.work)
        try:
            fd = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._journal = os.fdopen(fd, "ab")
            if journal.stat().st_size == 0:
                self._append(_encoder.encode(_Head(plan=plan, started_at=started_at)))
            elif not journal.read_bytes().endswith(b"\n"):
                self._append(b"")  # ends the line that was being written
        except OSError as error:
            raise unwritable(journal, error) from error

    def _load(self, journal: Path, plan: str) -> None:
        if not journal.exists():
            raise InputError(f"{self.folder}: there is no unfinished collection to resume here")
        head, *lines = journal.read_bytes().splitlines() or [b"{}"]
        try:
            first = msgspec.json.decode(head, type=_Head)
        except msgspec.MsgspecError as error:
            raise InputError(f"{journal}: unreadable; collect again without --resume") from error
        if first.plan != plan:
            raise InputError(
                f"{self.folder}: the unfinished collection was started with other targets or rules;"
                " resume it with those, or collect again without --resume"
            )
        self.started_at = first.started_at
        for line in lines:
            try:
                done = msgspec.json.decode(line, type=_Done)
            except msgspec.MsgspecError:
                continue  # the line that was being written when the process was killed
            if done.line.gap is None and all((self.work / run).exists() for run in done.runs):
                self._done[_job_key(done.line)] = done

    def ended(self, target: str, scope: str, region: str | None, source: str) -> bool:
        """This job came to its end, in this run or in the one that is resumed."""
        return (target, scope, region or "", source) in self._done

    def job(self, target: str, scope: str, region: str | None, source: str) -> JobWriter:
        text = "\x1f".join((target, scope, region or "", source))
        return JobWriter(self.work, sha256(text.encode()).hexdigest()[:20])

    def finish_job(self, writer: JobWriter, line: LedgerLine, gaps: tuple[Gap, ...]) -> None:
        """Keep one finished job: its runs are on disk, then its journal line."""
        done = _Done(line=line, gaps=gaps, runs=writer.close())
        try:
            with self._lock:
                if self._sealed:
                    return  # it was given up at the deadline, and is a gap already
                self._done[_job_key(line)] = done
                self._append(_encoder.encode(done))
        except OSError as error:
            raise unwritable(self.work, error) from error

    def _append(self, line: bytes) -> None:
        self._journal.write(line + b"\n")
        self._journal.flush()

    def release(self) -> None:
        """Let another process collect into the folder; to be called in the end, come what may."""
        self._alone.close()

    def leave(self) -> None:
        """Take nothing more; what has ended stays for a collection that resumes this one."""
        with self._lock, suppress(OSError):  # each line was written out when its job ended
            self._sealed = True
            self._journal.close()

    def give_up(self) -> None:
        """Take nothing more; if nothing has ended, there is nothing to resume either."""
        self.leave()
        if not self._done:
            shutil.rmtree(self.work, ignore_errors=True)

    def finish(self, manifest: Manifest) -> Manifest:
        """Put the runs together and write the manifest; `manifest` lacks ledger, gaps and files."""
        with self._lock:
            self._sealed = True
        self._journal.close()
        by_file: dict[tuple[str, str], list[Path]] = {}
        for done in self._done.values():
            if done.runs:
                runs = by_file.setdefault((done.line.target, done.line.kind), [])
                runs.extend(self.work / run for run in done.runs)
        new = private_folder(self.work / "new")
        files = []
        for (target, kind), runs in sorted(by_file.items()):
            private_folder(new / target)
            files.append(_facts_file(new, target, kind, sorted(runs)))
        ledger = sorted((d.line for d in self._done.values()), key=_job_key)
        gaps = sorted((g for d in self._done.values() for g in d.gaps), key=lambda gap: gap.id)
        whole = msgspec.structs.replace(
            manifest,
            started_at=self.started_at,
            ledger=tuple(ledger),
            gaps=tuple(gaps),
            files=tuple(files),
        )
        self._swap(new, whole)
        return whole

    def _swap(self, new: Path, manifest: Manifest) -> None:
        try:
            (self.folder / NAME).unlink(missing_ok=True)
            for old in self.folder.glob("*/*.jsonl.gz"):
                if old.name.removesuffix(".jsonl.gz") in KINDS:  # others are not ours
                    old.unlink()
            for item in manifest.files:
                private_folder((self.folder / item.path).parent)
                (new / item.path).replace(self.folder / item.path)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        with whole_file(self.folder / NAME) as out:
            out.writelines(encode(manifest))
        # What the deadline left out can still be read: what has ended stays for `resume`.
        shutil.rmtree(self.work if manifest.complete else new, ignore_errors=True)


def _facts_file(folder: Path, target: str, kind: str, runs: list[Path]) -> FileInfo:
    path = f"{target}/{kind}.jsonl.gz"
    plain, count, size = sha256(), 0, 0
    with (
        whole_file(folder / path) as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=4) as out,
    ):
        for line in merged_runs(runs, kind):
            data = line + b"\n"
            out.write(data)
            plain.update(data)
            count, size = count + 1, size + len(data)
    return FileInfo(
        path=path,
        target=target,
        kind=kind,
        facts=count,
        bytes=(folder / path).stat().st_size,
        sha256=file_hash(folder / path),
        plain_bytes=size,
        plain_sha256=plain.hexdigest(),
    )
