"""Taking in a newer register of certificates."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import InputError
from scanner.frameworks.cmvp import Module, load_register, match, update_cmvp
from scanner.resources import mappings_dir

TODAY = datetime.date(2027, 1, 20)
NEWER = "2027-01-15"


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {
        "certificate_number": str(number),
        "vendor_name": "Red Hat, Inc.",
        "module_name": "Red Hat Enterprise Linux 9 - OpenSSL FIPS Provider",
        "standard": "FIPS 140-3",
        "status": "Active",
        "overall_level": 1,
        "sunset_date": "10/28/2029",
        **more,
    }


def write(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def rhel_9(user_copy: Path) -> str:
    module = Module(
        kind="openssl", version="3.0.7-395c1a240fbfffd8", system="rhel:9.4", fips_mode=True
    )
    return match(module, TODAY, load_register(user_copy)).say


def test_an_export_renews_what_is_known_and_keeps_the_builds(tmp_path: Path) -> None:
    export = write(
        tmp_path / "list.json",
        {"generated_at": f"{NEWER}T03:31:23Z", "certificates": [entry(4857)]},
    )
    copy = tmp_path / "home" / "cmvp.yaml"
    register = update_cmvp(export, copy, TODAY)
    assert register.as_of == datetime.date(2027, 1, 15)
    assert load_register(copy) == register
    assert f"active on {NEWER}" in rhel_9(copy)
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_bare_list_takes_its_day_from_the_caller(tmp_path: Path) -> None:
    export = write(tmp_path / "list.json", [entry(4857)])
    copy = tmp_path / "cmvp.yaml"
    with pytest.raises(InputError, match="says not from which day it is"):
        update_cmvp(export, copy, TODAY)
    day = datetime.date(2027, 1, 15)
    assert update_cmvp(export, copy, TODAY, as_of=day).as_of == day


def test_names_as_the_register_s_own_site_prints_them_are_read_too(tmp_path: Path) -> None:
    row = {
        "Certificate Number": 4857,
        "Vendor Name": "Red Hat",
        "Module Name": "Provider",
        "Standard": "FIPS 140-3",
        "Status": "Revoked",
        "Sunset Date": "2029-10-28",
    }
    copy = tmp_path / "cmvp.yaml"
    update_cmvp(write(tmp_path / "l.json", {"as_of": NEWER, "data": [row]}), copy, TODAY)
    assert "was revoked" in rhel_9(copy)


def test_a_renumbered_certificate_is_followed(tmp_path: Path) -> None:
    export = {
        "as_of": NEWER,
        "modules": [entry(4857, status="Historical"), entry(5700), entry(5650, sunset_date=None)],
    }
    copy = tmp_path / "cmvp.yaml"
    register = update_cmvp(write(tmp_path / "l.json", export), copy, TODAY)
    line = register.certificate(4857)
    assert line is not None
    assert (line.status, line.replaced_by) == ("superseded", 5700)
    assert "replaced by #5700, whose list of builds was not read" in rhel_9(copy)


def test_a_certificate_that_just_became_historical_has_lapsed(tmp_path: Path) -> None:
    export = {"as_of": NEWER, "modules": [entry(4857, status="Historical")]}
    copy = tmp_path / "cmvp.yaml"
    update_cmvp(write(tmp_path / "l.json", export), copy, TODAY)
    assert "look at NIST" in rhel_9(copy)


def test_a_register_in_our_own_shape_is_taken_whole(tmp_path: Path) -> None:
    shipped = (mappings_dir() / "cmvp.yaml").read_text(encoding="utf-8")
    newer = write(
        tmp_path / "new.yaml", shipped.replace("as_of: '2026-11-24'", f"as_of: '{NEWER}'")
    )
    copy = tmp_path / "cmvp.yaml"
    register = update_cmvp(newer, copy, TODAY)
    assert register.modules == load_register().modules
    assert load_register(copy).as_of == register.as_of


def test_an_older_register_or_one_from_the_future_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "cmvp.yaml"
    for day, why in (("2026-10-01", "older than the one in use"), ("2027-02-01", "after today")):
        export = write(tmp_path / "l.json", {"as_of": day, "modules": [entry(4857)]})
        with pytest.raises(InputError, match=why):
            update_cmvp(export, copy, TODAY)
    assert not copy.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not JSON"),
        ({"as_of": NEWER}, "holds no list of certificates"),
        ({"as_of": NEWER, "modules": ["4857"]}, "entry 1: not an object"),
        ({"as_of": NEWER, "modules": [{"status": "Active"}]}, "entry 1: has no certificate number"),
        (
            {"as_of": NEWER, "modules": [entry(4857), entry(1, status="Fine")]},
            "entry 2: certificate 1 has status 'fine'",
        ),
    ],
)
def test_a_faulty_export_is_refused_and_the_copy_in_use_stays(
    tmp_path: Path, content: Any, why: str
) -> None:
    copy = tmp_path / "cmvp.yaml"
    update_cmvp(
        write(tmp_path / "ok.json", {"as_of": NEWER, "modules": [entry(4857)]}), copy, TODAY
    )
    before = copy.read_bytes()
    with pytest.raises(InputError, match=why):
        update_cmvp(write(tmp_path / "bad.json", content), copy, TODAY)
    assert copy.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.json", "cmvp.yaml", "ok.json"]


def test_numbers_that_repeat_or_lead_nowhere_are_all_named(tmp_path: Path) -> None:
    line = "{cert: %d, vendor: V, module: M, status: superseded, replaced_by: 77}"
    text = f"schema: 1\nas_of: '{NEWER}'\nmodules: [{line % 5}, {line % 5}]\n"
    with pytest.raises(InputError) as refused:
        update_cmvp(write(tmp_path / "new.yaml", text), tmp_path / "cmvp.yaml", TODAY)
    assert "certificate 5 stands there twice" in str(refused.value)
    assert "replaced_by 77 is not in the file" in str(refused.value)


def test_a_broken_copy_does_not_keep_a_good_one_out(tmp_path: Path) -> None:
    copy = write(tmp_path / "cmvp.yaml", "modules: [")
    export = write(tmp_path / "l.json", {"as_of": NEWER, "modules": [entry(4857)]})
    assert update_cmvp(export, copy, TODAY) == load_register(copy)


def test_aliases_in_a_register_are_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nmodules: [*b]\n"
    with pytest.raises(InputError, match="aliases"):
        update_cmvp(write(tmp_path / "new.yaml", bomb), tmp_path / "cmvp.yaml", TODAY)
