"""Reads one job after another: its listing, the details of each fact, and the gap if it fails."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import cache
from typing import Any, cast

import msgspec

from scanner.collect.event import Event
from scanner.collect.gaps import JobGaps
from scanner.collect.pool import Pool
from scanner.collectors.base import Collector, Detail, Job, Partial, Refused, Session
from scanner.errors import Defect, InputError
from scanner.facts import Fact
from scanner.facts.ledger import LedgerLine
from scanner.snapshot.write import JobWriter, SnapshotWriter

_DETAILS_AHEAD = 64


class _Running:
    """A job under way: it ends once, by itself or at the deadline, whichever comes first."""

    def __init__(self, job: Job, writer: JobWriter) -> None:
        self.job, self.writer, self.gaps = job, writer, JobGaps(job)
        self.lock = threading.Lock()
        self.ended = False


class Reader:
    """Runs jobs into a snapshot; what was not at its end when it is stopped is a gap."""

    def __init__(
        self,
        collectors: Mapping[str, Collector],
        writer: SnapshotWriter,
        progress: Callable[[Event], None],
        now: Callable[[], str],
    ) -> None:
        self.writer, self.progress, self.now = writer, progress, now
        self.detail_pools = {p: Pool(c.concurrency, f"{p}-detail") for p, c in collectors.items()}
        self.lock = threading.Lock()
        self.running: dict[int, _Running] = {}
        self.dead: dict[tuple[str, str], Refused] = {}
        self.stopped = False

    def run(self, job: Job, session: Session | None) -> None:
        """Read a job, or make it the gap that its scope or session already is."""
        writer = self.writer.job(job.target, job.scope.id, job.region, job.source.id)
        running = _Running(job, writer)
        with self.lock:
            if self.stopped:
                return
            self.running[id(running)] = running
        self.progress(Event("started", job.target, job.scope.id, job.region, job.source.id))
        refused: Refused | None = None
        try:
            if job.scope.refused is not None or session is None:
                raise job.scope.refused or Refused("unreachable", "open")
            if job.scope.regions_refused is not None and job.source.per == "region":
                raise job.scope.regions_refused
            self._read(running, session)
        except Refused as error:
            refused = error.with_traceback(None)  # or they would hold each other
        except (Defect, InputError):
            raise
        except Exception as error:
            refused = Refused("broken", next(iter(job.source.calls), job.source.id), words(error))
        self._end(running, refused)

    def _read(self, running: _Running, session: Session) -> None:
        job = running.job
        provider = job.source.provider
        self._check_alive(job)
        place = session.place(job)
        details = [d for d in job.source.details if d.fields & job.wanted]
        ahead: deque[tuple[Fact, dict[str, Refused], list[tuple[Detail, Future[Any]]]]] = deque()
        try:
            for item in job.source.run(place):
                fact, refused = (
                    (item.fact, dict(item.refused)) if isinstance(item, Partial) else (item, {})
                )
                futures = [(d, self._detail(provider, job, place, d, fact)) for d in details]
                ahead.append((fact, refused, futures))
                while len(ahead) > _DETAILS_AHEAD or (ahead and not ahead[0][2]):
                    self._complete(running, *ahead.popleft())
                if running.ended:
                    return
        finally:  # a listing that breaks off keeps what it gave
            while ahead and not running.ended:
                self._complete(running, *ahead.popleft())

    def _detail(
        self, provider: str, job: Job, place: Any, detail: Detail, fact: Fact
    ) -> Future[Any]:
        def read() -> Mapping[str, Any]:
            self._check_alive(job)
            return detail.read(place, fact)

        return self.detail_pools[provider].submit(read)

    def _check_alive(self, job: Job) -> None:
        dead = self.dead.get((job.target, job.scope.id))
        if dead is not None:
            raise dead

    def _complete(
        self,
        running: _Running,
        fact: Fact,
        refused: dict[str, Refused],
        futures: list[tuple[Detail, Future[Any]]],
    ) -> None:
        values: dict[str, Any] = {}
        for detail, future in futures:
            try:
                for name, value in future.result().items():
                    if isinstance(value, Refused):
                        refused[name] = value
                    else:
                        values[name] = value
            except Refused as error:
                self._note_fatal(running.job, error)
                refused.update(dict.fromkeys(detail.fields, error))
            except (Defect, InputError):
                raise
            except Exception as error:
                broken = Refused("broken", next(iter(detail.calls)), words(error))
                refused.update(dict.fromkeys(detail.fields, broken))
        unread = {
            name: running.gaps.fields(error, (name,), fact.subject)
            for name, error in sorted(refused.items())
        }
        if values or unread:
            fact = msgspec.structs.replace(fact, **values, unread={**fact.unread, **unread})
        running.writer.add(fact)

    def _note_fatal(self, job: Job, refused: Refused) -> None:
        if refused.fatal:
            self.dead.setdefault((job.target, job.scope.id), refused)

    def _end(self, running: _Running, refused: Refused | None) -> None:
        with running.lock:
            if running.ended:
                return
            running.ended = True
        job = running.job
        if refused is not None:
            self._note_fatal(job, refused)
        gap = running.gaps.listing(refused) if refused is not None else None
        line = LedgerLine(
            target=job.target,
            scope=job.scope.id,
            region=job.region,
            source=job.source.id,
            kind=job.source.kind,
            fields=_told(job.source.fields, job.wanted),
            always=cast(dict[str, str | bool | int], job.source.always),
            lists=job.source.lists,
            gap=gap.id if gap else None,
            facts=running.writer.facts,
            at=self.now(),
        )
        gaps = (*running.gaps.collected(), *((gap,) if gap else ()))
        self.writer.finish_job(running.writer, line, gaps)
        with self.lock:
            self.running.pop(id(running), None)
        self.progress(
            Event(
                "finished",
                job.target,
                job.scope.id,
                job.region,
                job.source.id,
                facts=line.facts,
                reason=refused.reason if refused else None,
            )
        )

    def stop(self, refused: Refused) -> None:
        """End every job under way as a gap for this reason; none starts any more."""
        with self.lock:
            self.stopped = True
            unfinished = list(self.running.values())
        for running in unfinished:
            self._end(running, refused)

    def give_up(self, job: Job, refused: Refused) -> None:
        """A job that never started, as a gap."""
        name = (job.target, job.scope.id, job.region, job.source.id)
        self._end(_Running(job, self.writer.job(*name)), refused)


@cache
def _told(fields: frozenset[str], wanted: frozenset[str]) -> tuple[str, ...]:
    """What a ledger line names; one tuple for the thousands of lines of a source."""
    return tuple(sorted(fields | wanted))


def words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
