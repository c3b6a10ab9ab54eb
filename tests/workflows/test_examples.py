"""The files for other places to run in: what they run, run as it stands with a stand-in scan."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / ".github" / "examples"

FAKE = """#!/bin/sh
echo "cmmc-scan $*"
if [ "$1" = scan ]; then
  for file in "${AWS_WEB_IDENTITY_TOKEN_FILE:-}" "${AZURE_FEDERATED_TOKEN_FILE:-}"; do
    if [ -n "$file" ]; then stat -c "mode %a" "$file"; cat "$file"; echo; fi
  done
  exit ${CODE:-0}
fi
"""


@pytest.fixture
def shims(tmp_path: Path) -> Path:
    folder = tmp_path / "shims"
    folder.mkdir()
    (folder / "cmmc-scan").write_text(FAKE)
    (folder / "cmmc-scan").chmod(0o755)
    return folder


def shell(script: list[str], shims: Path, folder: Path, **env: str) -> tuple[int, str]:
    path = f"{shims}:{os.environ['PATH']}"
    done = subprocess.run(
        script,
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **env},
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs util-linux")
@pytest.mark.parametrize("code", [0, 1, 3, 2, 4])
def test_cron(tmp_path: Path, shims: Path, code: int) -> None:
    home = tmp_path / "cmmc"
    (home / "scans" / "2020-01-01").mkdir(parents=True)
    os.utime(home / "scans" / "2020-01-01", (0, 0))
    (home / "environment").write_text("CMMC_WEBHOOK=https://hooks.example/x\n")
    script = [str(EXAMPLES / "cron.sh")]
    found, text = shell(script, shims, tmp_path, CMMC_HOME=str(home), CODE=str(code))
    assert found == code
    assert re.search(
        r"scan -c cmmc-scan.yaml -o scans/20\d\d-\d\d-\d\d --history history.sqlite --new-only"
        r" --quiet --notify CMMC_WEBHOOK",
        text,
    )
    assert ("trend" in text) is (code in (0, 1, 3))
    assert not (home / "scans" / "2020-01-01").exists()


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs util-linux")
def test_cron_waits_for_nobody(tmp_path: Path, shims: Path) -> None:
    (tmp_path / "lock").touch()
    script = ["flock", str(tmp_path / "lock"), str(EXAMPLES / "cron.sh")]
    code, text = shell(script, shims, tmp_path, CMMC_HOME=str(tmp_path))
    assert (code, "still running" in text) == (75, True)


def test_gitlab(tmp_path: Path, shims: Path) -> None:
    job = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())["cmmc-scan"]
    given = {
        "AWS_TOKEN": "aws-jwt",
        "ENTRA_TOKEN": "entra-jwt",
        "CMMC_AWS_ROLE": "arn:aws-us-gov:iam::123456789012:role/cmmc",
        "AZURE_CLIENT_ID": "c",
        "CI_PIPELINE_ID": "5",
    }
    code, text = shell(
        ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], shims, tmp_path, **given
    )
    assert code == 0, text
    assert "--history .cmmc/history.sqlite --new-only" in text
    assert text.count("mode 600") == 2
    assert "aws-jwt" in text
    assert "entra-jwt" in text
    code, text = shell(["sh", "-ec", "\n".join(job["after_script"])], shims, tmp_path)
    assert (code, text.split()[:2]) == (0, ["cmmc-scan", "trend"])


def test_azure_devops(tmp_path: Path, shims: Path) -> None:
    (job,) = yaml.safe_load((EXAMPLES / "azure-pipelines.yml").read_text())["jobs"]
    (script,) = [
        step["inputs"]["inlineScript"]
        for step in job["steps"]
        if step.get("task", "").startswith("AzureCLI@")
    ]
    (shims / "docker").write_text('#!/bin/sh\necho "docker $*"\n')
    (shims / "docker").chmod(0o755)
    given = {
        "PIPELINE_WORKSPACE": str(tmp_path / "p"),
        "idToken": "jwt",
        "servicePrincipalId": "client",
        "tenantId": "tenant",
    }
    script = script.replace("$(CMMC_IMAGE)", "image@sha256:0")
    code, text = shell(["bash", "-c", script], shims, tmp_path, **given)
    assert code == 0, text
    assert "image@sha256:0 scan -c cmmc-scan.yaml" in text
    assert "--env AZURE_CLIENT_ID=client --env AZURE_TENANT_ID=tenant" in text
    assert "jwt" not in text


def test_the_image_holds_what_the_wheel_needs_and_runs_as_nobody() -> None:
    text = (REPOSITORY / ".github" / "Dockerfile").read_text()
    ignored = (REPOSITORY / ".github" / "Dockerfile.dockerignore").read_text().split()
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
        for word in line.split()[:-1]
    }
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    needed |= {*wheel["packages"], *wheel["force-include"]}
    assert copied == needed
    assert {f"!{name}" for name in needed} <= set(ignored)
    assert all((REPOSITORY / name).exists() for name in needed)
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert text.rindex("\nUSER ") > text.rindex("\nFROM ")


def test_the_image_holds_what_the_action_installs() -> None:
    """The examples sign in to the same providers by the image as workflows do by the action."""
    github = REPOSITORY / ".github"
    (image,) = re.findall(r"^ARG EXTRAS=(\S+)$", (github / "Dockerfile").read_text(), re.MULTILINE)
    action = yaml.safe_load((github / "actions" / "scan" / "action.yml").read_text())
    assert image == action["inputs"]["extras"]["default"]


def test_the_pre_commit_hook_names_what_exists() -> None:
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "cmmc-scan rules test"
    assert re.search(hook["files"], "rules/IA/IA.L2-3.5.3/account-mfa-enforced.yaml")
    assert not re.search(hook["files"], "docs/rules.md")
