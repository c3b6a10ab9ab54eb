"""The container image, built from its definition as it stands and run, where buildah can do that.

buildah needs no daemon and no other machine: the base image is made here, of this machine's own
Python and the programs that the definition asks of its base, under the base image's name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DEFINITION = REPOSITORY / ".github" / "Dockerfile"
PROGRAMS = ("sh", "rm", "id", "stat", "useradd", "nologin")
ACCOUNTS = {
    "passwd": "root:x:0:0::/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "shadow": "root:*:1::::::\n",
}
BUILDING = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs")
"""How this machine reaches its package index; mounted while the image is built, and not in it."""


def run(*words: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, timeout=300
    )
    text = done.stdout + done.stderr
    if done.returncode and re.search(r"NewConnectionError|name resolution", text):
        pytest.skip("there is no package index")
    assert done.returncode == 0, text
    return done.stdout


def libraries(files: Iterable[Path]) -> set[Path]:
    done = subprocess.run(
        ["ldd", *map(str, files)], capture_output=True, text=True, check=False, timeout=60
    )
    return {Path(found) for found in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", done.stdout, re.M)}


def put(path: Path, root: Path, name: str | None = None) -> None:
    """Copy a file or folder to its own place below the root."""
    into = root / (name or str(path)).lstrip("/")
    into.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        skipped = shutil.ignore_patterns("__pycache__", "test", "dist-packages", "site-packages")
        shutil.copytree(path, into, ignore=skipped, symlinks=False, dirs_exist_ok=True)
    elif not into.exists():
        shutil.copy2(path, into)


def base(root: Path) -> None:
    """What the definition asks of its base: Python as `python`, a shell, useradd."""
    python = Path(sys.executable).resolve()
    programs = [
        shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") for name in PROGRAMS
    ]
    if None in programs:
        pytest.skip(f"of {PROGRAMS} not all are here")
    library = Path(sysconfig.get_path("stdlib"))
    found = [Path(program) for program in programs if program is not None]
    for path in [*found, *libraries([python, *found, *library.glob("lib-dynload/*.so")])]:
        put(path, root)
    for path in libraries([python]):  # what wheels may count on beside libc (PEP 600)
        for name in ("libpthread", "libdl", "librt", "libm", "libutil", "libgcc_s", "libstdc++"):
            for each in path.parent.glob(f"{name}.so.*"):
                put(each, root)
    put(python, root)
    put(library, root)
    (root / "usr/local/bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3"):
        if not (root / "usr/local/bin" / name).exists():
            (root / "usr/local/bin" / name).symlink_to(python)
    wheels = Path("/usr/share/python-wheels")  # where Debian keeps what its venv installs
    if wheels.is_dir():
        put(wheels, root)
    for folder in ("bin", "etc", "proc", "sys", "dev", "root", "tmp", "var/tmp", "run"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("tmp", "var/tmp"):
        (root / folder).chmod(0o1777)
    put(found[0], root, "/bin/sh")
    for name, text in ACCOUNTS.items():
        (root / "etc" / name).write_text(text)


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """The words with which buildah is called; its storage goes when the tests are done."""
    program = shutil.which("buildah")
    if program is None or os.geteuid() != 0:
        pytest.skip("needs buildah, and root for its chroot")
    store = tmp_path_factory.mktemp("store")
    words = (program, "--root", str(store / "root"), "--runroot", str(store / "run"))
    yield words
    run(*words, "rm", "--all")
    shutil.rmtree(store, ignore_errors=True)


@pytest.fixture(scope="module")
def image(buildah: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the image, built."""
    root = tmp_path_factory.mktemp("base")
    base(root)
    match = re.search(r"^ARG BASE=(\S+)$", DEFINITION.read_text(), re.MULTILINE)
    assert match is not None
    empty = run(*buildah, "from", "scratch").strip()
    run(*buildah, "add", "-q", empty, root, "/")
    run(*buildah, "commit", "-q", "--rm", empty, f"docker.io/library/{match[1]}")
    shutil.rmtree(root)
    mounts = [f"--volume={path}:{path}:ro" for path in BUILDING if Path(path).exists()]
    run(
        *(*buildah, "bud", "--isolation=chroot", "--pull-never", "--layers=false", *mounts),
        *("--file", DEFINITION, "--ignorefile", DEFINITION.with_name("Dockerfile.dockerignore")),
        *("--tag", "cmmc-scan", REPOSITORY),
    )
    return "localhost/cmmc-scan"


def test_the_image_runs_as_nobody_and_writes_its_output_alone(
    buildah: tuple[str, ...], image: str, tmp_path: Path
) -> None:
    held = run(*buildah, "from", "--pull-never", image).strip()
    config = json.loads(run(*buildah, "inspect", held))["OCIv1"]["config"]
    assert (config["Entrypoint"], config["Cmd"]) == (["cmmc-scan"], ["--help"])
    assert (config["User"], config["WorkingDir"]) == ("10001:10001", "/work")
    work = tmp_path / "work"
    work.mkdir()
    os.chown(work, 10001, 10001)

    def inside(*words: str) -> str:
        how = ("run", "--isolation=chroot", f"--volume={work}:/work")
        return run(*buildah, *how, held, "--", *words)

    assert re.fullmatch(r"cmmc-scan \d+\.\d+\S*\n", inside("cmmc-scan", "--version"))
    assert inside("id", "-u") == "10001\n"
    assert "Usage:" in inside("cmmc-scan", "--help")
    inside("python", "-c", "import azure.identity, boto3")
    mounted = Path(run(*buildah, "mount", held).strip())
    before = snapshot(mounted)
    inside(
        "sh",
        "-c",
        "cmmc-scan scan -o out --fail-on never -q; case $? in 0 | 3) ;; *) exit 1 ;; esac",
    )
    assert snapshot(mounted) == before, "the file system may be read-only where it runs"
    assert (work / "out" / "assessment.json").stat().st_uid == 10001
    assert len((work / "out" / "findings.jsonl").read_text().splitlines()) > 100
    installed = mounted / "opt" / "cmmc-scan"
    assert not list(installed.rglob("pip/__init__.py")), "nothing can be installed later"
    assert list(installed.rglob("__pycache__/assessment.*.pyc")), "compiled while it was built"
    assert not [p for p in installed.rglob("*") if p.lstat().st_mode & 0o022 and not p.is_symlink()]
    size = sum(p.lstat().st_size for p in installed.rglob("*") if p.is_file())
    assert size < 130_000_000, f"{size} bytes; 104 MB on disk when this was written"


def snapshot(root: Path) -> dict[str, float]:
    kept = (path for path in root.rglob("*") if not path.is_dir())
    return {str(path.relative_to(root)): path.lstat().st_mtime for path in kept}
