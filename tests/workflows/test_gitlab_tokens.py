"""GitLab's identity tokens: no file of them outlives the job, and who expects which audience."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_examples import EXAMPLES, shell, shims

__all__ = ["shims"]  # the fixture

EXAMPLE = (EXAMPLES / "gitlab-ci.yml").read_text()
JOB: dict[str, Any] = yaml.safe_load(EXAMPLE)["cmmc-scan"]
GIVEN = {
    "AWS_TOKEN": "aws-jwt",
    "ENTRA_TOKEN": "entra-jwt",
    "CMMC_AWS_ROLE": "arn:aws-us-gov:iam::123456789012:role/cmmc",
    "AZURE_CLIENT_ID": "c",
    "CI_PIPELINE_ID": "5",
    "CI_JOB_ID": "7",
}


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """A shell executor's own folder for temporary files, which stays when a job ends."""
    folder = tmp_path / "a temporary folder"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("code", [0, 1, 4])
@pytest.mark.parametrize("program", [["bash", "-eo", "pipefail", "-c"], ["sh", "-ec"]])
def test_the_tokens_go_with_the_script(
    program: list[str], code: int, tmp_path: Path, shims: Path, temporary: Path
) -> None:
    script = [*program, "\n".join(JOB["script"])]
    done, text = shell(script, shims, tmp_path, **GIVEN, TMPDIR=str(temporary), CODE=str(code))
    assert done == code
    assert text.count("mode 600") == 2
    assert list(temporary.iterdir()) == []


def test_the_tokens_of_a_script_that_was_killed_go_afterwards(
    tmp_path: Path, shims: Path, temporary: Path
) -> None:
    (shims / "cmmc-scan").write_text('#!/bin/sh\n[ "$1" = trend ] || kill -9 $PPID\n')
    env = {**GIVEN, "TMPDIR": str(temporary)}
    # The last command would take the shell's place, and the test would be what is killed.
    shell(["bash", "-ec", "\n".join([*JOB["script"], "true"])], shims, tmp_path, **env)
    assert list(temporary.iterdir())
    done, text = shell(["sh", "-ec", "\n".join(JOB["after_script"])], shims, tmp_path, **env)
    assert (done, text) == (0, "")
    assert list(temporary.iterdir()) == []


def test_the_audience_of_each_cloud_stands_beside_the_token() -> None:
    assert JOB["id_tokens"]["ENTRA_TOKEN"]["aud"] == "api://AzureADTokenExchange"
    [line] = re.findall(r"aud: api://AzureADTokenExchange #.*", EXAMPLE)
    assert line.endswith("GCC High and DoD: api://AzureADTokenExchangeUSGov")


def test_what_the_target_or_the_sdk_sets_is_not_set_again() -> None:
    assert "AZURE_AUTHORITY_HOST" not in EXAMPLE
    assert "AWS_STS_REGIONAL_ENDPOINTS" not in EXAMPLE
