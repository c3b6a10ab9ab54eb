"""A root that rpm itself filled: packages built here, installed with a real package database.

No distribution of the RPM family can be fetched where this runs, so the packages are made of our
own tree of such a host, with rpm's own tools; what rpm says of them is the measure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from linux_reading import NOW
from linux_rhel import RHEL

from scanner.collect import collect
from scanner.collectors.base import Target
from scanner.collectors.linux import COLLECTOR
from scanner.snapshot.read import open_snapshot

pytestmark = pytest.mark.skipif(
    shutil.which("rpmbuild") is None or shutil.which("rpm") is None, reason="rpm is not installed"
)

PACKAGES = {
    "setup": ("2.13.7", "10.el9", "", ("/etc/passwd", "/etc/group", "/etc/shadow")),
    "shadow-utils": ("4.9", "8.el9", "2", ("/etc/login.defs",)),
    "pam": ("1.5.1", "19.el9", "", ("/etc/pam.d/", "/etc/security/")),
    "openssh-server": ("8.7p1", "38.el9", "", ("/etc/ssh/",)),
    "openssl-libs": ("3.0.7", "27.el9", "1", ("/etc/pki/",)),
    "audit": ("3.1.2", "2.el9", "", ("/etc/audit/",)),
    "redhat-release": ("9.4", "0.5.el9", "", ("/etc/os-release", "/etc/crypto-policies/")),
}  # fmt: skip
"""name: version, release, epoch, and the parts of the tree that it carries."""


def files_of(parts: tuple[str, ...]) -> dict[str, str]:
    return {
        path: text
        for path, text in RHEL.items()
        if isinstance(text, str) and not text.startswith("-> ") and path.startswith(parts)
    }


def build(folder: Path) -> list[Path]:
    """One .rpm a package, by rpmbuild."""
    for name, (version, release, epoch, parts) in PACKAGES.items():
        files = files_of(parts)
        for path, text in files.items():
            at = folder / name / path.lstrip("/")
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(text)
        spec = folder / f"{name}.spec"
        copy = f"cp -a {folder}/{name}/. %{{buildroot}}/" if files else ""
        spec.write_text(
            f"Name: {name}\nVersion: {version}\nRelease: {release}\nSummary: x\nLicense: x\n"
            + (f"Epoch: {epoch}\n" if epoch else "")
            + "Vendor: Example, Inc.\nBuildArch: noarch\n%description\nx\n"
            f"%install\nmkdir -p %{{buildroot}}\n{copy}\n%files\n"
            + "".join(f"{p}\n" for p in files)
        )
        subprocess.run(
            ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}/top", str(spec)],
            check=True, capture_output=True, timeout=60,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        )  # fmt: skip
    return sorted((folder / "top" / "RPMS" / "noarch").glob("*.rpm"))


@pytest.fixture
def unblank() -> Iterator[Path]:
    """A folder for rpmbuild, whose own scripts break where its path has blanks."""
    with TemporaryDirectory(prefix="rpm-", dir="/tmp") as name:
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="rpm installs into another root as root only")
def test_a_root_that_rpm_filled(tmp_path: Path, unblank: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    rpm = ["rpm", "--root", str(root), "--dbpath", "/usr/lib/sysimage/rpm"]
    options = ["-i", "--nodeps", "--ignorearch", "--ignoreos", "--nosignature", "--nodigest"]
    install = [*rpm, *options, *map(str, build(unblank))]
    subprocess.run(install, check=True, capture_output=True, timeout=60)
    form = "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{VENDOR}\n"
    said = subprocess.run([*rpm, "-qa", "--qf", form], check=True, capture_output=True, timeout=60)

    target = Target("mounted", "linux", {"root": str(root)})
    collect([target], {"linux": COLLECTOR}, None, tmp_path / "s", now=lambda: NOW)
    snapshot = open_snapshot(tmp_path / "s")
    found = snapshot.facts("software.package")
    listed = sorted(f"{f.program} {f.version} {f.publisher}" for f in found)  # type: ignore[attr-defined]
    assert listed == sorted(said.stdout.decode().splitlines())
    assert len(listed) == len(PACKAGES)
    names = {f.name for f in snapshot.facts("identity.account")}
    assert {"root", "alice", "bob"} <= names
    modules = {f.name: f for f in snapshot.facts("crypto.module")}
    assert modules["openssl"].package_version == "1:3.0.7-27.el9"  # type: ignore[attr-defined]
