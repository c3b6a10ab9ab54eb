"""The plan's phases with figures: the article's, labelled so, and the organisation's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from scanner.assess.load import read
from scanner.assess.plan import Own, Phase, Task
from scanner.errors import InputError
from scanner.frameworks.reading import catalogue


class OwnPlan(msgspec.Struct, frozen=True, kw_only=True):
    """plan.yaml."""

    start: str | None = None
    work: tuple[Own, ...] = ()


class PhaseView(msgspec.Struct, frozen=True, kw_only=True):
    """One phase with its tasks in order, and the figures for it."""

    phase: Phase
    name: str
    result: str
    tasks: tuple[Task, ...]
    months: tuple[int, int]
    cost_low_usd: int
    cost_high_usd: int
    label: str
    """Whose figures months and cost are."""
    own_effort_days: float | None
    own_cost_usd: float | None
    own_covers: int
    """Tasks for which the organisation gave figures of its own."""


class _Phase(msgspec.Struct, frozen=True):
    phase: Phase
    name: str
    months: tuple[int, int]
    result: str


class _Cost(msgspec.Struct, frozen=True):
    phase: Phase
    low: int
    high: int


class _Program(msgspec.Struct, frozen=True):
    label: str
    phases: tuple[_Phase, ...]
    costs_usd: tuple[_Cost, ...]


@cache
def _program() -> _Program:
    return catalogue("program.yaml", _Program)


def load(path: Path, known: Sequence[str]) -> OwnPlan:
    """plan.yaml, checked; every id is a task or practice of the plan. Raises InputError."""
    doc = read(path, "plan")
    faults = [
        f"{doc.where(('work', index, 'id'))}: the plan has no {each['id']}; "
        "see `cmmc-scan plan` for its tasks"
        for index, each in enumerate(doc.value["work"])
        if each["id"] not in known
    ]
    if faults:
        raise InputError(faults)
    return msgspec.convert({k: v for k, v in doc.value.items() if k != "schema"}, OwnPlan)


def phases(found: Sequence[Task], own: OwnPlan | None = None) -> tuple[PhaseView, ...]:
    """The three phases with the article's figures and the organisation's own."""
    mine: Mapping[str, Own] = {o.id: o for o in own.work} if own is not None else {}
    program = _program()
    views = []
    for phase in program.phases:
        placed = [
            msgspec.structs.replace(t, own=mine.get(t.id)) for t in found if t.phase == phase.phase
        ]
        given = [t.own for t in placed if t.own is not None]
        efforts = [o.effort_days for o in given if o.effort_days is not None]
        costs = [o.cost_usd for o in given if o.cost_usd is not None]
        estimates = [c for c in program.costs_usd if c.phase == phase.phase]
        views.append(
            PhaseView(
                phase=phase.phase,
                name=phase.name,
                result=phase.result,
                tasks=tuple(placed),
                months=phase.months,
                cost_low_usd=sum(c.low for c in estimates),
                cost_high_usd=sum(c.high for c in estimates),
                label=program.label,
                own_effort_days=sum(efforts) if efforts else None,
                own_cost_usd=sum(costs) if costs else None,
                own_covers=len(given),
            )
        )
    return tuple(views)


def lines(views: Sequence[PhaseView]) -> list[str]:
    """The plan as a person reads it."""
    text: list[str] = []
    for view in views:
        low, high = f"{view.cost_low_usd:,}", f"{view.cost_high_usd:,}"
        text.append(f"Phase {view.phase}: {view.name}")
        text.append(
            f"  {view.label}: months {view.months[0]} to {view.months[1]}, USD {low} to {high}"
        )
        if view.own_covers:
            effort = f"{view.own_effort_days:g} days" if view.own_effort_days is not None else ""
            cost = f"USD {view.own_cost_usd:,.0f}" if view.own_cost_usd is not None else ""
            given = ", ".join(w for w in (effort, cost) if w) or "no figures"
            text.append(f"  your own: {given} ({view.own_covers} of {len(view.tasks)} tasks)")
        for task in view.tasks:
            owner = f" [{task.own.owner}]" if task.own is not None and task.own.owner else ""
            text.append(f"  {task.id:<32} {task.title}{owner}")
            if task.after:
                shown = ", ".join(task.after[:4]) + (" ..." if len(task.after) > 4 else "")
                text.append(f"  {'':<32} after {shown}")
            text.append(f"  {'':<32} {task.why}")
        text.append("")
    return text[:-1]
