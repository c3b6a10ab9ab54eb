"""Which lines of the register speak of a build: equal, alike, later, or known to have none."""

from __future__ import annotations

import datetime
import re
from fnmatch import fnmatchcase

import msgspec

from scanner.frameworks.cmvp_register import Certificate, Queued

OPENSSL_KINDS = ("openssl-provider", "openssl-library")

_ARCHITECTURE = re.compile(r"\.(x86_64|aarch64|noarch|ppc64le|s390x|i686)$")
_BUILD_HASH = re.compile(r"-[0-9a-f]{12,}$")
_PART = re.compile(r"[0-9]+|[A-Za-z]+")


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """What a cryptographic module says of itself, and where it runs."""

    kind: str
    """openssl-provider, openssl-library, openssl (either), gnutls, kernel, libgcrypt, nss, ..."""
    name: str | None = None
    """The name under which the module itself reports."""
    version: str | None = None
    package: str | None = None
    """Name and version of the package that holds it: `openssl-fips-provider-so-3.0.7-8.el9`."""
    system: str | None = None
    """ID:VERSION_ID of /etc/os-release: `rhel:9.4`."""
    fips_mode: bool | None = None
    """None: it could not be read."""
    employed: bool = True
    """False: nothing is encrypted where it should be."""
    installed_on: datetime.date | None = None

    @property
    def builds(self) -> tuple[str | None, str | None]:
        """Version and package as the register writes them."""
        return _plain(self.version), _plain(self.package)


def _plain(text: str | None) -> str | None:
    if text is None:
        return None
    return _ARCHITECTURE.sub("", text.strip()).replace("=", "-", 1).replace(" ", "-")


def _any(patterns: tuple[str, ...], builds: tuple[str | None, ...]) -> bool:
    return any(fnmatchcase(b, p) for b in builds if b is not None for p in patterns)


def runs_here(line: Certificate | Queued, module: Module) -> bool:
    """The line is for such modules on such a system; an unread system or name excludes nothing."""
    kinds = OPENSSL_KINDS if module.kind == "openssl" else (module.kind,)
    if line.kind not in ("any", *kinds):
        return False
    if line.systems and not _any(line.systems, (module.system,)):
        return module.system is None and line.kind != "any"
    return not line.name or module.name is None or module.name in line.name


def covers(line: Certificate, module: Module) -> bool:
    """The certificate lists this very build, by a source other than memory."""
    if line.match_read not in ("one", "two") or _any(line.not_on, module.builds):
        return False
    version, package = module.builds
    return _any(line.version, (version,)) or _any(line.package, (package,))


def looks_like(line: Certificate, module: Module) -> bool:
    """The build looks like those of the certificate, which were not read."""
    return not (line.systems and module.system is None) and _any(line.like, module.builds)


def uncertified(line: Certificate, module: Module) -> bool:
    """A line of status none says that such a build has no certificate."""
    if line.unless:
        lowered = tuple(b and b.lower() for b in module.builds)
        return not _any(tuple(p.lower() for p in line.unless), lowered)
    return not line.version or _any(line.version, module.builds)


def outgrown(line: Certificate, module: Module) -> bool:
    """The build is known to be missing from the certificate, or is a later patch of one on it."""
    if line.match_read not in ("one", "two") or (line.systems and module.system is None):
        return False
    if _any(line.not_on, module.builds):
        return True
    version, package = module.builds
    return any(version is not None and later(version, v) for v in line.version) or any(
        package is not None and later(package, p) for p in line.package
    )


def later(build: str, listed: str) -> bool:
    """`build` is a later patch of the same branch: 3.1.4 of 3.1.2, 6.1.150-174 of 6.1.41-64.

    The first two numbers name the branch. A hash at the end cannot be ordered, so that builds that
    differ in it alone are neither.
    """
    mine = _PART.findall(_BUILD_HASH.sub("", build))
    theirs = _PART.findall(_BUILD_HASH.sub("", listed))
    numbers = 0
    for a, b in zip(mine, theirs, strict=False):
        if a != b:
            return numbers >= 2 and a.isdecimal() and b.isdecimal() and int(a) > int(b)
        numbers += a.isdecimal()
    return False
