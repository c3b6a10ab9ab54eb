"""`scan --redact`: nothing that the scan leaves beside its snapshot names a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli import run

FILES = {
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/passwd": "root:x:0:0::/root:/bin/bash\nzenobia:x:1000:1000:Zenobia:/home/z:/bin/bash\n",
    "etc/group": "root:x:0:\nsudo:x:27:zenobia\nzenobia:x:1000:\n",
    "etc/shadow": "root:*:1::::::\nzenobia:$6$abc$def:1::::::\n",
    "etc/sudoers": "%sudo ALL=(ALL) NOPASSWD: ALL\n",
}


@pytest.mark.parametrize("redact", [False, True])
def test_a_name_stands_in_every_file_or_in_none(tmp_path: Path, monkeypatch, redact: bool):
    for name, text in FILES.items():
        path = tmp_path / "host" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        f"targets:\n  - {{id: host, provider: linux, root: {tmp_path}/host}}\n"
        "github: {subjects: full}\n"
    )
    forms = [word for form in ("html", "csv", "junit", "markdown", "ocsf") for word in ("-f", form)]
    run(["scan", "-c", "c.yaml", "-o", "out", "-q", *forms, *(["--redact"] if redact else [])])
    written = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    named = {
        path.name
        for path in written
        if "snapshot" not in path.parts and b"zenobia" in path.read_bytes().lower()
    }
    if redact:
        assert not named
    else:
        assert {"findings.jsonl", "findings.sarif", "report.html", "findings.csv"} <= named
