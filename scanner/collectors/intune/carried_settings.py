"""What a settings-catalog policy says, in neutral words.

Setting ids, inverted values and units: Graph beta setting definitions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from scanner.collectors.intune.appcontrol import Unreadable, from_catalog
from scanner.collectors.intune.carried import Value, minutes
from scanner.collectors.intune.catalog import Entry, entries

_CONFIG = "device_vendor_msft_policy_config_"
_PASSWORD_ON = f"{_CONFIG}devicelock_devicepasswordenabled_0"
"""Inverted: 0 switches passwords on, and only then its children are in force."""

_LOCK_SECONDS = f"{_CONFIG}localpoliciessecurityoptions_interactivelogon_machineinactivitylimit_v2"

_BANNER_TEXT = (
    f"{_CONFIG}localpoliciessecurityoptions_interactivelogon_messagetextforusersattemptingtologon"
)

_BANNER_TITLE = (
    f"{_CONFIG}localpoliciessecurityoptions_interactivelogon_messagetitleforusersattemptingtologon"
)

_ASR = f"{_CONFIG}defender_attacksurfacereductionrules_"

MOBILE_CODE = {
    "obfuscated-scripts": "blockexecutionofpotentiallyobfuscatedscripts",
    "downloaded-scripts": "blockjavascriptorvbscriptfromlaunchingdownloadedexecutablecontent",
    "office-macros": "blockwin32apicallsfromofficemacros",
    "mail-executables": "blockexecutablecontentfromemailclientandwebmail",
}
"""Attack-surface rules that decide on mobile code, by a short name."""

_FIREWALL = "vendor_msft_firewall_mdmstore_{}profile_"
_LOCKOUT = re.compile(r"(\w+)\s*:\s*(\d+)")


def from_settings(settings: Iterable[Mapping[str, Any]]) -> dict[str, Value]:
    """What a settings-catalog policy carries."""
    found = entries(settings)
    carried: dict[str, Value] = {}
    for entry in found:
        _one(entry, carried)
    _banner(found, carried)
    _media(found, carried)
    _firewall(found, carried)
    try:
        control = from_catalog(found)
    except Unreadable as error:
        carried["app-control"] = error
    else:
        if control is not None:
            carried["app-control"] = control
    return carried


def _one(entry: Entry, carried: dict[str, Value]) -> None:
    setting, value = entry.setting, entry.value
    switches = {
        f"{_CONFIG}cryptography_allowfipsalgorithmpolicy": "fips",
        f"{_CONFIG}storage_removablediskdenywriteaccess": "media-write-denied",
        f"{_CONFIG}admx_removablestorage_removablestorageclasses_denyall_access_2": "media-denied",
    }
    if setting in switches:
        carried[switches[setting]] = _switch(setting, value)
    elif setting == _LOCK_SECONDS:
        carried["lock-minutes"] = minutes(value)
    elif setting == f"{_CONFIG}devicelock_maxinactivitytimedevicelock":
        if entry.parent == _PASSWORD_ON and isinstance(value, int):
            carried["lock-minutes"] = value or None
    elif setting == f"{_CONFIG}devicelock_accountlockoutpolicy":
        _lockout(str(value), carried)
    elif setting in _NUMBERS:
        key, under_password = _NUMBERS[setting]
        if isinstance(value, int) and (entry.parent == _PASSWORD_ON or not under_password):
            carried[key] = value
    elif setting == f"{_CONFIG}devicelock_mindevicepasswordcomplexcharacters":
        if entry.parent == _PASSWORD_ON:
            last = str(value).rpartition("_")[2]
            carried["char-classes"] = int(last) if last.isdecimal() else Unreadable(str(value))
    elif setting.startswith(_ASR):
        for name, rule in MOBILE_CODE.items():
            if setting == f"{_ASR}{rule}":
                carried[f"mobile-code:{name}"] = str(value).removeprefix(f"{setting}_")
    elif setting == "com.apple.mobiledevice.passwordpolicy_maxinactivity" and isinstance(
        value, int
    ):
        carried["lock-minutes"] = value or None


_NUMBERS = {
    f"{_CONFIG}devicelock_mindevicepasswordlength": ("min-length", True),
    f"{_CONFIG}devicelock_minimumpasswordlength": ("min-length", False),
    f"{_CONFIG}devicelock_devicepasswordhistory": ("history", True),
    f"{_CONFIG}devicelock_passwordhistorysize": ("history", False),
    "com.apple.mobiledevice.passwordpolicy_minlength": ("min-length", False),
    "com.apple.mobiledevice.passwordpolicy_pinhistory": ("history", False),
}
"""Setting -> (key, whether it counts only where passwords are switched on)."""


def _switch(setting: str, value: object) -> Value:
    if value == f"{setting}_1":
        return True
    if value == f"{setting}_0":
        return False
    return Unreadable(f"unknown option {value}")


def _lockout(text: str, carried: dict[str, Value]) -> None:
    found = {name.lower(): int(number) for name, number in _LOCKOUT.findall(text)}
    threshold, minutes = (
        found.get("accountlockoutthreshold"),
        found.get("accountlockoutduration"),
    )
    if threshold is None or minutes is None or "resetaccountlockoutcounterafter" not in found:
        carried["lockout-threshold"] = Unreadable("a lockout text that is not understood")
        return
    carried["lockout-threshold"] = threshold or None
    carried["lockout-seconds"] = minutes * 60


def banner_hash(lines: Iterable[str]) -> str | None:
    """SHA-256 of a notice with its white space folded; None for an empty one.

    A line in angle brackets is a template's placeholder, which counts as empty.
    """
    text = " ".join(" ".join(lines).split())
    if not text or re.fullmatch(r"<[^>]*>", text):
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def _banner(found: list[Entry], carried: dict[str, Value]) -> None:
    texts = [e.value for e in found if e.setting == _BANNER_TEXT]
    titles = [e.value for e in found if e.setting == _BANNER_TITLE]
    if not texts and not titles:
        return
    lines = texts[0] if texts and isinstance(texts[0], tuple) else ()
    # Windows shows the notice only where it has a title too.
    title = str(titles[0] or "").strip() if titles else ""
    carried["banner"] = banner_hash(lines) if title else None


def _media(found: list[Entry], carried: dict[str, Value]) -> None:
    denied = carried.pop("media-denied", None)
    write_denied = carried.pop("media-write-denied", None)
    for value in (denied, write_denied):
        if isinstance(value, Unreadable):
            carried["media"] = value
            return
    if denied is True:
        carried["media"], carried["media-unowned"] = "blocked", True
    elif write_denied is True:
        carried["media"], carried["media-unowned"] = "read-only", False
    elif denied is False or write_denied is False:
        carried["media"], carried["media-unowned"] = "allowed", False


def _firewall(found: list[Entry], carried: dict[str, Value]) -> None:
    chosen = {e.setting: str(e.value) for e in found if e.value is not None}
    for profile in ("domain", "private", "public"):
        start = _FIREWALL.format(profile)
        on = chosen.get(f"{start}enablefirewall")
        if on is None:
            continue
        inbound = chosen.get(f"{start}defaultinboundaction")
        if on == f"{start}enablefirewall_true" and inbound is None:
            # The device's own setting counts, which nobody reports.
            carried[f"firewall:{profile}"] = Unreadable("what comes in is left to the device")
            continue
        blocks = on == f"{start}enablefirewall_true" and (
            inbound == f"{start}defaultinboundaction_1"
        )
        carried[f"firewall:{profile}"] = "deny" if blocks else "allow"
