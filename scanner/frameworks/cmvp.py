"""Is this very build of a cryptographic module on a FIPS 140 certificate that is in force?

A register of certificates (mappings/cmvp.yaml, or a newer copy that the user keeps) is held against
what a module reports of itself. A FIPS switch is no certificate, a likeness is no match, and an old
register decides nothing. What the states cost: 32 CFR 170.24(c)(2)(i)(B)(4)(ii).
"""

from __future__ import annotations

import datetime
from typing import Literal

import msgspec

from scanner.frameworks.cmvp_builds import (
    Module,
    covers,
    looks_like,
    outgrown,
    runs_here,
    uncertified,
)
from scanner.frameworks.cmvp_register import (
    Certificate,
    Queued,
    Register,
    load_register,
    read_register,
    shipped,
    warnings_of,
)
from scanner.frameworks.cmvp_update import update_cmvp

__all__ = [
    "STATES",
    "Certificate",
    "Match",
    "Module",
    "Register",
    "State",
    "load_register",
    "match",
    "read_register",
    "update_cmvp",
    "warnings_of",
]

State = Literal[
    "validated-active",
    "validated-historical",
    "lapsed",
    "patched",
    "in-process",
    "not-validated",
    "not-employed",
    "unknown",
]

STATES: dict[State, Literal["pass", "fail", "unknown"]] = {
    "validated-active": "pass",
    "validated-historical": "unknown",
    "lapsed": "unknown",
    "patched": "fail",
    "in-process": "fail",
    "not-validated": "fail",
    "not-employed": "fail",
    "unknown": "unknown",
}
"""The states and the verdict that each supports: a proposal of this project, DoD gave none."""

FIPS_140_2_ENDED = datetime.date(2026, 9, 21)
"""The day on which the last active FIPS 140-2 certificates became historical."""

READ_LONG_AGO_DAYS = 90
"""A status that was read longer ago settles nothing, however young the list around it is."""

THREE_POINTS = "Encrypted, but not validated (3 points)."


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The register's answer, with a sentence for a person and what to keep in mind."""

    state: State
    say: str
    certificate: Certificate | None = None
    warnings: tuple[str, ...] = ()


def match(module: Module, on: datetime.date, register: Register | None = None) -> Match:
    """Judge one module on a day (normally the snapshot's), by a register (default: the shipped)."""
    register = register or shipped()
    told = _told(module)
    if not module.employed:
        return Match(state="not-employed", say="No encryption protects CUI here (5 points).")
    if module.fips_mode is False:
        return Match(state="not-validated", say=f"{told} is not in FIPS mode. {THREE_POINTS}")
    found = _by_register(module, on, register)
    found = msgspec.structs.replace(found, warnings=(*warnings_of(register, on), *found.warnings))
    if (on - register.as_of).days > register.freshness.distrust_after_days:
        say = f"{told} was not judged: the register of {register.as_of} is too old for that."
        return msgspec.structs.replace(found, state="unknown", say=say)
    if module.fips_mode is None and found.state == "validated-active":
        say = f"{found.say} Whether it runs in FIPS mode could not be read."
        return msgspec.structs.replace(found, state="unknown", say=say)
    return found


def _by_register(module: Module, on: datetime.date, register: Register) -> Match:
    """The first line that fits: the build itself, then none, then a patch of it, then the queue."""
    told = _told(module)
    family = [line for line in register.modules if runs_here(line, module)]
    without = [line for line in family if line.status == "none" and uncertified(line, module)]
    queued = [] if register.in_process is None else _queued(register.in_process.modules, module)
    if module.builds == (None, None):
        if any(not (line.unless or line.version) for line in without):
            return _without(without[0], told)
        return Match(state="unknown", say=f"The version of {told} could not be read.")
    exact = [line for line in family if line.status != "none" and covers(line, module)]
    if exact:
        return _standing(_best(exact), module, on, register)
    if without:
        return _without(without[0], told)
    for line in family:
        heir = _heir(line, register) or line
        if outgrown(line, module) and _in_force(heir, on):
            return _patched(heir, line, told, on)
    certified = any(line.cert is not None for line in family)
    if any(entry.version or not certified for entry in queued):
        say = f"{told} was submitted and waits in NIST's queue, which does not count."
        return Match(state="in-process", say=say)
    return _unmatched(module, family, queued)


