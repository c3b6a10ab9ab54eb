"""Runs a plan: targets and sources at once, faults kept apart, bounded in time and memory."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial as bind
from hashlib import sha256
from pathlib import Path

import msgspec

from scanner import __version__
from scanner.collect.event import Event
from scanner.collect.opening import Openings
from scanner.collect.plan import Planned, Want, plan, source_infos
from scanner.collect.pool import Pool
from scanner.collect.reading import Reader, words
from scanner.collectors.base import Collector, Job, Refused, Scope, Session, Target
from scanner.errors import Defect, InputError, Interrupted
from scanner.snapshot.manifest import Manifest, ScopeInfo, TargetInfo
from scanner.snapshot.write import SnapshotWriter


def utc_now() -> str:
    """Now, as UTC text to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Visit:
    """One scope of a target: planned when it is found, submitted when there is room."""

    def __init__(self, session: Session | None, scope: Scope, jobs: list[_Place]) -> None:
        self.session, self.scope, self.places = session, scope, jobs
        self.left = len(jobs)


_Place = tuple[Planned, str | None]
"""A planned source, and the region to read it in."""


class _Collection:
    def __init__(
        self,
        targets: Sequence[Target],
        collectors: Mapping[str, Collector],
        wants: Sequence[Want] | None,
        writer: SnapshotWriter,
        progress: Callable[[Event], None],
        now: Callable[[], str],
    ) -> None:
        self.targets, self.collectors, self.writer = targets, collectors, writer
        self.progress, self.now = progress, now
        self.plans = {p: plan(c, wants) for p, c in collectors.items()}
        self.pools = {p: Pool(c.concurrency, p) for p, c in collectors.items()}
        self.openings = {
            p: Openings(p, [t for t in targets if t.provider == p], self._submit_opening)
            for p in collectors
        }
        self.reader = Reader(collectors, writer, progress, now)
        self.lock = threading.Lock()
        # Ctrl-C in the middle of a Condition's wait leaves its lock in any state; not so here.
        self.finished: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.pending = len(targets)
        self.visits: dict[str, deque[tuple[Target, _Visit]]] = {p: deque() for p in collectors}
        self.queued = dict.fromkeys(collectors, 0)
        self.scopes: dict[str, list[ScopeInfo]] = {target.id: [] for target in targets}
        self.opened: set[str] = set()
        """Targets of which all scopes are known."""
        self.sessions: list[Session] = []
        self.errors: list[BaseException] = []
        self.stopped = False

    def start(self) -> None:
        for openings in self.openings.values():
            openings.start()

    def _submit_opening(self, target: Target, pool: Pool) -> None:
        self._submit(pool, bind(self._open, target))

    def _submit(self, pool: Pool, task: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                task()
            except BaseException as error:
                with self.lock:
                    self.errors.append(error)
            finally:
                with self.lock:
                    self.pending -= 1
                    if self.pending == 0 or self.errors:
                        self.finished.put(None)

        pool.submit(guarded)

    def wait(self, deadline: float) -> bool:
        """True when everything ended by itself before the deadline (monotonic seconds)."""
        while self.pending:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with suppress(queue.Empty):  # half a second, since Windows hears no Ctrl-C meanwhile
                self.finished.get(timeout=min(left, 0.5))
                return True
        return True

    def _open(self, target: Target) -> None:
        try:
            self._find_scopes(target)
        finally:
            self.openings[target.provider].done(target.id)

    def _find_scopes(self, target: Target) -> None:
        if self.stopped:
            return
        self.progress(Event("opening", target.id))
        collector = self.collectors[target.provider]
        planned = self.plans[target.provider]
        try:
            session = collector.open(target)
            with self.lock:
                self.sessions.append(session)
            for scope in session.scopes():
                self._plan_scope(target, session, scope, planned)
        except Refused as refused:
            self._plan_scope(target, None, _unresolved(target, refused), planned)
        except (Defect, InputError):
            raise
        except Exception as error:
            broken = Refused("broken", "open", words(error))
            self._plan_scope(target, None, _unresolved(target, broken), planned)
        with self.lock:
            if not self.stopped:
                self.opened.add(target.id)

    def _plan_scope(
        self, target: Target, session: Session | None, scope: Scope, planned: tuple[Planned, ...]
    ) -> None:
        if self.stopped:
            return
        closed = scope.refused is not None or session is None
        places = [
            (each, region)
            for each in planned
            for region in (_regions(scope, each) if not closed else (None,))
            if not self.writer.ended(target.id, scope.id, region, each.source.id)
        ]
        info = ScopeInfo(id=scope.id, name=scope.name, regions=scope.regions)
        with self.lock:
            if self.stopped:
                return
            self.scopes[target.id].append(info)
            self.pending += len(places)
            self.openings[target.provider].add(target.id, len(places))
            if places:
                self.visits[target.provider].append((target, _Visit(session, scope, places)))
        self.progress(Event("planned", target.id, scope.id, jobs=len(places)))
        if not places:
            scope.leave()
        self._feed(target.provider)

    def _feed(self, provider: str) -> None:
        """Submit the next scopes: jobs wait as scopes, or 100 accounts would be 100,000 of them."""
        while True:
            with self.lock:
                room = self.queued[provider] < 2 * self.collectors[provider].concurrency
                if self.stopped or not room or not self.visits[provider]:
                    return
                target, visit = self.visits[provider].popleft()
                self.queued[provider] += len(visit.places)
            for each, region in visit.places:
                job = Job(target.id, visit.scope, region, each.source, each.wanted, self.now)
                self._submit(self.pools[provider], bind(self._visit, provider, job, visit))
            visit.places = []

    def _visit(self, provider: str, job: Job, visit: _Visit) -> None:
        try:
            self.reader.run(job, visit.session)
        finally:
            with self.lock:
                self.queued[provider] -= 1
                visit.left -= 1
                done = visit.left == 0
            if done:
                visit.scope.leave()
            self.openings[provider].done(job.target)
            self._feed(provider)

    def stop(self, refused: Refused) -> None:
        """End everything that has not ended, as a gap for this reason."""
        with self.lock:
            self.stopped = True
        self.reader.stop(refused)
        self._never_started(refused)

    def _never_started(self, refused: Refused) -> None:
        for target in self.targets:
            planned = self.plans[target.provider]
            if target.id not in self.opened:  # it may lead to more than what is known of it
                rest = _unresolved(target, refused)
                self.scopes[target.id].append(ScopeInfo(id=rest.id, name=rest.name, regions=()))
            scopes = [Scope(s.id, s.name, s.regions) for s in self.scopes[target.id]]
            for scope in scopes:
                for each in planned:
                    regions = scope.regions if each.source.per == "region" else ()
                    for region in regions or (None,):
                        if self.writer.ended(target.id, scope.id, region, each.source.id):
                            continue
                        job = Job(target.id, scope, region, each.source, each.wanted, self.now)
                        self.reader.give_up(job, refused)


def _unresolved(target: Target, refused: Refused) -> Scope:
    """What stands for the scopes of a target that could not be found."""
    return Scope(f"unresolved:{target.id}", target.id, refused=refused)


def _regions(scope: Scope, planned: Planned) -> tuple[str | None, ...]:
    if planned.source.per == "scope" or scope.regions_refused is not None:
        return (None,)
    return scope.regions


def _plan_digest(targets: Sequence[Target], plans: Mapping[str, tuple[Planned, ...]]) -> str:
    parts = [
        [
            target.id,
            target.provider,
            sorted((k, str(v)) for k, v in target.options.items()),
            target.part,
        ]
        for target in targets
    ]
    wanted = [
        [provider, [[p.source.id, sorted(p.wanted)] for p in planned]]
        for provider, planned in sorted(plans.items())
    ]
    return sha256(msgspec.json.encode([parts, wanted])).hexdigest()[:16]


def collect(
    targets: Sequence[Target],
    collectors: Mapping[str, Collector],
    wants: Sequence[Want] | None,
    folder: Path,
    *,
    deadline_seconds: float = 3600,
    resume: bool = False,
    progress: Callable[[Event], None] = lambda event: None,
    now: Callable[[], str] = utc_now,
) -> Manifest:
    """Read the targets into a snapshot at `folder`.

    wants: what will be looked at, or None for everything. What is refused, broken, or unfinished
    at the deadline is a gap in the result. Raises InputError (a wrong option, an unwritable
    folder), Defect, and Interrupted: an earlier snapshot is then as it was, and what was read is
    kept for `resume`.
    """
    plans = {provider: plan(c, wants) for provider, c in collectors.items()}
    writer = SnapshotWriter(
        folder, plan=_plan_digest(targets, plans), started_at=now(), resume=resume
    )
    try:
        run = _Collection(targets, collectors, wants, writer, progress, now)
        return _collected(run, writer, deadline_seconds)
    except InputError:
        writer.give_up()
        raise
    finally:
        writer.release()


def _collected(run: _Collection, writer: SnapshotWriter, deadline_seconds: float) -> Manifest:
    deadline = time.monotonic() + deadline_seconds
    try:
        run.start()
        done = run.wait(deadline)
        if not done:
            late = f"not finished at the deadline of {deadline_seconds:g} s"
            run.stop(Refused("interrupted", "deadline", late))
    except KeyboardInterrupt:
        writer.leave()
        raise Interrupted(f"interrupted; what was read is kept in {writer.folder}") from None
    if run.errors:
        raise run.errors[0]
    for session in run.sessions if done else ():
        session.close()
    return writer.finish(
        Manifest(
            version=__version__,
            started_at="",
            finished_at=run.now(),
            complete=done,
            targets=tuple(
                TargetInfo(
                    id=target.id,
                    provider=target.provider,
                    scopes=tuple(sorted(run.scopes[target.id], key=lambda scope: scope.id)),
                    parts=(target.part,) if target.part[1] > 1 else (),
                )
                for target in sorted(run.targets, key=lambda target: target.id)
            ),
            providers={p: source_infos(c) for p, c in sorted(run.collectors.items())},
            ledger=(),
            gaps=(),
            files=(),
        )
    )
