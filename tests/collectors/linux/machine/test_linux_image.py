"""Container images: layers, whiteouts and links."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from linux_reading import NOW, Read, nodes
from linux_rhel import RHEL

from scanner.collect import collect
from scanner.collectors.base import Target
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.machine.image import open_image
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.session import open_host
from scanner.collectors.linux.sign_in.accounts import accounts
from scanner.collectors.linux.system.release import host
from scanner.errors import InputError


def layer(tree: dict[str, Any], whiteouts: tuple[str, ...] = ()) -> bytes:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for path, node in nodes(tree).items():
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.mtime = node.mode, node.mtime
            if node.link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, node.link
            elif node.folder:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(node.data)
            tar.addfile(info, BytesIO(node.data) if info.isfile() else None)
        for path in whiteouts:
            tar.addfile(tarfile.TarInfo(path))
    return out.getvalue()


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, BytesIO(data))
    return path


BASE = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/passwd": RHEL["/etc/passwd"],
    "/etc/shadow": RHEL["/etc/shadow"],
    "/etc/group": RHEL["/etc/group"],
    "/etc/gone": "x",
    "/etc/conf.d/old.conf": "x",
    "/usr/lib/link": "-> ../../etc/passwd",
    "/lib": "-> usr/lib",
}
OVER = {
    "/etc/hostname": "box\n",
    "/etc/conf.d/new.conf": "y",
    "/lib/systemd/x.conf": "through a link",
}
WHITEOUTS = ("etc/.wh.gone", "etc/conf.d/.wh..wh..opq")


def oci(path: Path) -> Path:
    return archive(path, oci_files())


def oci_files() -> dict[str, bytes]:
    layers = (layer(BASE), layer(OVER, WHITEOUTS))
    manifest = json.dumps({"layers": [{"digest": digest(data)} for data in layers]}).encode()
    blobs = {f"blobs/{digest(d).replace(':', '/')}": d for d in (manifest, *layers)}
    index = json.dumps({"manifests": [{"digest": digest(manifest)}]}).encode()
    return {"oci-layout": b"{}", "index.json": index, **blobs}


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def docker(path: Path) -> Path:
    return archive(path, docker_files(layer(BASE), layer(OVER, WHITEOUTS)))


def docker_files(*layers: bytes) -> dict[str, bytes]:
    names = [f"{number}/layer.tar" for number, _ in enumerate(layers)]
    plain = [digest(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data) for data in layers]
    return {
        "manifest.json": json.dumps([{"Config": "c.json", "Layers": names}]).encode(),
        "c.json": json.dumps({"rootfs": {"type": "layers", "diff_ids": plain}}).encode(),
        **dict(zip(names, layers, strict=True)),
    }


def test_a_layer_that_breaks_off_is_no_shorter_layer(tmp_path: Path) -> None:
    whole = gzip.decompress(layer(OVER, WHITEOUTS))
    cut = whole[:512] + bytes(1024)  # one header, and the end of a tar
    for number, files in enumerate(
        (oci_files(), docker_files(gzip.decompress(layer(BASE)), whole))
    ):
        last = list(files)[-1]
        path = archive(tmp_path / f"{number}.tar", {**files, last: cut})
        with pytest.raises(InputError, match="is not what its digest says"):
            open_image(path, Target("i", "linux", {"image": str(path)}))


def zstd(path: Path) -> Path:
    """The layers as newer builders compress them."""
    zstandard = pytest.importorskip("zstandard")

    def again(data: bytes) -> bytes:
        packed: bytes = zstandard.ZstdCompressor().compress(gzip.decompress(data))
        return packed

    return archive(
        path,
        {
            "manifest.json": json.dumps([{"Layers": ["1", "2"]}]).encode(),
            "1": again(layer(BASE)),
            "2": again(layer(OVER, WHITEOUTS)),
        },
    )


def test_a_spoilt_zstd_layer_is_the_users_mistake(tmp_path: Path) -> None:
    pytest.importorskip("zstandard")
    files = {"manifest.json": b'[{"Layers": ["1"]}]', "1": b"\x28\xb5\x2f\xfdspoilt" * 9}
    path = archive(tmp_path / "x.tar", files)
    with pytest.raises(InputError, match="cannot be read as an image"):
        open_image(path, Target("i", "linux", {}))


@pytest.mark.parametrize("make", [oci, docker, zstd])
def test_an_image_is_read_layer_by_layer(make: Any, tmp_path: Path) -> None:
    path = make(tmp_path / "image.tar")
    machine = open_image(path, Target("i", "linux", {"image": str(path)}))
    assert machine.read("/etc/hostname") == b"box\n"
    assert machine.read("/usr/lib/systemd/x.conf") == b"through a link"
    assert machine.read("/lib/link") == RHEL["/etc/passwd"].encode()
    with pytest.raises(FileNotFoundError):
        machine.read("/etc/gone")
    assert machine.listdir("/etc/conf.d") == ("new.conf",)
    found = Read(accounts, Once(machine))
    assert found["user/alice"].password_enabled is True
    assert Read(host, Once(machine)).only.os_family == "debian"


def test_a_scan_of_an_image(tmp_path: Path) -> None:
    path = oci(tmp_path / "image.tar")
    with pytest.raises(InputError, match="host_id"):
        open_host(Target("i", "linux", {"image": str(path)}))
    target = Target("i", "linux", {"image": str(path), "host_id": "build"})
    manifest = collect([target], {"linux": COLLECTOR}, None, tmp_path / "s", now=lambda: NOW)
    assert [s.id for t in manifest.targets for s in t.scopes] == ["linux:build"]


@pytest.mark.parametrize("data", [b"", b"no tar", b"\0" * 2048])
def test_what_is_no_image_is_the_users_mistake(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be read as an image"):
        open_image(path, Target("i", "linux", {}))
    assert stat.S_ISREG(os.stat(path).st_mode)
