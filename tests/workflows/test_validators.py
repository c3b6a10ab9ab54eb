"""What other people's checkers say of the workflows; each is skipped where it is not installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
HERE = REPOSITORY / ".github"
WORKFLOWS = sorted((HERE / "workflows").glob("*.yml"))
ACTIONS = sorted((HERE / "actions").glob("*/action.yml"))


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def check(*command: str | Path, stdin: str | None = None) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint() -> None:
    check(tool("actionlint"), *WORKFLOWS)


def test_zizmor() -> None:
    """Medium and worse. What is left below is `$/`, a way to write `./` that no schema knows."""
    check(tool("zizmor"), "--offline", "--persona=auditor", "--min-severity=medium", HERE)


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", ACTIONS),
        ("gitlab-ci", [HERE / "examples" / "gitlab-ci.yml"]),
        ("azure-pipelines", [HERE / "examples" / "azure-pipelines.yml"]),
    ],
)
def test_schemas(schema: str, paths: list[Path]) -> None:
    special = {
        "gitlab-ci": ["--data-transform", "gitlab-ci"],
        "azure-pipelines": ["--regex-variant", "python"],  # its patterns are no strict ECMA ones
    }
    options = special.get(schema, [])
    check(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *options, *paths)


@pytest.mark.parametrize("path", ACTIONS, ids=lambda p: p.parent.name)
def test_shellcheck(path: Path) -> None:
    """Of the composite actions; actionlint runs it on the workflows."""
    program = tool("shellcheck")
    for step in yaml.safe_load(path.read_text())["runs"]["steps"]:
        if "run" in step:
            check(program, "--shell=bash", "-", stdin=f"set -eo pipefail\n{step['run']}")


def test_hadolint() -> None:
    """Of the container image; test_image.py builds it."""
    check(tool("hadolint"), HERE / "Dockerfile")


def test_shellcheck_of_cron() -> None:
    check(tool("shellcheck"), HERE / "examples" / "cron.sh")
