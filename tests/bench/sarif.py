"""Seconds and peak memory of SARIF, and the validator at full size.

`python -m tests.bench.sarif [results]`: 30,000 results by default, and ten times as many to show
that memory does not grow with them. With Microsoft's validator installed (see
tests/reports/test_sarif_validator.py) both profiles are put to it too, which takes minutes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))


def measure(folder: Path, count: int) -> dict[str, Any]:
    """Write both profiles from a findings.jsonl of that many lines, in this process."""
    from sarif_samples import many, many_rules, scan

    from scanner import findings
    from scanner.reports.github import write_github
    from scanner.reports.sarif import write_sarif

    path = folder / "findings.jsonl"
    findings.write(path, map(findings.encode, many(count)))
    of = scan(rules=many_rules())

    def read() -> Any:
        return findings.read(path)

    start, cpu = time.perf_counter(), time.process_time()
    number = write_sarif(folder / "findings.sarif", read, of)
    auditor, cpu = time.perf_counter() - start, time.process_time() - cpu
    start = time.perf_counter()
    made = write_github(folder / "github", read, of, targets=["prod"], complete=True)
    return {
        "results": number,
        "auditor_seconds": round(auditor, 2),
        "auditor_cpu_seconds": round(cpu, 2),
        "auditor_megabytes": round((folder / "findings.sarif").stat().st_size / 1e6, 1),
        "github_seconds": round(time.perf_counter() - start, 2),
        "github_results": sum(category.results for category in made),
        "github_summarised": sum(category.summarised for category in made),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def alone(folder: Path, count: int) -> dict[str, Any]:
    """The same in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, "-m", "tests.bench.sarif", "--in", str(folder), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def validated(path: Path) -> dict[str, Any]:
    """What Microsoft's validator says of a file, by rule and level."""
    from test_sarif_validator import validate

    start = time.perf_counter()
    said = Counter(f"{level} {rule}" for rule, level, _ in validate(path)[path.name])
    return {
        "file": path.name,
        "seconds": round(time.perf_counter() - start),
        "said": dict(sorted(said.items())),
    }


def main() -> None:
    if sys.argv[1:2] == ["--in"]:
        print(json.dumps(measure(Path(sys.argv[2]), int(sys.argv[3]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch, str(n)) for n in (1, 10)]
        for folder, times in zip(folders, (1, 10), strict=True):
            folder.mkdir()
            print(json.dumps(alone(folder, count * times)))
        from test_sarif_validator import TOOL

        if TOOL is None:
            print("sarif-multitool is not installed: nothing was validated")
            return
        for path in (folders[0] / "github" / "prod.sarif", folders[0] / "findings.sarif"):
            print(json.dumps(validated(path)))


if __name__ == "__main__":
    main()
