"""What everything rests on: the files of the snapshot and the artifacts, each with its hash."""

from __future__ import annotations

from scanner.assess.lasting import HASHED, KEPT_CITE
from scanner.reports.html.elements import Html, el, join, many, name, number
from scanner.reports.html.inputs import Context
from scanner.reports.html.words import moment, nothing, section, table

Cells = list[list[Html | str | int]]


def evidence_list(context: Context, level: int) -> Html:
    """The section. `level`: of the assessment."""
    return section(
        "evidence",
        "Evidence",
        _targets(context),
        _files(context),
        _artifacts(context),
        lead="Every verdict above can be made again from these files, offline: cmmc-scan evaluate. "
        f"Keep them for six years from the CMMC Status Date ({KEPT_CITE[level]}). {HASHED[level]}",
    )


def _targets(context: Context) -> Html:
    rows: Cells = []
    ledger = context.snapshot.ledger
    for target in context.snapshot.targets:
        mine = [line for line in ledger if line.target == target.id]
        answered = sum(line.gap is None for line in mine)
        scopes = join([el("div", name(f"{s.name} ({s.id})")) for s in target.scopes])
        rows.append(
            [
                name(target.id),
                target.provider,
                scopes,
                f"{answered} of {len(mine)}",
                number(sum(line.facts for line in mine)),
            ]
        )
    s = context.snapshot
    return join(
        el("h3", "What was looked at"),
        el("p", "Collected ", moment(s.started_at), " to ", moment(s.finished_at), "."),
        table(["target", "provider", "scopes", "reads answered", "facts"], rows, "Targets")
        if rows
        else nothing("No target."),
    )


def _files(context: Context) -> Html:
    rows: Cells = [
        [name(path), "manifest", "", el("code", digest)]
        for path, digest in sorted(context.manifest_hashes.items())
    ]
    entries = sorted((item for _, item in context.snapshot.files), key=lambda i: i.path)
    rows += [
        [name(i.path), many(i.facts, "fact"), number(i.bytes), el("code", i.sha256)]
        for i in entries
    ]
    return join(
        el("h3", "Snapshot files"),
        table(["file", "holds", "bytes", "SHA-256"], rows, "Snapshot files")
        if rows
        else nothing("No file."),
    )


def _artifacts(context: Context) -> Html | None:
    if not context.artifacts:
        return None
    rows: Cells = [
        [
            join(name(use.path), el("div", use.title, class_="dim") if use.title else None),
            f"{many(len(use.objectives), 'objective')}, {many(len(use.controls), 'control')}",
            el("code", use.sha256) if use.sha256 is not None else "missing",
        ]
        for use in context.artifacts
    ]
    return join(
        el("h3", "Attested artifacts"),
        table(["file", "serves", "SHA-256"], rows, "Attested artifacts"),
    )
