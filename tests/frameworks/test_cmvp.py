"""What the register of FIPS 140 certificates says of a module, state by state."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scanner.errors import InputError
from scanner.frameworks.cmvp import (
    STATES,
    Match,
    Module,
    Register,
    load_register,
    match,
    read_register,
    warnings_of,
)
from scanner.frameworks.cmvp_builds import later
from scanner.frameworks.cmvp_register import Certificate, InProcess, Queued

DAY = datetime.date(2026, 11, 24)
UPSTREAM = "OpenSSL FIPS Provider"
RHEL_9 = "3.0.7-395c1a240fbfffd8"


def judged(
    kind: str = "openssl-provider",
    version: str | None = None,
    system: str | None = None,
    *,
    on: datetime.date = DAY,
    register: Register | None = None,
    **more: object,
) -> Match:
    """The answer for a module in FIPS mode, unless the case says otherwise."""
    known: dict[str, object] = {"fips_mode": True, **more}
    module = Module(kind=kind, version=version, system=system, **known)  # type: ignore[arg-type]
    return match(module, on, register)


def soon_after(certificate: int) -> datetime.date:
    """A day on which the status of a shipped row had been read a week before."""
    line = load_register().certificate(certificate)
    assert line is not None
    assert line.read_on is not None
    return line.read_on + datetime.timedelta(7)


def number(found: Match) -> int | None:
    return found.certificate.cert if found.certificate else None


@pytest.mark.parametrize(
    ("kind", "version", "system", "cert"),
    [
        ("openssl-provider", RHEL_9, "rhel:9.4", 4857),
        ("openssl", RHEL_9, "rhel:9.4", 4857),
        ("openssl", "3.0.5-0ubuntu0.1+Fips2.1", "ubuntu:22.04", 4794),
        ("openssl", "3.0.13-0ubuntu3+Fips1", "ubuntu:24.04", 5115),
        ("openssl", "3.0.8-d694bfa693b76001", "amzn:2023", 5021),
        ("openssl", "Rocky9.20250210", "rocky:9.6", 5116),
        ("kernel", "5.14.0-284.30.1.el9_2.ciqfips.0.8.1.x86_64", "rocky:9.2", 5113),
        ("libgcrypt", "1.10.0-10.el9_4", "rhel:9.4", 5366),
        ("go", "v1.0.0", None, 5247),
        ("cloudhsm", "hsm2m.medium", None, 4703),
    ],
)
def test_a_listed_build_in_fips_mode_is_validated(
    kind: str, version: str, system: str | None, cert: int
) -> None:
    found = judged(kind, version, system, on=soon_after(cert))
    assert (found.state, number(found)) == ("validated-active", cert)
    assert f"#{cert}" in found.say
    assert "tested environments were not compared" in found.say


def test_upstream_openssl_is_told_by_its_own_name() -> None:
    on = soon_after(4985)
    own = judged(version="3.1.2", name=UPSTREAM, system="debian:12", on=on)
    assert own.state == "validated-active"
    branded = judged(version="3.1.2", name="Somebody's Provider", system="fedora:42", on=on)
    assert branded.state == "unknown"


def test_the_package_serves_where_the_module_hides_its_version() -> None:
    found = judged(system="rhel:9.4", package="openssl-fips-provider-so-3.0.7-8.el9.x86_64")
    assert number(found) == 4857
    deb = judged(system="ubuntu:22.04", package="openssl-fips-module-3=3.0.5-0ubuntu0.1+Fips2.1")
    assert number(deb) == 4794


def test_an_interim_certificate_leads_to_its_present_number() -> None:
    old = msgspec.structs.replace(cert(version=("1.0",), status="superseded"), replaced_by=2)
    found = judged(version="1.0", register=made(old, cert(number=2, version=("1.0",))))
    assert (found.state, number(found)) == ("validated-active", 2)


@pytest.mark.parametrize("read", ["recall", None])
def test_a_successor_whose_builds_were_not_read_decides_nothing(read: Any) -> None:
    old = msgspec.structs.replace(cert(version=("1.0",), status="superseded"), replaced_by=2)
    heir = msgspec.structs.replace(cert(number=2), match_read=read)
    found = judged(version="1.0", register=made(old, heir))
    assert found.state == "unknown"
    assert "replaced by #2" in found.say


@pytest.mark.parametrize(
    ("kind", "version", "system", "heir"),
    [
        ("kernel", "5.15.0-73-fips", "ubuntu:22.04", 5491),
        ("openssl", "3.0.7-b27cdeb3ba51be46", "ol:9.4", 5294),
    ],
)
def test_interim_certificates_of_the_register_whose_successor_was_not_read(
    kind: str, version: str, system: str, heir: int
) -> None:
    found = judged(kind, version, system, on=soon_after(heir))
    assert found.state == "unknown"
    assert f"#{heir}" in found.say


def test_a_140_2_certificate_is_historical_and_a_decision_on_risk() -> None:
    found = judged(version="3.0.9", name=UPSTREAM)
    assert (found.state, number(found)) == ("validated-historical", 4282)
    assert "temporary deficiency" in found.say


def test_a_140_2_module_put_into_use_after_its_end_is_not_validated() -> None:
    before = judged(version="3.0.9", name=UPSTREAM, installed_on=datetime.date(2026, 9, 21))
    after = judged(version="3.0.9", name=UPSTREAM, installed_on=datetime.date(2026, 9, 22))
    assert (before.state, after.state) == ("validated-historical", "not-validated")


@pytest.mark.parametrize(
    ("kind", "version", "system"),
    [
        ("openssl", "3.0.1-3f45e68ee408cd9c", "rhel:9.0"),
        ("gnutls", "3.7.6-074d015ce201f434", "rhel:9.2"),
        ("kms-hsm", "1.8.104", None),
    ],
)
def test_a_140_3_certificate_past_its_end_has_lapsed(
    kind: str, version: str, system: str | None
) -> None:
    found = judged(kind, version, system)
    assert found.state == "lapsed"
    assert "ended on 2026-" in found.say


def test_the_end_is_judged_on_the_day_of_the_judgement() -> None:
    register = made(cert(number=9, version=("1.0",), sunset=datetime.date(2026, 12, 1)))
    last, next_ = datetime.date(2026, 11, 30), datetime.date(2026, 12, 1)
    assert judged(version="1.0", register=register, on=last).state == "validated-active"
    assert judged(version="1.0", register=register, on=next_).state == "lapsed"


@pytest.mark.parametrize(
    ("kind", "version", "system"),
    [
        ("openssl", "3.0.7-cda111b5812c30d4", "rhel:9.8"),
        ("libgcrypt", "1.10.0-13.el9_8", "rhel:9.8"),
        ("openssl", "3.0.5-0ubuntu0.1+Fips2.2", "ubuntu:22.04"),
        ("kernel", "6.1.150-174.273.amzn2023.x86_64", "amzn:2023"),
    ],
)
def test_a_later_build_of_a_validated_branch_is_patched(
    kind: str, version: str, system: str
) -> None:
    found = judged(kind, version, system, on=datetime.date(2026, 11, 10))
    assert found.state == "patched"
    assert "temporary deficiency" in found.say
    assert found.certificate is not None
    assert found.certificate.status == "active"


def test_a_branch_is_the_first_two_numbers_and_a_hash_has_no_order() -> None:
    assert later("3.1.4", "3.1.2")
    assert later("6.1.150-1.amzn2023", "6.1.41-64.118.amzn2023")
    assert not later("3.1.2", "3.1.4")
    assert not later("3.2.2", "3.1.2")
    assert not later("4.1.2", "3.1.2")
    assert not later("3.2.2-899901ad7ab41d45", "3.2.2-799901ad7ab41d45")


def test_another_build_of_the_same_version_is_unknown() -> None:
    found = judged("openssl", "3.2.2-899901ad7ab41d45", "amzn:2023")
    assert found.state == "unknown"
    assert "#5438" in found.say


def test_a_place_in_the_queue_does_not_count() -> None:
    queue = InProcess(
        read_on=DAY,
        modules=(Queued(vendor="V", module="New Module", kind="wolfcrypt"),),
    )
    register = msgspec.structs.replace(made(cert()), in_process=queue)
    found = judged("wolfcrypt", "6.0", register=register)
    assert found.state == "in-process"
    assert "does not count" in found.say


@pytest.mark.parametrize(
    ("kind", "version", "system", "more"),
    [
        ("kernel", "6.1.0-25-amd64", "debian:12", {}),
        ("kernel", "5.15.0-91-generic", "ubuntu:22.04", {}),
        ("openssl", "3.0.2-0ubuntu1.18", "ubuntu:22.04", {}),
        ("kernel", "5.14.0-427.el9.x86_64", "rocky:9.4", {}),
        ("openssl-provider", "3.5.4", "debian:13", {"name": UPSTREAM}),
        ("openssl-provider", "3.4.1", None, {"name": UPSTREAM}),
        ("gnutls", None, "debian:12", {}),
    ],
)
def test_a_module_without_any_certificate_is_not_validated(
    kind: str, version: str | None, system: str | None, more: dict[str, Any]
) -> None:
    found = judged(kind, version, system, **more)
    assert found.state == "not-validated"
    assert "3 points" in found.say


def test_a_validated_build_outside_fips_mode_is_not_validated() -> None:
    found = judged("openssl", RHEL_9, "rhel:9.4", fips_mode=False)
    assert found.state == "not-validated"
    assert "not in FIPS mode" in found.say


def test_a_validated_build_whose_mode_is_unread_is_unknown() -> None:
    found = judged("openssl", RHEL_9, "rhel:9.4", fips_mode=None)
    assert (found.state, number(found)) == ("unknown", 4857)


def test_a_revoked_certificate_never_counts() -> None:
    register = made(cert(version=("1.0",), status="revoked"))
    assert judged(version="1.0", register=register).state == "not-validated"


def test_no_encryption_at_all_costs_five_points() -> None:
    found = judged("kernel", "1", employed=False)
    assert found.state == "not-employed"
    assert "5 points" in found.say


@pytest.mark.parametrize(
    ("kind", "version", "system"),
    [
        ("kernel", "5.14.0-427.13.1.el9_4.x86_64", "rhel:9.4"),
        ("kernel", "6.8.0-38-fips", "ubuntu:24.04"),
        ("corecrypto", "14.5", "macos:14.5"),
        ("windows", "10.0.26100.1", None),
        ("nss", "3.90.0", "rhel:9.2"),
        ("openssl", RHEL_9, "rhel:10.0"),
        ("openssl", RHEL_9, "almalinux:9.4"),
        ("openssl", "1.0.2k-24.amzn2.0.6", "amzn:2"),
        ("wolfcrypt", "5.2.1", None),
        ("kernel", None, None),
    ],
)
def test_what_no_source_ties_to_a_certificate_is_unknown(
    kind: str, version: str | None, system: str | None
) -> None:
    found = judged(kind, version, system)
    assert found.state == "unknown"
    assert found.say


def test_builds_known_from_memory_or_not_at_all_never_validate() -> None:
    for line in load_register().modules:
        if line.match_read == "recall" or line.match_read is None:
            assert not line.version, line.module
            assert not line.package, line.module


def test_the_register_warns_after_30_days_and_decides_nothing_after_90() -> None:
    as_of = load_register().as_of
    days = {n: as_of + datetime.timedelta(n) for n in (30, 31, 90, 91)}
    assert warnings_of(load_register(), days[30]) == ()
    fresh = msgspec.structs.replace(
        load_register(),
        modules=tuple(
            msgspec.structs.replace(line, read_on=as_of) for line in load_register().modules
        ),
    )
    for age in (31, 90):
        found = judged("openssl", RHEL_9, "rhel:9.4", on=days[age], register=fresh)
        assert found.state == "validated-active"
        assert f"{age} days old" in found.warnings[0]
    for version in (RHEL_9, "3.0.7-cda111b5812c30d4"):
        found = judged("openssl", version, "rhel:9.4", on=days[91], register=fresh)
        assert found.state == "unknown"


def test_what_the_register_is_not_asked_for_stays_decided_when_it_is_old() -> None:
    late = load_register().as_of + datetime.timedelta(400)
    assert judged("openssl", RHEL_9, fips_mode=False, on=late).state == "not-validated"
    assert judged("openssl", employed=False, on=late).state == "not-employed"


def test_a_status_read_long_ago_settles_nothing() -> None:
    """In a young list as well: what counts is when the row itself was read."""
    found = judged("openssl", "3.0.8-d694bfa693b76001", "amzn:2023")
    assert (found.state, number(found)) == ("unknown", 5021)
    assert "whose status was read 100 days before" in found.say
    later_build = judged("kernel", "6.1.150-174.273.amzn2023.x86_64", "amzn:2023")
    assert later_build.state == "unknown"
    assert "103 days before" in later_build.say


def test_a_status_that_was_never_read_settles_nothing() -> None:
    never = msgspec.structs.replace(cert(version=("1.0",)), read_on=None)
    assert judged(version="1.0", register=made(never)).state == "unknown"


def test_the_register_hangs_together() -> None:
    register = load_register()
    numbers = [line.cert for line in register.modules if line.cert]
    assert len(numbers) == len(set(numbers)) == 184
    for line in register.modules:
        assert (line.status == "superseded") == (line.replaced_by is not None)
        for other in (line.replaced_by, line.same_as):
            assert other is None or other in numbers
        assert not (line.status == "active" and line.standard == "140-2")
        assert (line.cert is None) == (line.standard is None)
        assert line.read_on is None or line.read_on <= register.as_of


def test_every_state_has_its_verdict() -> None:
    assert {state for state, verdict in STATES.items() if verdict == "pass"} == {"validated-active"}
    assert {s for s, v in STATES.items() if v == "unknown"} == {
        "validated-historical",
        "lapsed",
        "unknown",
    }


def test_a_broken_user_copy_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "cmvp.yaml"
    path.write_text("schema: 1\nas_of: '2027-01-01'\nmodules: [{cert: many}]\n")
    with pytest.raises(InputError, match=r"cmvp\.yaml: not a register of certificates: .*cert"):
        read_register(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_register(tmp_path / "missing.yaml")


def cert(
    *,
    number: int = 1,
    version: tuple[str, ...] = (),
    status: str = "active",
    sunset: datetime.date | None = None,
) -> Certificate:
    return Certificate(
        cert=number,
        vendor="Vendor",
        module="Module",
        standard="140-3",
        status=status,  # type: ignore[arg-type]
        read_on=DAY,
        sunset=sunset,
        kind="openssl-provider",
        version=version,
        match_read="one",
    )


def made(*lines: Certificate) -> Register:
    return Register(schema=1, as_of=DAY, modules=lines)
