"""Container images: the root file system of an OCI or docker-save archive, without a daemon.

The layers are read in order, with their whiteouts, into an index of paths; of the files only those
that some source may ask for are kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

from scanner.collectors.base import Target
from scanner.collectors.linux.machine.base import MAX_FILE
from scanner.collectors.linux.machine.memory import Memory, Node
from scanner.collectors.linux.machine.paths import follow
from scanner.collectors.linux.target_paths import said_of
from scanner.errors import InputError

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
MAX_LAYER = 16 * 1024**3
MAX_NODES = 2_000_000
_KEEP = ("/etc/", "/var/lib/dpkg/", "/var/lib/rpm/", "/usr/lib/sysimage/rpm/", "/lib/apk/db/")
"""Trees whose files are kept whole; of others only those below a megabyte that are asked for."""
_ASKED = (
    "/usr/lib/os-release",
    "/usr/lib/apk/db/",
    "/usr/etc/",
    "/usr/lib/systemd/",
    "/lib/systemd/",
    "/usr/local/lib/systemd/",
    "/usr/lib/pam.d/",
    "/usr/lib/modprobe.d/",
    "/lib/modprobe.d/",
    "/usr/lib/sysctl.d/",
    "/usr/share/crypto-policies/",
    "/usr/share/dconf/",
    "/usr/share/glib-2.0/schemas/",
    "/usr/share/kde-settings/",
    "/usr/share/wayland-sessions/",
    "/usr/share/xsessions/",
    "/var/lib/lastlog/",
    "/var/log/",
    "/home/",
    "/root/",
)


def open_image(path: Path, target: Target) -> Memory:
    """The image's root file system. Raises InputError for a file that is no image."""
    try:
        with tarfile.open(path) as archive:
            nodes: dict[str, Node] = {}
            for layer in _layers(archive):
                with layer:
                    _apply(layer, nodes)
            return Memory(nodes, live=False)
    except FileNotFoundError:
        raise InputError(
            f"{said_of(target)}: image: {path}: there is no such file; check the path"
        ) from None
    except _FAULTS as error:
        raise InputError(
            f"{said_of(target)}: image: {path} cannot be read as an image: {_cause(error)}; give an"
            " OCI archive (skopeo copy … oci-archive:FILE) or the output of docker save"
        ) from None


_FAULTS = (
    *(OSError, tarfile.TarError, ValueError, LookupError, TypeError, AttributeError, EOFError),
    zlib.error,
)


def _cause(error: Exception) -> str:
    """What is wrong with the archive, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, tarfile.ReadError | EOFError | zlib.error):
        return "it is no tar archive, or it breaks off"
    if isinstance(error, LookupError | TypeError | AttributeError | json.JSONDecodeError):
        return "its index is not that of an image"
    return str(error).partition("\n")[0]


def _json(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is no file")
    return json.loads(member.read(16 * 1024 * 1024))


def _layers(archive: tarfile.TarFile) -> Iterator[tarfile.TarFile]:
    names = set(archive.getnames())
    if "manifest.json" in names:
        image = _json(archive, "manifest.json")[0]
        plain: list[str] = []
        if "Config" in image:
            plain = _json(archive, image["Config"])["rootfs"]["diff_ids"]
        for number, name in enumerate(image["Layers"]):
            yield _layer(archive, name, plain[number] if plain else None)
        return
    if "index.json" not in names:
        raise ValueError("it has neither manifest.json nor index.json")
    manifest = _json(archive, "index.json")["manifests"][0]
    for _ in range(4):  # an index may lead to another one
        body = _json(archive, _blob(manifest["digest"]))
        if "layers" in body:
            for layer in body["layers"]:
                yield _layer(archive, _blob(layer["digest"]))
            return
        manifest = body["manifests"][0]
    raise ValueError("its index leads nowhere")


_BLOBS = "blobs/"
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zX")
"""How layers that are compressed begin: by gzip, zstd, bzip2, xz."""


def _blob(digest: str) -> str:
    kind, colon, value = digest.partition(":")
    if not colon or kind not in ("sha256", "sha512") or not value.isalnum():
        raise ValueError(f"{digest!r} is no digest")
    return f"{_BLOBS}{kind}/{value}"


def _digest(name: str) -> str:
    """The digest that a blob is named by."""
    _, kind, value = name.split("/")
    _blob(f"{kind}:{value}")
    return f"{kind}:{value}"


def _layer(archive: tarfile.TarFile, name: str, plain: str | None = None) -> tarfile.TarFile:
    """plain: the digest of the layer before it was compressed, where the archive says so.

    A layer that breaks off may look like a shorter one, so that what it lacks would be taken for
    absent; it is held against its digest first.
    """
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"the layer {name} is no file")
    start = member.read(4)
    digest = _digest(name) if name.startswith(_BLOBS) else None
    if digest is None and not start.startswith(_COMPRESSED):
        digest = plain
    if digest is not None:
        kind, _, value = digest.partition(":")
        member.seek(0)
        if hashlib.file_digest(cast(io.BufferedReader, member), kind).hexdigest() != value:
            raise ValueError(f"the layer {name} is not what its digest says; copy the image again")
    member.seek(0)
    if start == b"\x28\xb5\x2f\xfd":
        return tarfile.open(fileobj=_bounded(_unzstd(member)), mode="r|")
    return tarfile.open(fileobj=_bounded(member), mode="r|*")


def _unzstd(member: IO[bytes]) -> IO[bytes]:
    """The layer's tar: by Python itself from 3.14 on, before that by the package zstandard."""
    for name in ("compression.zstd", "zstandard"):
        with suppress(ImportError):
            stream: IO[bytes] = import_module(name).open(member, "rb")
            return stream
    raise ValueError("its layers are compressed by zstd; install the Python package zstandard")


