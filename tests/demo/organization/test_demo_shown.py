"""The README shows what the demo says."""

from __future__ import annotations

import re
from pathlib import Path

from demo_run import run

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_shows_how_the_demo_ends(copy: Path) -> None:
    """Lines of the README that end in … are cut, and those that follow indented may be wrapped."""
    config = copy / "cmmc-scan.yaml"
    done = run("evaluate", copy, "-c", config, "-o", copy, "--fail-on", "never")
    assert done.returncode in (0, 3), done.stderr
    said = " ".join(done.stdout.split())
    (block,) = re.findall(
        r"```\n\$ cmmc-scan demo.*?\n(.*?)Written to", README.read_text(), re.DOTALL
    )
    shown = [line.strip() for line in block.splitlines() if line.strip()]
    assert len(shown) > 20
    missing = [line for line in shown if " ".join(line.removesuffix("…").split()) not in said]
    assert missing == []
