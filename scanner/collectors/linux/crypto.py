"""FIPS mode and the cryptographic modules of a host.

A switch is not a certificate: these facts say what is on and which module in which version is
there; the match with the validation register is made above the collector.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.collectors.linux.packages import PACKAGE_CALLS, Inventory, inventory
from scanner.collectors.linux.system import RELEASE_CALLS, release
from scanner.facts.crypto import FipsSetting, Module

KERNEL_FLAG = "/proc/sys/crypto/fips_enabled"
_FLAG = f"read:{KERNEL_FLAG}"
_POLICY = "read:/etc/crypto-policies/state/current"
_OPENSSL = "run:openssl list -providers -verbose"
_CONFIGS = ("/etc/pki/tls/openssl.cnf", "/etc/ssl/openssl.cnf", "/etc/ssl/fipsmodule.cnf")

_HARMLESS = frozenset({"OSPP", "STIG"})
_WEAKENING = frozenset({"AD-SUPPORT", "AD-SUPPORT-LEGACY", "SHA1", "NO-ENFORCE-EMS"})


def kernel_flag(host: Host) -> str | None:
    """The kernel's flag as text; None where this kernel has no FIPS mode at all."""
    text = host.read_optional(KERNEL_FLAG)
    if text is None and host.read_optional("/proc/sys/kernel/osrelease") is None:
        raise Refused("not-supported", _FLAG, "the kernel's settings cannot be seen here")
    return None if text is None else text.strip()


def flag_on(host: Host) -> bool:
    flag = kernel_flag(host)
    if flag not in ("0", "1", None):
        raise Refused("broken", _FLAG, f"the flag says {flag!r}")
    return flag == "1"


def policy_is_fips(policy: str) -> bool:
    """Whether a system-wide crypto policy keeps to FIPS.

    Sub-policies that take algorithms away keep it so; those that bring back what FIPS forbids do
    not; of any other the name alone does not tell.
    """
    base, *parts = policy.strip().upper().split(":")
    if not re.fullmatch(r"[A-Z0-9_-]+", base):
        raise Unclear(f"{policy.strip()!r} is no crypto policy")
    if base != "FIPS":
        return False
    if any(part in _WEAKENING for part in parts):
        return False
    strange = [part for part in parts if part not in _HARMLESS]
    if strange:
        raise Unclear(f"what the sub-policy {strange[0]} changes is not known")
    return True


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls={_FLAG: "", "read:/proc/sys/kernel/osrelease": "", _POLICY: ""},
)
def fips_settings(here: Host) -> Iterator[FipsSetting | Partial]:
    """The switches for FIPS mode: the kernel's flag and the system-wide crypto policy."""
    yield observe(
        FipsSetting(
            subject=f"{here.id}/fips/kernel", name="kernel", setting="kernel", **here.here(_FLAG)
        ),
        _FLAG,
        {"value": lambda: kernel_flag(here), "on": lambda: flag_on(here)},
    )
    policy = settle(lambda: here.read_optional("/etc/crypto-policies/state/current"))
    if policy is None:
        return  # a family without system-wide policies has no such switch

    def value() -> str:
        return (known(policy) or "").strip()

    yield observe(
        FipsSetting(
            subject=f"{here.id}/fips/crypto-policy",
            name="crypto policy",
            setting="crypto-policy",
            **here.here(_POLICY),
        ),
        _POLICY,
        {"value": value, "on": lambda: policy_is_fips(value())},
    )


@dataclass(frozen=True)
class Provider:
    """One block of `openssl list -providers`."""

    id: str
    name: str
    version: str
    active: bool


def parse_providers(text: str) -> list[Provider]:
    """The providers that OpenSSL 3 has loaded. Raises Unclear for an output of another shape."""
    if not text.lstrip().startswith("Providers:"):
        raise Unclear("openssl does not list its providers")
    found: list[Provider] = []
    name = ""
    values: dict[str, str] = {}

    def close() -> None:
        if name:
            found.append(
                Provider(
                    name,
                    values.get("name", ""),
                    values.get("version", ""),
                    values.get("status") == "active",
                )
            )

    for line in text.splitlines():
        head = re.fullmatch(r" {2}(\S+)\s*", line)
        if head:
            close()
            name, values = head.group(1), {}
            continue
        pair = re.fullmatch(r" {4}([a-z ]+): (.*)", line)
        if pair and name:
            values.setdefault(pair.group(1), pair.group(2).strip())
    close()
    if not found:
        raise Unclear("openssl lists no provider at all")
    return found


def fips_provider(providers: list[Provider]) -> Provider | None:
    """The active provider that is a FIPS module, by its id or its own name."""
    for each in providers:
        if each.active and (each.id == "fips" or "FIPS" in each.name):
            return each
    return None


def asks_for_fips(texts: list[str]) -> bool:
    """Whether openssl.cnf makes `fips=yes` the property that every fetch asks for."""
    return any(
        re.search(r"^\s*default_properties\s*=\s*\"?(?:.*,)?\s*fips\s*=\s*yes", text, re.M)
        for text in texts
    )


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

_FIPS_SUFFIX = re.compile(r"fips", re.IGNORECASE)


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
        _FLAG: "",
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
        operation = _OPENSSL if library == "openssl" else _FLAG
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
                "not-supported", _FLAG, "each program switches NSS by its own database here"
            )
        return flag_on(here)

    return {"module": lambda: "NSS", **_by_package(here, "nss"), "fips_mode": fips_mode}


def _by_package(here: Host, library: str) -> dict[str, Any]:
    def version() -> str | None:
        found = inventory(here).version(*_PACKAGES[library])
        return None if found is None else found[1]

    return {"version": version}
