"""What has to hold before a change lands: `python -m tests`, then pytest's arguments.

With --all also mypy, the slow tests, and Microsoft's SARIF validator where npm can fetch it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable

SARIF_VALIDATOR = "@microsoft/sarif-multitool@5.7.0"

ALL = "--all" in sys.argv[1:]

STEPS = (
    (PYTHON, "-m", "ruff", "check", "."),
    (PYTHON, "-m", "ruff", "format", "--check", "."),
    *(((PYTHON, "-m", "mypy"),) if ALL else ()),
    (PYTHON, "-m", "scanner", "rules", "test"),
    (PYTHON, "-m", "pytest", "-n", "2", *sys.argv[1:]),
)


def fetch_validator() -> None:
    """Lay Microsoft's SARIF validator into node_modules/ where npm can; its tests skip without."""
    npm = shutil.which("npm")
    if npm is None or (ROOT / "node_modules" / "@microsoft").is_dir():
        return
    options = ("--prefix", str(ROOT), "--no-save", "--no-package-lock", "--silent")
    done = subprocess.run((npm, "install", *options, SARIF_VALIDATOR), cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.stdout.write("npm could not fetch the SARIF validator; its tests are skipped\n")


def main() -> int:
    """Run the steps in order; the first that fails ends it with its own exit code."""
    if ALL:
        fetch_validator()
    for step in STEPS:
        sys.stdout.write(f"$ {' '.join(step[1:])}\n")
        sys.stdout.flush()
        code = subprocess.run(step, cwd=ROOT, check=False).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
