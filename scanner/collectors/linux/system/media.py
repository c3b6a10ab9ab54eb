"""Removable media: whether the host takes USB storage at all, or only devices that it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import drop_ins, equals_pairs, last, lines_of
from scanner.collectors.linux.host import Host, observe
from scanner.collectors.linux.system.units import runs, unit_calls
from scanner.facts.host import Media

MODPROBE_FOLDERS = (
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
)
_OPERATION = "read:/etc/modprobe.d/*"
_GUARD = "usbguard.service"
_GUARD_RULES = "/etc/usbguard/rules.conf"
_GUARD_PARTS = "/etc/usbguard/rules.d/*.conf"
_GUARD_CONF = "/etc/usbguard/usbguard-daemon.conf"


def module_barred(texts: Sequence[str], module: str) -> bool:
    """Whether modprobe.d keeps a module from loading: `install MODULE /bin/false`.

    A `blacklist` only keeps it from loading by itself and is no bar.
    """
    wanted = module.replace("_", "-")
    for text in texts:
        for line in lines_of(text):
            words = line.split()
            if len(words) >= 3 and words[0] == "install" and words[1].replace("_", "-") == wanted:
                return words[2].rpartition("/")[2] in ("false", "true")
    return False


def built_in(text: str, module: str) -> bool:
    """Whether a kernel holds a module itself (modules.builtin), where modprobe.d has no say."""
    return re.search(rf"/{module}\.ko", text.replace("_", "-")) is not None


def lets_storage_in(rule: str) -> bool:
    """Whether a line of usbguard-rules.conf(5) lets in mass storage that nobody has named."""
    if rule.split(None, 1)[0] != "allow":
        return False
    if re.search(
        r"\b(?:hash|serial|parent-hash)\b|(?:^allow|\bid)\s+[0-9a-fA-F]{4}:[0-9a-fA-F]", rule
    ):
        return False
    classes = re.findall(r"\b([0-9a-fA-F]{2}):[0-9a-fA-F*]{1,2}:[0-9a-fA-F*]{1,2}", rule)
    return not classes or "08" in classes


@source(
    Media,
    fields=["removable", "unowned_blocked"],
    calls={
        **{f"read:{folder}/*.conf": "" for folder in MODPROBE_FOLDERS},
        **unit_calls(_GUARD),
        f"read:{_GUARD_CONF}": "root",
        f"read:{_GUARD_RULES}": "root",
        f"read:{_GUARD_PARTS}": "root",
        "stat:/usr/bin/usbguard": "",
        "stat:/usr/sbin/usbguard-daemon": "",
        "read:/proc/sys/kernel/osrelease": "",
        "read:/usr/lib/modules/*/modules.builtin": "",
        "read:/lib/modules/*/modules.builtin": "",
    },
)
def removable_media(here: Host) -> Iterator[Media | Partial]:
    """USB storage: barred by the kernel's modules, or by USBGuard's rules."""

    def barred() -> bool:
        folders = [f for f in MODPROBE_FOLDERS if here.live or not f.startswith("/run")]
        return module_barred(drop_ins(here, folders), "usb-storage")

    def removable() -> str:
        if not barred():
            return "allowed"
        if not here.live:
            raise Refused("not-supported", _OPERATION, "which kernel runs is not known here")
        kernel = here.read("/proc/sys/kernel/osrelease").strip()
        for top in ("/usr/lib", "/lib"):
            text = here.read_optional(f"{top}/modules/{kernel}/modules.builtin")
            if text is not None:
                return "allowed" if built_in(text, "usb-storage") else "blocked"
        return "blocked"

    def guarded() -> bool:
        if not any(here.exists(p) for p in ("/usr/bin/usbguard", "/usr/sbin/usbguard-daemon")):
            return False
        pairs = equals_pairs(here.read_optional(_GUARD_CONF) or "")
        target = (last(pairs, "implicitpolicytarget") or "block").lower()
        files = [_GUARD_RULES, *here.glob(_GUARD_PARTS)]
        rules = [line for path in files for line in lines_of(here.read_optional(path) or "")]
        return (
            target in ("block", "reject")
            and not any(lets_storage_in(rule) for rule in rules)
            and runs(here, "usbguard-daemon")
        )

    def unowned() -> bool:
        return guarded() or removable() == "blocked"

    yield observe(
        Media(subject=f"{here.id}/removable-media", name="USB storage", **here.here(_OPERATION)),
        _OPERATION,
        {"removable": removable, "unowned_blocked": unowned},
    )
