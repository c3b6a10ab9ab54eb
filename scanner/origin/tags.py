"""Where a resource was made by the word of its own tags: CloudFormation's and Yor's.

CloudFormation tags what it makes with stack and logical id (docs.aws.amazon.com: CloudFormation
resource tags). Yor (github.com/bridgecrewio/yor) writes the file and a trace id, which stands in
that file too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath

from scanner.facts import Fact
from scanner.origin.cloudformation import Templates
from scanner.origin.hcl import blocks
from scanner.origin.lines import Collected, Origins, at

STACK, LOGICAL = "aws:cloudformation:stack-name", "aws:cloudformation:logical-id"

_LIMIT = 4 * 1024 * 1024
_TRACE = re.compile(r"[0-9a-fA-F-]{8,64}")
_CODE = (".tf", ".tf.json", ".yaml", ".yml", ".json", ".template", ".bicep")


def tagged(facts: Iterable[Fact], templates: Templates, root: Path) -> Origins:
    """The lines that the tags of facts lead to."""
    into = Collected()
    for fact in facts:
        tags = fact.tags
        if not isinstance(tags, dict):
            continue
        line = None
        if STACK in tags and LOGICAL in tags:
            line = templates.line(tags[STACK], tags[LOGICAL])
        if line is None and "git_file" in tags:
            line = _yor(root, tags["git_file"], tags.get("yor_trace", ""), tags.get("yor_name", ""))
        if line is not None:
            into.add(fact.provider, fact.subject, line)
    return into.origins()


@lru_cache(65536)
def _yor(root: Path, name: str, trace: str, label: str) -> str | None:
    """The block that holds the trace, else the one of that name, else the file's first line."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or not name.endswith(_CODE):
        return None
    path = root / pure
    content = _content(path, root)
    if content is None:
        return None
    found = content.find(trace) if _TRACE.fullmatch(trace) else -1
    line = content.count("\n", 0, found) + 1 if found >= 0 else 0
    declared = blocks(content) if name.endswith(".tf") else []
    for block in declared:
        holds = block.line <= line <= block.end
        named = not line and block.kind == "resource" and block.labels[-1:] == (label,)
        if holds or named:
            return at(path, block.line, root)
    return at(path, line or 1, root)


@lru_cache(256)
def _content(path: Path, root: Path) -> str | None:
    try:
        inside = path.resolve().is_relative_to(root.resolve())
        if not inside or not path.is_file() or path.stat().st_size > _LIMIT:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None
