"""The cryptographic modules of a host.

A switch is not a certificate: these facts say which module in which version is there and whether it
is in FIPS mode; the match with the validation register is made above the collector.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.crypto.fips import FLAG_READ, KERNEL_FLAG, flag_on, kernel_flag
from scanner.collectors.linux.crypto.providers import (
    Provider,
    asks_for_fips,
    fips_provider,
    parse_providers,
)
from scanner.collectors.linux.host import Host, clear, known, observe, settle
from scanner.collectors.linux.software.packages import PACKAGE_CALLS, Inventory, inventory
from scanner.collectors.linux.system.release import RELEASE_CALLS, release
from scanner.facts.crypto import Module

_OPENSSL = "run:openssl list -providers -verbose"
_CONFIGS = ("/etc/pki/tls/openssl.cnf", "/etc/ssl/openssl.cnf", "/etc/ssl/fipsmodule.cnf")

_PACKAGES = {
    "openssl": (
        "openssl-fips-provider-so",
        "openssl-fips-provider-certified-so",
        "openssl-fips-provider-certified",
        "openssl-fips-provider",
        "openssl-fips-provider-latest",
        "libopenssl-3-fips-provider",
        "openssl-fips-module-3",
        "openssl-libs",
        "libopenssl3",
        "libopenssl1_1",
        "libssl3t64",
        "libssl3",
        "libssl1.1",
        "libcrypto3",
    ),
    "gnutls": ("gnutls", "libgnutls30t64", "libgnutls30"),
    "libgcrypt": ("libgcrypt", "libgcrypt20"),
    "nss": ("nss", "libnss3", "mozilla-nss"),
    "kernel": (),
}


@source(
    Module,
    fields=[
        "library",
        "module",
        "version",
        "fips_mode",
        "package",
        "package_version",
        "os_release",
    ],
    calls={
        **PACKAGE_CALLS,
        **RELEASE_CALLS,
        FLAG_READ: "",
        "read:/proc/sys/crypto/fips_name": "",
        "read:/proc/sys/crypto/fips_version": "",
        "read:/proc/sys/kernel/osrelease": "",
        _OPENSSL: "",
        "run:gnutls-cli --fips140-mode": "",
        "stat:/etc/gcrypt/fips_enabled": "",
        **{f"read:{path}": "" for path in _CONFIGS},
    },
)
def crypto_modules(here: Host) -> Iterator[Module | Partial]:
    """The cryptographic modules: kernel, OpenSSL, GnuTLS, libgcrypt and NSS, where installed."""
    packages = settle(lambda: inventory(here))
    yield _module(here, packages, "kernel", f"read:{KERNEL_FLAG}", _kernel(here))
    for library, reads in (
        ("openssl", _openssl(here)),
        ("gnutls", _gnutls(here)),
        ("libgcrypt", _libgcrypt(here)),
        ("nss", _nss(here)),
    ):
        if not isinstance(packages, Refused) and not packages.has(*_PACKAGES[library]):
            continue
        if isinstance(packages, Refused) and library != "openssl":
            continue
        operation = _OPENSSL if library == "openssl" else FLAG_READ
        yield _module(here, packages, library, operation, reads)


def _module(
    here: Host,
    packages: Inventory | Refused,
    library: str,
    operation: str,
    reads: dict[str, Any],
) -> Module | Partial:
    def package() -> tuple[str, str] | None:
        return known(packages).version(*_PACKAGES[library])

    def package_name() -> str | None:
        found = package()
        return None if found is None else found[0]

    def package_version() -> str | None:
        found = package()
        return None if found is None else found[1]

    def os_release() -> str:
        found = release(here)
        return f"{found.id} {found.version}" if found.version else found.id

    fact = Module(
        subject=f"{here.id}/module/{library}",
        name=library,
        library=library,
        **here.here(operation),
    )
    shared: dict[str, Any] = {"os_release": os_release}
    if library != "kernel":
        shared |= {"package": package_name, "package_version": package_version}
    return observe(fact, operation, {**reads, **shared})


def _kernel(here: Host) -> dict[str, Any]:
    def module() -> str | None:
        flag = kernel_flag(here)
        named = here.read_optional("/proc/sys/crypto/fips_name")
        if named is not None and named.strip():
            return named.strip()
        return None if flag is None else "Linux Kernel Cryptographic API"

    def version() -> str:
        own = here.read_optional("/proc/sys/crypto/fips_version")
        if own is not None and own.strip():
            return own.strip()
        return here.read("/proc/sys/kernel/osrelease").strip()

    return {"module": module, "version": version, "fips_mode": lambda: flag_on(here)}


def _openssl(here: Host) -> dict[str, Any]:
    def provider() -> Provider | None:
        text = here.run_ok("openssl", "list", "-providers", "-verbose")
        return fips_provider(clear(_OPENSSL, lambda: parse_providers(text)))

    def field(name: str) -> Any:
        found = provider()
        return None if found is None else getattr(found, name)

    def fips_mode() -> bool:
        if provider() is None:
            return False
        # With the kernel's flag on, the distributions' OpenSSL asks for approved algorithms by
        # itself; otherwise its configuration has to, or others are fetched beside the module.
        if flag_on(here):
            return True
        texts = [here.read_optional(path) or "" for path in _CONFIGS]
        return asks_for_fips(texts)

    return {
        "module": lambda: field("name"),
        "version": lambda: field("version"),
        "fips_mode": fips_mode,
    }


def _gnutls(here: Host) -> dict[str, Any]:
    def fips_mode() -> bool:
        if not flag_on(here):
            return False
        answer = here.run("gnutls-cli", "--fips140-mode").out
        if re.search(r"is in FIPS140-[23] mode", answer):
            return True
        if "is not in FIPS140" in answer:
            return False
        raise Refused("broken", "run:gnutls-cli --fips140-mode", "it does not say its mode")

    return {"module": lambda: "GnuTLS", **_by_package(here, "gnutls"), "fips_mode": fips_mode}


def _libgcrypt(here: Host) -> dict[str, Any]:
    def fips_mode() -> bool:
        return here.exists("/etc/gcrypt/fips_enabled") or flag_on(here)

    reads = _by_package(here, "libgcrypt")
    return {"module": lambda: "libgcrypt", **reads, "fips_mode": fips_mode}


def _nss(here: Host) -> dict[str, Any]:
    def fips_mode() -> bool:
        if release(here).family != "rhel":
            raise Refused(
                "not-supported", FLAG_READ, "each program switches NSS by its own database here"
            )
        return flag_on(here)

    return {"module": lambda: "NSS", **_by_package(here, "nss"), "fips_mode": fips_mode}


def _by_package(here: Host, library: str) -> dict[str, Any]:
    def version() -> str | None:
        found = inventory(here).version(*_PACKAGES[library])
        return None if found is None else found[1]

    return {"version": version}
