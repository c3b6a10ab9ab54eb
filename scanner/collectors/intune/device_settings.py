"""Settings that reach devices, one fact a device: locks, notices, passwords, media."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.intune.devices import COMPUTERS, HANDHELD, id_of, name_of, on, platform_of
from scanner.collectors.intune.in_force import SETTINGS_READ, InForce, in_force
from scanner.collectors.intune.stores import CATALOG
from scanner.collectors.microsoft.place import Place
from scanner.facts import UNSET, Fact
from scanner.facts.crypto import FipsSetting
from scanner.facts.host import Banner, Media, Session
from scanner.facts.identity import Policy

Make = Callable[..., Fact]


def _fact(
    place: Place,
    device: Mapping[str, Any],
    make: Make,
    what: str,
    fields: Mapping[str, InForce | Refused],
    **values: Any,
) -> Fact | Partial:
    """A fact of one device whose fields come from settings; those not known are marked."""
    refused = {name: found for name, found in fields.items() if isinstance(found, Refused)}
    known = {name: found.value for name, found in fields.items() if not isinstance(found, Refused)}
    operations = [f.operation for f in fields.values()]
    fact = make(
        subject=f"{id_of(device)}/{what}",
        name=name_of(device),
        **{**known, **{k: v for k, v in values.items() if v is not UNSET}},
        **place.here(operations[0] if operations else CATALOG),
    )
    return Partial(fact, refused) if refused else fact


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls=SETTINGS_READ,
    always={"setting": "windows-policy"},
)
def fips(place: Place) -> Iterator[Fact | Partial]:
    """Whether the FIPS algorithm policy of Windows is in force on each device."""
    for device in on(place, "windows"):
        found = in_force(place, device, "fips")
        if isinstance(found, Refused):
            fact = FipsSetting(
                subject=f"{id_of(device)}/fips",
                name=name_of(device),
                setting="windows-policy",
                **place.here(found.operation),
            )
            yield Partial(fact, {"on": found, "value": found})
        else:
            yield FipsSetting(
                subject=f"{id_of(device)}/fips",
                name=name_of(device),
                setting="windows-policy",
                value=str(found.value).lower() if found.set else None,
                on=found.value is True,
                **place.here(found.operation),
            )


@source(
    Session, fields=["session", "lock_minutes", "conceals", "user_can_change"], calls=SETTINGS_READ
)
def screen_lock(place: Place) -> Iterator[Fact | Partial]:
    """After how many idle minutes each device locks, by the policies that reach it."""
    for device in on(place, *COMPUTERS, *HANDHELD):
        found = in_force(place, device, "lock-minutes")
        locks = not isinstance(found, Refused) and found.value is not None
        yield _fact(
            place,
            device,
            Session,
            "screen-lock",
            {"lock_minutes": found}
            | ({"conceals": found, "user_can_change": found} if isinstance(found, Refused) else {}),
            session="mobile" if platform_of(device) in HANDHELD else "desktop",
            # The lock screen covers the desktop; what a policy sets a user cannot change.
            **({} if isinstance(found, Refused) else {"conceals": locks,
                                                      "user_can_change": not locks}),
        )  # fmt: skip


@source(Banner, fields=["surface", "shown", "text_hash"], calls=SETTINGS_READ,
        always={"surface": "desktop"})  # fmt: skip
def sign_in_notice(place: Place) -> Iterator[Fact | Partial]:
    """The notice that Windows shows before a sign-in."""
    for device in on(place, *COMPUTERS):
        found: InForce | Refused
        if platform_of(device) == "macos":
            found = Refused("not-supported", CATALOG, "a Mac's full notice is set by a script")
        else:
            found = in_force(place, device, "banner")
        known = not isinstance(found, Refused)
        yield _fact(
            place,
            device,
            Banner,
            "sign-in-notice",
            {"text_hash": found} if known else {"text_hash": found, "shown": found},
            surface="desktop",
            shown=found.value is not None if not isinstance(found, Refused) else UNSET,
        )


_PASSWORD = {
    "min_length": "min-length",
    "char_classes": "char-classes",
    "history": "history",
    "lockout_threshold": "lockout-threshold",
    "lockout_seconds": "lockout-seconds",
}


@source(Policy, fields=tuple(_PASSWORD), calls=SETTINGS_READ)
def device_passwords(place: Place) -> Iterator[Fact | Partial]:
    """Password and lockout rules that are in force on each device."""
    for device in on(place, *COMPUTERS, *HANDHELD):
        fields = {
            name: in_force(place, device, key)
            for name, key in _PASSWORD.items()
            if name in place.job.wanted
        }
        yield _fact(place, device, Policy, "password-rules", fields)


@source(Media, fields=["removable", "unowned_blocked"], calls=SETTINGS_READ)
def removable_media(place: Place) -> Iterator[Fact | Partial]:
    """What each Windows device lets removable storage do."""
    for device in on(place, "windows"):
        media = in_force(place, device, "media")
        unowned = in_force(place, device, "media-unowned")
        fields = {
            name: found
            for name, found in (("removable", media), ("unowned_blocked", unowned))
            if isinstance(found, Refused)
        }
        yield _fact(
            place,
            device,
            Media,
            "removable-media",
            fields,
            removable=UNSET if isinstance(media, Refused) else media.value or "allowed",
            unowned_blocked=UNSET if isinstance(unowned, Refused) else unowned.value is True,
        )