def _bounded(member: IO[bytes]) -> IO[bytes]:
    class Bounded(io.RawIOBase):
        seen = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            try:
                data = member.read(size)
            except OSError:
                raise
            except Exception as error:  # each library of zstd has an exception of its own
                raise ValueError(str(error)) from None
            Bounded.seen += len(data)
            if Bounded.seen > MAX_LAYER:
                raise ValueError("a layer is larger than what is read")
            return data

    return Bounded()  # type: ignore[return-value]


def _wanted(path: str, size: int) -> bool:
    if path.startswith(_KEEP):
        return size <= MAX_FILE
    return size <= 1024 * 1024 and path.startswith(_ASKED)


def _real(path: str, nodes: dict[str, Node]) -> str:
    """The path with the links of its folders followed: layers may write through /bin and /lib."""

    def link(here: str) -> str | None:
        node = nodes.get(here)
        return None if node is None else node.link

    folder, _, leaf = path.rpartition("/")
    base = follow(folder or "/", link).rstrip("/")
    return f"{base}/{leaf}"


def _remove(nodes: dict[str, Node], gone: Callable[[str], bool]) -> None:
    for path in [p for p in nodes if gone(p)]:
        del nodes[path]


def _apply(layer: tarfile.TarFile, nodes: dict[str, Node]) -> None:
    fresh: set[str] = set()
    for member in layer:
        name = "/" + member.name.removeprefix("./").strip("/")
        if name == "/" or "\0" in name or ".." in name.split("/"):
            continue
        path = _real(name, nodes)
        folder, _, leaf = path.rpartition("/")
        if leaf == _OPAQUE:
            top = folder + "/"
            _remove(nodes, lambda p, top=top: p.startswith(top) and p not in fresh)  # type: ignore[misc]
            continue
        if leaf.startswith(_WHITEOUT):
            away = f"{folder}/{leaf.removeprefix(_WHITEOUT)}"
            _remove(nodes, lambda p, away=away: p == away or p.startswith(away + "/"))  # type: ignore[misc]
            continue
        if len(nodes) >= MAX_NODES:
            raise ValueError("it holds more files than are read")
        node = _node(layer, member, path, nodes)
        if node is not None:
            nodes[path] = node
            fresh.add(path)


def _node(
    layer: tarfile.TarFile, member: tarfile.TarInfo, path: str, nodes: dict[str, Node]
) -> Node | None:
    about: dict[str, Any] = {
        "mode": member.mode & 0o7777,
        "uid": member.uid,
        "gid": member.gid,
        "mtime": int(member.mtime),
    }
    if member.isdir():
        return Node(folder=True, **about)
    if member.issym():
        return Node(link=member.linkname, **about)
    if member.islnk():
        return nodes.get(_real("/" + member.linkname.removeprefix("./").strip("/"), nodes))
    if not member.isfile():
        return Node(special=True, **about)
    if not _wanted(path, member.size):
        return Node(size=member.size, **about)
    body = layer.extractfile(member)
    data = b"" if body is None else body.read()
    return Node(data=data, **about)
