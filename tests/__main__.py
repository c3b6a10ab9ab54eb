"""Everything that has to hold before a change lands: `python -m tests`, then pytest's arguments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable

STEPS = (
    (PYTHON, "-m", "ruff", "check", "."),
    (PYTHON, "-m", "ruff", "format", "--check", "."),
    (PYTHON, "-m", "mypy"),
    (PYTHON, "-m", "scanner", "rules", "test"),
    (PYTHON, "-m", "pytest", "-n", "2", *sys.argv[1:]),
)


def main() -> int:
    """Run the steps in order; the first that fails ends it with its own exit code."""
    for step in STEPS:
        sys.stdout.write(f"$ {' '.join(step[1:])}\n")
        sys.stdout.flush()
        code = subprocess.run(step, cwd=ROOT, check=False).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
