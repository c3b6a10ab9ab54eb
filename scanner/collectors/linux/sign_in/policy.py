"""The host's rules for passwords and failed sign-ins, as PAM applies them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, source
from scanner.collectors.linux.host import Host, observe
from scanner.collectors.linux.sign_in.lockout import (
    FAILLOCK,
    PAM_FILES,
    VENDOR_FAILLOCK,
    allowed_methods,
    empty_passwords,
    lockouts,
)
from scanner.collectors.linux.sign_in.new_passwords import (
    HISTORY,
    QUALITY,
    VENDOR_HISTORY,
    history,
    max_age,
    new_hash_scheme,
    plain_min_length,
    quality,
)
from scanner.collectors.linux.sign_in.pam import PAM_CALLS
from scanner.collectors.linux.sign_in.passwd import DEFS_FILES
from scanner.collectors.linux.sign_in.sshd_config import CONFIG_CALLS
from scanner.collectors.linux.system.release import RELEASE_CALLS
from scanner.facts.identity import Policy


@source(
    Policy,
    fields=[
        "min_length",
        "char_classes",
        "changed_chars",
        "history",
        "lockout_threshold",
        "lockout_seconds",
        "lockout_root",
        "max_age_days",
        "empty_passwords",
        "hash_scheme",
        "allowed_methods",
    ],
    calls={
        **PAM_CALLS,
        **CONFIG_CALLS,
        **RELEASE_CALLS,
        **{f"read:{path}": "" for path in DEFS_FILES},
        f"read:{QUALITY}": "",
        f"read:{QUALITY}.d/*.conf": "",
        **{f"read:{path}": "" for path in (FAILLOCK, VENDOR_FAILLOCK, HISTORY, VENDOR_HISTORY)},
    },
)
def sign_in_policy(here: Host) -> Iterator[Policy | Partial]:
    """The host's rules for passwords, lockout and ways to sign in."""

    def judged(name: str) -> Any:
        found = quality(here)
        if found is not None:
            return getattr(found, name)()
        if name == "min_length":
            return plain_min_length(here)
        return None

    def threshold() -> int | None:
        # Every way in has to count: one that does not leaves all the tries one wants.
        numbers = [lockout.threshold() for lockout in lockouts(here)]
        least = [n for n in numbers if n is not None]
        return max(least) if len(least) == len(numbers) else None

    def seconds() -> int | None:
        values = [lockout.seconds() for lockout in lockouts(here)]
        if any(value is None for value in values):
            return None
        timed = [value for value in values if value]
        return min(timed) if timed else 0

    yield observe(
        Policy(subject=f"{here.id}/sign-in-policy", name="sign-in policy", **here.here(PAM_FILES)),
        PAM_FILES,
        {
            "min_length": lambda: judged("min_length"),
            "char_classes": lambda: judged("char_classes"),
            "changed_chars": lambda: judged("changed_chars"),
            "history": lambda: history(here),
            "lockout_threshold": threshold,
            "lockout_seconds": seconds,
            "lockout_root": lambda: all(lockout.root() for lockout in lockouts(here)),
            "max_age_days": lambda: max_age(here),
            "empty_passwords": lambda: empty_passwords(here),
            "hash_scheme": lambda: new_hash_scheme(here),
            "allowed_methods": lambda: allowed_methods(here),
        },
    )
