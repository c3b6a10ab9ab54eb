"""cmmc-scan as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """cmmc-scan in a process of its own."""
    command = [sys.executable, "-m", "scanner", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