def _standing(line: Certificate, module: Module, on: datetime.date, register: Register) -> Match:
    """The state of a certificate that lists the build."""
    told = _told(module)
    warnings: list[str] = []
    heir = _heir(line, register)
    if line.status == "superseded":
        if heir is None or heir.match_read in (None, "recall"):
            say = f"{told} stood on {_label(line)}, replaced by #{line.replaced_by}"
            say = f"{say}, whose list of builds was not read; look there at NIST."
            return Match(state="unknown", say=say, certificate=line)
        warnings.append(
            f"#{line.cert} became #{heir.cert}; confirm in its policy that it lists it."
        )
        line = heir
    if line.cert is None:
        say = f"{told} stands on no certificate of its own: {line.note or 'see NIST'}."
        return Match(state="unknown", say=say, certificate=line)
    if line.status == "revoked":
        say = f"{told} stood on {_label(line)}, which was revoked. {THREE_POINTS}"
        return Match(state="not-validated", say=say, certificate=line)
    if _in_force(line, on):
        if _long_ago(line, on):
            say = f"{told} stood on {_label(line)}, FIPS {line.standard}, {_read_again(line, on)}"
            return Match(state="unknown", say=say, certificate=line, warnings=tuple(warnings))
        say = f"{told} stands on {_label(line)}, FIPS {line.standard}, active on {line.read_on}."
        return Match(
            state="validated-active",
            say=f"{say} The tested environments were not compared.",
            certificate=line,
            warnings=tuple(warnings),
        )
    if line.standard == "140-2":
        return _historical(line, module)
    end = f"ended on {line.sunset}" if line.sunset else "is historical"
    say = f"{told} stands on {_label(line)}, which {end}; look at NIST whether it was kept."
    return Match(state="lapsed", say=say, certificate=line, warnings=tuple(warnings))


def _historical(line: Certificate, module: Module) -> Match:
    told = _told(module)
    installed = module.installed_on
    if installed is not None and installed > FIPS_140_2_ENDED:
        say = f"{told} came into use on {installed}, after FIPS 140-2 and {_label(line)} had ended."
        return Match(state="not-validated", say=f"{say} {THREE_POINTS}", certificate=line)
    say = (
        f"{told} was validated under FIPS 140-2, {_label(line)}, which is historical. NIST leaves"
        " existing use to the organization's own decision on risk, and DoD has not said how CMMC"
        " takes it: record a temporary deficiency in the operational plan of action, or replace it."
    )
    return Match(state="validated-historical", say=say, certificate=line)


def _without(line: Certificate, told: str) -> Match:
    because = f": {line.note}" if line.note else ""
    return Match(
        state="not-validated",
        say=f"{told} has no certificate{because}. {THREE_POINTS}",
        certificate=line,
    )


def _patched(in_force: Certificate, listed: Certificate, told: str, on: datetime.date) -> Match:
    past = (
        f"{told} is past the validated build {' or '.join(listed.version or listed.package)} of"
        f" {_label(in_force)}"
    )
    if _long_ago(in_force, on):
        # Since then a certificate may have been issued for the later build.
        say = f"{past}, {_read_again(in_force, on)}"
        return Match(state="unknown", say=say, certificate=in_force)
    say = (
        f"{past}. Patching beyond a validated build is 32 CFR 170.4's own example of a"
        " temporary deficiency; carry it in the operational plan of action."
    )
    return Match(state="patched", say=say, certificate=in_force)


def _unmatched(module: Module, family: list[Certificate], queued: list[Queued]) -> Match:
    told = _told(module)
    likely = [line for line in family if line.status != "none" and looks_like(line, module)]
    nearest = [line for line in family if line.systems] or family
    numbers = sorted({line.cert for line in nearest if line.cert is not None})
    best = _best(likely) if likely else None
    if best is not None:
        say = (
            f"{told} looks like {_label(best)} ({best.status}), whose builds were not read; compare"
        )
        say = f"{say} it with the security policy at NIST."
    elif numbers:
        listed = ", ".join(f"#{number}" for number in numbers[-8:])
        say = f"{told} is none of the builds on record; compare it at NIST with {listed}."
    else:
        say = f"{told} is not in this register; look for it at NIST."
    if queued:
        say = f"{say} In NIST's queue, which does not count: {queued[0].module}."
    return Match(state="unknown", say=say, certificate=best)


def _queued(entries: tuple[Queued, ...], module: Module) -> list[Queued]:
    known = [e for e in entries if not (e.systems and module.system is None)]
    known = [e for e in known if not (e.name and module.name is None)]
    version = module.builds[0]
    fits = [e for e in known if runs_here(e, module) and (not e.version or version in e.version)]
    return sorted(fits, key=lambda entry: not entry.version)


def _heir(line: Certificate, register: Register) -> Certificate | None:
    return None if line.replaced_by is None else register.certificate(line.replaced_by)


def _in_force(line: Certificate, on: datetime.date) -> bool:
    """On the day of its end a certificate is historical already, as those of 140-2 were."""
    return line.status == "active" and (line.sunset is None or on < line.sunset)


def _long_ago(line: Certificate, on: datetime.date) -> bool:
    return line.read_on is None or (on - line.read_on).days > READ_LONG_AGO_DAYS


def _read_again(line: Certificate, on: datetime.date) -> str:
    if line.read_on is None:
        return "whose status was never read; read it at NIST."
    return f"whose status was read {(on - line.read_on).days} days before; read it again at NIST."


def _best(lines: list[Certificate]) -> Certificate:
    """Of several that fit: one that is active, then for this very system, then the newest."""
    return max(lines, key=lambda c: (c.status == "active", bool(c.systems), c.cert or 0))


def _label(line: Certificate) -> str:
    return f"certificate #{line.cert} ({line.module})" if line.cert else line.module


def _told(module: Module) -> str:
    """The module in a sentence: `OpenSSL FIPS Provider 3.1.2`, `kernel 5.14.0-284`."""
    name = module.name or module.kind
    build = module.version or module.package
    return f"{name} {build}" if build else name
