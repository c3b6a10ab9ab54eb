"""Where alerts point: a file from the root of the work tree that holds the configuration."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.cli import FAILED, INCOMPLETE, OK, repository, run

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A work tree, the current folder, with sub/c.yaml of one small host."""
    tree = tmp_path / "tree"
    host = tree / "host"
    for name, text in {
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
        "etc/machine-id": "0123456789abcdef" * 2 + "\n",
        "etc/passwd": "root:x:0:0::/root:/bin/bash\n",
    }.items():
        (host / name).parent.mkdir(parents=True, exist_ok=True)
        (host / name).write_text(text)
    (tree / "sub").mkdir()
    (tree / "sub" / "c.yaml").write_text(
        f"targets:\n  - {{id: h, provider: linux, root: '{host}'}}\n"
    )
    init(tree)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tree)
    yield tree
    repository.go_by(None)


def init(folder: Path) -> None:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)


def files(config: str) -> set[str]:
    """The files that results of a scan are said to lie in."""
    assert run(["scan", "-q", "-c", config, "-o", "out"]) in (OK, FAILED, INCOMPLETE)
    report = json.loads(Path("out/findings.sarif").read_text())
    return {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for each in report["runs"][0]["results"]
        for location in each.get("locations", ())
    }


def test_a_workspace_of_another_path_is_not_gone_by(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert files("sub/c.yaml") == {"sub/c.yaml"}
    assert repository.lines("sub/c.yaml")[0] == "targets:"


@pytest.mark.parametrize(
    ("workspace", "current", "uri"),
    [
        ("tree", "tree", "sub/c.yaml"),
        ("tree", ".", "sub/c.yaml"),
        ("tree/sub", "tree", "c.yaml"),
        ("", "tree/host", "sub/c.yaml"),
        ("", ".", "sub/c.yaml"),
        ("other", ".", "sub/c.yaml"),
        ("other", "other", "c.yaml"),
    ],
)
def test_the_root(
    workspace: str,
    current: str,
    uri: str,
    tree: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "other").mkdir()
    init(tmp_path / "other")
    if workspace:
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / workspace))
    monkeypatch.chdir(tmp_path / current)
    repository.go_by(tree / "sub" / "c.yaml")
    assert repository.relative(tree / "sub" / "c.yaml") == uri


def test_without_a_work_tree_the_current_folder_is_the_root(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(tree / ".git")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    repository.go_by(Path("sub/c.yaml"))
    assert repository.relative(Path("sub/c.yaml")) == "sub/c.yaml"


def test_each_run_looks_for_its_own(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files("sub/c.yaml") == {"sub/c.yaml"}
    monkeypatch.chdir(tree / "sub")
    init(tree / "sub")
    assert files("c.yaml") == {"c.yaml"}
