"""Starting is cheap, and nothing is loaded that the command at hand does not need."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("boto3", "botocore", "azure", "msgraph", "httpx", "moto", "sarif_om", "openpyxl", "cel")


def seconds(*arguments: str) -> float:
    """Processor time of a run, which the machine's other work hardly changes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def loaded(*arguments: str, cwd: Path | None = None) -> set[str]:
    """The top-level modules that a command line leaves loaded."""
    code = (
        "import sys; from scanner.cli import run; run(sys.argv[1:]);"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=True,
    )
    [line] = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    return set(line.split()[1:])


def test_version_costs_hardly_more_than_python_itself():
    version = min(seconds("-m", "scanner", "--version") for _ in range(7))
    assert version < 4 * min(seconds("-c", "pass") for _ in range(7))


@pytest.mark.parametrize("arguments", [["--help"], ["scan", "--help"], ["rules", "--help"]])
def test_help_loads_no_sdk(arguments):
    assert not loaded(*arguments) & set(HEAVY)


def test_a_scan_of_this_host_loads_no_sdk(tmp_path: Path):
    modules = loaded("scan", "-q", "-o", "out", "--rules", "SC.L2-3.13.11", cwd=tmp_path)
    assert not modules & set(HEAVY) - {"sarif_om", "cel"}


def test_the_package_of_cel_stays_out_with_its_command_line(tmp_path: Path):
    modules = loaded("scan", "-q", "-o", "out", "--rules", "SC.L2-3.13.11", cwd=tmp_path)
    assert not modules & {"typer", "prompt_toolkit"}
