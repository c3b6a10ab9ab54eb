"""Files and folders that may tell where resources were made, sorted by what they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from scanner.errors import InputError
from scanner.origin import bicep, cloudformation, terraform
from scanner.origin.lines import Collected, Origins

STATE_LIMIT = 256 * 1024 * 1024
TEMPLATE_LIMIT = 8 * 1024 * 1024
FILES_LIMIT = 20_000

_TEMPLATES = (".yaml", ".yml", ".template", ".json")
_SKIPPED = {"node_modules", "site-packages", "__pycache__"}


def find_origins(paths: Sequence[Path], root: Path) -> Origins:
    """What the files at these paths, or in these folders, tell. Raises InputError.

    root: the repository's; lines are told from there, and a file outside of it has none.
    """
    return found_at(paths, root)[0]


def found_at(paths: Sequence[Path], root: Path) -> tuple[Origins, cloudformation.Templates]:
    """The origins, and the templates for stacks that only tags tell about."""
    into = Collected()
    templates = cloudformation.Templates(root)
    stacks: list[tuple[Path, bytes]] = []
    for path, named in _files(paths):
        name = path.name.lower()
        if name.endswith(".tfstate"):
            terraform.collect(path, _read(path, STATE_LIMIT, named), root, into)
        elif name.endswith(".bicep"):
            content = _read(path, TEMPLATE_LIMIT, named).decode("utf-8", "replace")
            into.declared += bicep.declared(path, content, root)
        elif name.endswith(_TEMPLATES):
            limit = STATE_LIMIT if name.endswith(".json") and named else TEMPLATE_LIMIT
            data = _read(path, limit, named)
            if name.endswith(".json") and terraform.is_state(data):
                terraform.collect(path, data, root, into)
            elif name.endswith(".json") and cloudformation.is_stack(data):
                stacks.append((path, data))
            else:
                _template(path, data.decode("utf-8-sig", "replace"), root, templates, into)
    for path, data in stacks:
        cloudformation.collect(path, data, templates, into)
    return into.origins(), templates


def _template(
    path: Path, content: str, root: Path, templates: cloudformation.Templates, into: Collected
) -> None:
    if path.name == "manifest.json" and '"artifacts"' in content:
        try:
            manifest = json.loads(content)
        except (ValueError, RecursionError):
            return
        if isinstance(manifest, dict):
            templates.add_assembly(path, manifest)
    elif "deploymentTemplate.json" in content:
        into.declared += bicep.of_template(path, content, root)
    else:
        templates.add(path, content)


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file, and whether it was named itself; links inside folders are not followed."""
    count = 0
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for folder, inside, names in os.walk(path):
            inside[:] = sorted(d for d in inside if not d.startswith(".") and d not in _SKIPPED)
            for name in sorted(names):
                file = Path(folder, name)
                count += 1
                if count > FILES_LIMIT:
                    raise InputError(
                        f"--origins {path}: it holds more than {FILES_LIMIT:,} files; name the"
                        " folders of the infrastructure code"
                    )
                if not name.startswith(".") and file.is_file() and not file.is_symlink():
                    yield file, False


def _read(path: Path, limit: int, named: bool) -> bytes:
    """A file's bytes; one that is too large or unreadable counts only where it was named."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        if not named:
            return b""
        raise InputError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
    if len(data) > limit:
        if not named:
            return b""
        raise InputError(f"{path}: it is larger than {limit:,} bytes; give a smaller file")
    return data
