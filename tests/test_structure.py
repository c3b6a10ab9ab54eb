"""The building's own rules: which room may know which, who prints, where hosts stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "scanner").rglob("*.py"))

FLOOR = {"__init__", "address", "errors", "output", "resources"}
"""What any room may use."""

KNOWS = {
    "documents": set(),
    "facts": set(),
    "findings": {"facts"},
    "judgement": set(),
    "frameworks": {"documents"},
    "rules": {"documents", "facts", "frameworks"},
    "collectors": {"facts"},
    "snapshot": {"facts"},
    "collect": {"collectors", "facts", "snapshot"},
    "config": {"collectors", "documents"},
    "history": {"findings"},
    "origin": {"documents", "facts", "findings"},
    "notify": {"findings", "history"},
    "evaluate": {
        *("collect", "collectors", "documents", "facts", "findings", "frameworks", "rules"),
        "snapshot",
    },
    "assess": {"documents", "facts", "findings", "frameworks"},
    "evidence": {"assess", "snapshot"},
    "reports": {
        *("assess", "evaluate", "facts", "findings", "frameworks", "history", "origin", "rules"),
        "snapshot",
    },
    "demo": {"collectors"},
}
"""Room -> the rooms below it that it may use; only `cli` may use all."""

LONGEST = 350
"""Lines of the longest file that still has one subject."""

PRINTS = {"scanner/__main__.py", "scanner/demo/aws/__main__.py"}
"""Programs of their own."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(name: str) -> str:
    return [*name.split("."), "__init__"][1]


MODULES = {module(path) for path in FILES}


def imported(path: Path, nodes: Iterator[ast.AST] | None = None) -> Iterator[str]:
    """The modules of this program that a file imports anywhere, or in the nodes."""
    for node in nodes if nodes is not None else ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.startswith("scanner."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "scanner":
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in MODULES else str(node.module)


def at_import(path: Path) -> Iterator[str]:
    """The modules that importing a file imports: not those of functions and of type checking."""

    def walk(body: list[ast.stmt]) -> Iterator[ast.AST]:
        for node in body:
            if isinstance(node, ast.If | ast.Try | ast.ClassDef) and "TYPE_CHECKING" not in (
                ast.unparse(node.test) if isinstance(node, ast.If) else ""
            ):
                yield from walk(node.body)
            yield node

    return imported(path, walk(tree(path).body))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_room_knows_only_the_rooms_below_it(path):
    here = room(module(path))
    if here in ("cli", "__main__"):
        return
    allowed = KNOWS.get(here, set()) | FLOOR | {here}
    above = sorted({each for each in imported(path) if room(each) not in allowed})
    assert not above, f"{name_of(path)} ({here}) may not know {', '.join(above)}"


def test_the_rooms_stand_in_one_order():
    left = dict(KNOWS)
    while left:
        free = [name for name, below in left.items() if not below & left.keys()]
        assert free, f"these know each other: {sorted(left)}"
        for name in free:
            del left[name]


def test_no_module_imports_itself_by_a_detour():
    edges = {module(path): set(at_import(path)) & MODULES for path in FILES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for other in sorted(edges[name] - {name}):
                visit(other, (*trail, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())


def test_a_provider_knows_no_other():
    shared = {"base", "microsoft"}
    for path in FILES:
        parts = module(path).split(".")
        if parts[1:2] == ["collectors"] and len(parts) > 2:
            others = {each.split(".")[2] for each in imported(path) if room(each) == "collectors"}
            assert others <= {parts[2], *shared}, f"{name_of(path)}: {others}"


def test_only_the_command_line_prints():
    for path in FILES:
        if room(module(path)) == "cli" or name_of(path) in PRINTS:
            continue
        for node in ast.walk(tree(path)):
            word = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert word not in ("print", "click.echo", "sys.stdout.write", "sys.stderr.write"), (
                f"{name_of(path)}:{getattr(node, 'lineno', 0)} prints"
            )


def test_the_command_line_prints_in_one_place():
    """What `say` prints is harmless; a verb that printed by itself would have to remember that."""
    for path in FILES:
        if room(module(path)) == "cli" and path.name != "say.py":
            for node in ast.walk(tree(path)):
                word = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                assert word not in ("print", "click.echo", "click.secho"), (
                    f"{name_of(path)}:{getattr(node, 'lineno', 0)} prints past scanner.cli.say"
                )


def test_only_the_engine_knows_the_expression_library():
    for path in FILES:
        if name_of(path) != "scanner/rules/engine.py":
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"^\s*(import cel\b|from cel[. ])|[\"']cel(\.cel)?[\"']\)", text, re.M
            ), path


HOST = re.compile(
    r"https?://[a-z]|\b(graph|login|management)\.[a-z.]+\.(com|us|net)\b"
    r"|\.(microsoftonline|usgovcloudapi|microsoftazure)\.|amazonaws\.com(\.cn)?/"
)


def test_hosts_stand_in_cloud_files_only():
    for path in FILES:
        if room(module(path)) != "collectors" or path.name == "cloud.py":
            continue
        texts = {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = HOST.search(node.value) if id(node) not in texts else None
                assert not found, f"{name_of(path)}:{node.lineno} names a host: {node.value!r}"


def test_no_read_fails_without_a_word():
    """`except: pass` and `except Exception: pass` make a refused read an empty one."""
    for path in FILES:
        if room(module(path)) not in ("collectors", "collect", "snapshot"):
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            wide = node.type is None or re.search(
                r"\b(Exception|BaseException|Refused|OSError)\b", ast.unparse(node.type)
            )
            silent = all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
            assert not (wide and silent), f"{name_of(path)}:{node.lineno} says nothing of a failure"


def test_a_file_has_one_subject():
    long = {
        name_of(path)
        for path in FILES
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST
    }
    assert not long, f"longer than {LONGEST} lines: {sorted(long)}"


def test_no_property_is_held_against_a_clock() -> None:
    """A machine under load is no fault of the code: tests/conftest.py."""
    assert settings.default is not None
    assert settings.default.deadline is None
    assert settings(max_examples=1).deadline is None


def test_no_two_files_of_tests_have_one_name() -> None:
    """pytest imports a file by its bare name, and would leave out the second."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
