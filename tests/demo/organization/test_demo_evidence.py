"""The demo's evidence: gathered whole, proved by this program and by the system's own tools."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from demo_run import run

from scanner.evidence.hash_list import LIST, LIST_HASH

MISSING = {"logging-plan.md", "media-records.md"}
"""Documents that Halyard attests and does not have, on purpose."""


def test_what_was_gathered_from_the_demo_proves_itself(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    gathered = run("evidence", "gather", demo, "-c", demo / "cmmc-scan.yaml", "-o", folder)
    assert gathered.returncode == 1, "an artifact that is missing fails"
    assert all(any(name in line for name in MISSING) for line in gathered.stderr.splitlines())

    proved = run("evidence", "verify", folder)
    assert proved.returncode == 0, proved.stderr
    subprocess.run(
        ["sha256sum", "--strict", "--quiet", "-c", LIST, LIST_HASH], cwd=folder, check=True
    )

    files = json.loads((folder / "evidence.json").read_bytes())["files"]
    plan = [f["name"] for f in files if f["name"].endswith("/incident-plan.md")]
    assert len(plan) == 1, "several attestations cite it"
