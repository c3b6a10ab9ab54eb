"""The switches for FIPS mode: the kernel's flag and the system-wide crypto policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, known, observe, settle
from scanner.facts.crypto import FipsSetting

KERNEL_FLAG = "/proc/sys/crypto/fips_enabled"
FLAG_READ = f"read:{KERNEL_FLAG}"
_POLICY = "read:/etc/crypto-policies/state/current"

_HARMLESS = frozenset({"OSPP", "STIG"})
_WEAKENING = frozenset({"AD-SUPPORT", "AD-SUPPORT-LEGACY", "SHA1", "NO-ENFORCE-EMS"})


def kernel_flag(host: Host) -> str | None:
    """The kernel's flag as text; None where this kernel has no FIPS mode at all."""
    text = host.read_optional(KERNEL_FLAG)
    if text is None and host.read_optional("/proc/sys/kernel/osrelease") is None:
        raise Refused("not-supported", FLAG_READ, "the kernel's settings cannot be seen here")
    return None if text is None else text.strip()


def flag_on(host: Host) -> bool:
    flag = kernel_flag(host)
    if flag not in ("0", "1", None):
        raise Refused("broken", FLAG_READ, f"the flag says {flag!r}")
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
    calls={FLAG_READ: "", "read:/proc/sys/kernel/osrelease": "", _POLICY: ""},
)
def fips_settings(here: Host) -> Iterator[FipsSetting | Partial]:
    """The switches for FIPS mode: the kernel's flag and the system-wide crypto policy."""
    yield observe(
        FipsSetting(
            subject=f"{here.id}/fips/kernel",
            name="kernel",
            setting="kernel",
            **here.here(FLAG_READ),
        ),
        FLAG_READ,
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
