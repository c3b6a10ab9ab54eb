"""Takes in a newer register of certificates: our own YAML, or a JSON export of NIST's list.

An export knows numbers, statuses and ends, but not builds. So it renews the lines that are known,
follows those that were renumbered, and leaves the rest out: without builds they match nothing.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import msgspec

from scanner.errors import InputError
from scanner.frameworks.cmvp_register import (
    Certificate,
    Register,
    load_register,
    read_register,
    shipped,
)

_DAYS = ("%Y-%m-%d", "%m/%d/%Y")
_LISTS = ("certificates", "modules", "data")
_DATES = ("as_of", "generated_at", "date")
_STATUSES = {"active": "active", "historical": "historical", "revoked": "revoked"}


def update_cmvp(
    path: Path, user_copy: Path, on: datetime.date, as_of: datetime.date | None = None
) -> Register:
    """Replace the user's copy of the register by a newer one, and return it.

    `path` holds YAML in the shape of mappings/cmvp.yaml or a JSON list (or an object with a list
    under `certificates`, `modules` or `data`). `as_of` is the export's date where it carries none;
    `on` is today. Raises InputError, and then the copy in use stays as it was.
    """
    present = load_register(user_copy if _readable(user_copy) else None)
    text = _text(path)
    if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("[", "{"):
        register = _from_export(path, text, present, as_of)
    else:
        register = read_register(path)
    _check(path, register, present, on)
    _write(user_copy, register)
    return register


def _readable(user_copy: Path) -> bool:
    """A broken copy must not keep a good one from taking its place."""
    try:
        read_register(user_copy)
    except InputError:
        return False
    return True


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: cannot be read: {cause}; check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: it is not UTF-8 text; is it the register?") from error


def _check(path: Path, register: Register, present: Register, on: datetime.date) -> None:
    wrong = []
    if register.as_of > on:
        wrong.append(f"{path}: as of {register.as_of}, which is after today, {on}")
    if register.as_of < present.as_of:
        wrong.append(
            f"{path}: as of {register.as_of}, older than the one in use of {present.as_of}"
        )
    numbers = [line.cert for line in register.modules if line.cert is not None]
    if not numbers:
        wrong.append(f"{path}: holds no certificate")
    for number in sorted({n for n in numbers if numbers.count(n) > 1}):
        wrong.append(f"{path}: certificate {number} stands there twice; keep one")
    known = set(numbers)
    for line in register.modules:
        for field, target in (("replaced_by", line.replaced_by), ("same_as", line.same_as)):
            if target is not None and target not in known:
                wrong.append(
                    f"{path}: certificate {line.cert}: {field} {target} is not in the file"
                )
    if wrong:
        raise InputError(wrong)


def _write(user_copy: Path, register: Register) -> None:
    import yaml

    from scanner.output import private_folder, whole_file

    content = msgspec.to_builtins(register)
    head = "# Register of FIPS 140 certificates, written by cmmc-scan mappings update-cmvp.\n"
    private_folder(user_copy.parent)
    with whole_file(user_copy) as out:
        out.write(head.encode())
        out.write(yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode())


def _from_export(path: Path, text: str, present: Register, as_of: datetime.date | None) -> Register:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise InputError(f"{where}: not JSON: {error.msg}") from error
    rows = data if isinstance(data, list) else _list_in(path, data)
    day = as_of or (_date_in(data) if isinstance(data, dict) else None)
    if day is None:
        raise InputError(f"{path}: says not from which day it is; give that day")
    export = [_row(path, place, row) for place, row in enumerate(rows)]
    # Builds come from the newest of both, since the user's copy may lack lines that shipped later.
    lines = {line.cert: line for line in shipped().modules if line.cert is not None}
    lines |= {line.cert: line for line in present.modules if line.cert is not None}
    unnumbered = [line for line in present.modules if line.cert is None]
    renewed = _renewed(lines, {line.cert: line for line in export if line.cert is not None}, day)
    return msgspec.structs.replace(present, as_of=day, modules=(*renewed, *unnumbered))


def _renewed(
    lines: dict[int, Certificate],
    export: dict[int, Certificate],
    day: datetime.date,
) -> list[Certificate]:
    """The known lines with the export's word on them, and the new numbers of renumbered ones."""
    out: dict[int, Certificate] = {}
    for number, line in lines.items():
        now = export.get(number)
        if now is None:
            out.setdefault(number, line)
            continue
        sunset = now.sunset or line.sunset
        heir = _heir(now, sunset, export) if now.status == "historical" else None
        if heir is not None and heir.cert is not None and heir.cert not in lines:
            out[heir.cert] = msgspec.structs.replace(
                heir, kind=line.kind, systems=line.systems, read_on=day, same_as=number
            )
        out[number] = msgspec.structs.replace(
            line,
            status="superseded" if heir is not None else now.status,
            replaced_by=heir.cert if heir is not None else None,
            sunset=sunset,
            standard=now.standard or line.standard,
            level=now.level or line.level,
            read_on=day,
        )
    return list(out.values())


def _heir(
    line: Certificate, sunset: datetime.date | None, export: dict[int, Certificate]
) -> Certificate | None:
    """The newest active line with the same maker, name and end: the same module, renumbered."""
    heirs = [
        other
        for other in export.values()
        if other.status == "active"
        and sunset is not None
        and (other.vendor, other.module, other.sunset) == (line.vendor, line.module, sunset)
    ]
    return max(heirs, key=lambda other: other.cert or 0, default=None)


def _list_in(path: Path, data: Any) -> list[Any]:
    if isinstance(data, dict):
        for name in _LISTS:
            if isinstance(data.get(name), list):
                return list(data[name])
    raise InputError(f"{path}: holds no list of certificates; a JSON list of them is wanted")


def _date_in(data: dict[str, Any]) -> datetime.date | None:
    for holder in (data, data.get("metadata")):
        if isinstance(holder, dict):
            for name in _DATES:
                day = _day(str(holder.get(name, "")))
                if day is not None:
                    return day
    return None


def _row(path: Path, place: int, row: Any) -> Certificate:
    """One entry of an export. Names are compared without case, blanks and underscores."""
    where = f"{path}: entry {place + 1}"
    if not isinstance(row, dict):
        raise InputError(f"{where}: not an object")
    fields = {"".join(filter(str.isalnum, str(k))).lower(): v for k, v in row.items()}

    def text(*names: str) -> str:
        return next((str(fields[n]).strip() for n in names if fields.get(n) is not None), "")

    number = text("certificatenumber", "certificate", "cert", "number")
    status = text("status").lower()
    if not number.isdecimal():
        raise InputError(f"{where}: has no certificate number")
    if status not in _STATUSES:
        known = ", ".join(_STATUSES)
        raise InputError(f"{where}: certificate {number} has status '{status}'; known are {known}")
    standard = text("standard").upper().removeprefix("FIPS").strip()
    level = text("overalllevel", "level")
    return Certificate(
        cert=int(number),
        vendor=text("vendorname", "vendor"),
        module=text("modulename", "module", "name"),
        standard=standard if standard in ("140-2", "140-3") else None,  # type: ignore[arg-type]
        level=int(level) if level.isdecimal() else None,
        status=_STATUSES[status],  # type: ignore[arg-type]
        sunset=_day(text("sunsetdate", "sunset")),
    )


def _day(text: str) -> datetime.date | None:
    for shape in _DAYS:
        try:
            return datetime.datetime.strptime(text[:10], shape).date()
        except ValueError:
            continue
    return None
