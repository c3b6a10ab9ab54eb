"""Snapshots that came home as a file: judged like folders, and named as the user named them."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, INCOMPLETE, OK, run


def host(folder: Path) -> Path:
    """The root folder of a small host."""
    files = {
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
        "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "etc/passwd": "root:x:0:0::/root:/bin/bash\nana:x:1000:1000::/home/ana:/bin/bash\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def tar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `collect -o - > host.tar` leaves; the current folder is that of the file."""
    monkeypatch.chdir(tmp_path)
    root = host(tmp_path / "host")
    Path("c.yaml").write_text(f"targets:\n  - {{id: host, provider: linux, root: {root}}}\n")
    command = [sys.executable, "-m", "scanner", "collect", "-c", "c.yaml", "-q", "-o", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (OK, INCOMPLETE), done.stderr
    Path("host.tar").write_bytes(done.stdout)
    return tmp_path / "host.tar"


def lay_out(tar: Path, folder: str) -> None:
    """Expand a tar with the system's own program, as a user may."""
    Path(folder).mkdir()
    subprocess.run(["tar", "-xf", tar, "-C", folder], check=True)


@pytest.mark.parametrize("name", ["host.tar", "host.tar.gz"])
def test_a_tar_is_judged_like_its_folder(tar, name):
    Path("host.tar.gz").write_bytes(gzip.compress(tar.read_bytes()))
    lay_out(tar, "s")
    for source, out in ((name, "a"), ("s", "b")):
        code = run(["evaluate", source, "-q", "--rules", "IA", "--fail-on", "never", "-o", out])
        assert code in (OK, INCOMPLETE)
    assert Path("a/findings.jsonl").read_bytes() == Path("b/findings.jsonl").read_bytes()


def changed(tar: Path, name: str, data: bytes | None) -> None:
    """Write the tar again with one file changed, or gone."""
    lay_out(tar, "again")
    path = Path("again") / name
    path.unlink() if data is None else path.write_bytes(data)
    with tarfile.open(tar, "w") as made:
        for each in sorted(Path("again").rglob("*")):
            if each.is_file():
                made.add(each, each.relative_to("again").as_posix())


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("manifest.json", None, "host.tar: "),
        ("manifest.json", b"{", "host.tar/manifest.json: "),
        ("facts", b"short", "host.tar/"),
    ],
)
def test_what_is_wrong_in_a_tar_is_said_of_the_tar(tar, capsys, name, data, says):
    if name == "facts":
        with tarfile.open(tar) as archive:
            name = next(n for n in archive.getnames() if n.endswith(".gz"))
    changed(tar, name, data)
    assert run(["evaluate", "host.tar", "-o", "out"]) == BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith(says), said
    assert "cmmc-scan-" not in said, "nobody knows where it was laid out"
    assert not Path("out").exists()


def test_two_tars_of_one_name_are_two(tar, capsys):
    Path("other").mkdir()
    Path("other/host.tar").write_bytes(tar.read_bytes()[:700])
    assert run(["evaluate", "host.tar", "other/host.tar", "-o", "out"]) == BAD_INPUT
    assert capsys.readouterr().err.startswith("other/host.tar: ")
