"""The two values that a partial implementation changes: 32 CFR 170.24(c)(2)(i)(B)(4)."""

from __future__ import annotations

from typing import Any

import pytest
from assess_samples import AS_OF, CORP, ELSEWHERE, PROD, attestation, exemption, finding

from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.statements import Attestation, Declarations, Exemption, Statements
from scanner.findings import Finding

MFA, FIPS = "IA.L2-3.5.3", "SC.L2-3.13.11"
TRANSIT, REST, MODULE = "3.13.8[c]", "3.13.16[a]", "3.13.11[a]"
VPN = Declarations(
    lists={
        "products": (
            {"id": "vpn", "job": "remote-access", "product": "VPN", "providers": ["entra"]},
        )
    }
)


def value(
    catalogue: Catalogue,
    practice: str,
    found: list[Finding],
    *said: Attestation,
    leave: tuple[str, ...],
    items: tuple[str, ...] = (),
    exceptions: tuple[Exemption, ...] = (),
    declarations: Declarations = VPN,
) -> tuple[int | None, int | None]:
    """The value's two ends, with everything but `leave` attested."""
    rest = [o for p in catalogue.of_level(2) for o in p.objectives if o not in leave]
    statements = Statements(
        attestations=(attestation(*rest, id="rest", items=items), *said),
        exceptions=exceptions,
        declarations=declarations,
    )
    made = assess(found, [], catalogue, statements, 2, AS_OF, [CORP, PROD], without=ELSEWHERE)
    result = made.practice(practice)
    assert result is not None
    assert result.determination == "NOT MET"
    return result.points_least, result.points


# SC.L2-3.13.11: (B)(4)(ii). Encryption that is not validated costs three, none costs five.


def module(state: str = "patched") -> Finding:
    return finding(
        rule="crypto-module-validated",
        decides=(MODULE,),
        practice=FIPS,
        evidence={"certificate_state": state},
    )


def link(verdict: str = "fail", **evidence: Any) -> Finding:
    return finding(verdict, rule="links-encrypted", decides=(TRANSIT,), evidence=evidence)


def store(verdict: str = "fail", **evidence: Any) -> Finding:
    return finding(verdict, rule="stored-data-encrypted", decides=(REST,), evidence=evidence)


OLD_TLS = {"plaintext_refused": True, "min_version_rank": 11}


def test_old_tls_is_encryption_all_the_same(catalogue: Catalogue) -> None:
    leave = (TRANSIT, MODULE)
    assert value(catalogue, FIPS, [link(**OLD_TLS), module()], leave=leave) == (3, 3)


def test_plain_text_is_no_encryption(catalogue: Catalogue) -> None:
    found = [link("pass", plaintext_refused=True), module()]
    plain = link(plaintext_refused=False)
    assert value(catalogue, FIPS, [*found, plain], leave=(TRANSIT, MODULE)) == (5, 5)
    bare = store(encrypted=False)
    assert value(catalogue, FIPS, [*found, bare], leave=(REST, MODULE)) == (5, 5)


def test_a_refutation_for_another_reason_leaves_the_value_open(catalogue: Catalogue) -> None:
    """A store open to everybody is not confidential; whether it is encrypted, that does not say."""
    found = [link("pass", plaintext_refused=True), store(public=True), module()]
    assert value(catalogue, FIPS, found, leave=(REST, MODULE)) == (3, 5)


def test_physical_safeguards_are_no_encryption(catalogue: Catalogue) -> None:
    """3.13.8[c] and 3.13.16[a] may be met without any; that shows none to be employed."""
    assert value(catalogue, FIPS, [module()], leave=(MODULE,)) == (3, 5)
    attested = ("encryption-employed",)
    assert value(catalogue, FIPS, [module()], leave=(MODULE,), items=attested) == (3, 3)
    shown = [module(), store("pass", encrypted=True)]
    assert value(catalogue, FIPS, shown, leave=(MODULE,)) == (3, 3)
    # a default for disks to come is no disk
    hint = finding("pass", decides=(), informs=(REST,), strength="configured", rule="d")
    assert value(catalogue, FIPS, [module(), hint], leave=(MODULE,)) == (3, 5)


def test_what_an_exception_covers_costs_nothing(catalogue: Catalogue) -> None:
    """An enduring exception is assessed MET (170.24(b)(1)(i))."""
    plain = link(plaintext_refused=False)
    other = link("pass", plaintext_refused=True)
    lathe = exemption("enduring-exception", TRANSIT, subjects=("user-1",))
    found = [plain, other, module()]
    assert value(catalogue, FIPS, found, leave=(MODULE,), exceptions=(lathe,)) == (3, 3)


# IA.L2-3.5.3: (B)(4)(i). Three where remote and privileged users have it, five where none has.


def way_in(verdict: str, name: str = "vpn", **more: Any) -> Finding:
    required = {"pass": {"mfa_required": True}, "fail": {"mfa_required": False}}.get(verdict, {})
    fields: dict[str, Any] = {
        "decides": (),
        "informs": ("3.5.3[d]",),
        "refutes": "if-declared",
        "product": "remote-access",
        "evidence": required,
    }
    return finding(verdict, rule="remote-access-mfa-required", subject=name, **{**fields, **more})


def user(objective: str = "3.5.3[d]") -> Finding:
    return finding(rule="account-mfa-enforced", decides=(objective,))


def test_remote_and_privileged_users_have_it(catalogue: Catalogue) -> None:
    leave = ("3.5.3[d]",)
    assert value(catalogue, MFA, [user(), way_in("pass")], leave=leave) == (3, 3)
    assert value(catalogue, MFA, [user()], leave=leave, items=("mfa-for-remote-users",)) == (3, 3)
    assert value(catalogue, MFA, [user()], leave=leave) == (3, 5)


def test_a_way_in_that_nobody_could_read_leaves_the_value_open(catalogue: Catalogue) -> None:
    unread = way_in("unknown", "vpn-2", reason="denied", unread=("mfa_required",))
    found = [user(), way_in("pass"), unread]
    assert value(catalogue, MFA, found, leave=("3.5.3[d]",)) == (3, 5)
    listing = way_in("unknown", None, reason="denied")  # type: ignore[arg-type]
    assert value(catalogue, MFA, [listing, *found[:2]], leave=("3.5.3[d]",)) == (3, 5)


def test_a_way_in_without_it(catalogue: Catalogue) -> None:
    found = [user(), way_in("pass"), way_in("fail", "old")]
    assert value(catalogue, MFA, found, leave=("3.5.3[d]",)) == (5, 5)
    old = exemption("temporary-deficiency", "3.5.3[d]", subjects=("old",))
    assert value(catalogue, MFA, found, leave=("3.5.3[d]",), exceptions=(old,)) == (3, 3)


def test_only_declared_ways_in_count(catalogue: Catalogue) -> None:
    """A path that the platform offers and nobody uses for remote access decides no value."""
    direct = way_in("fail", "direct", provider="aws", target="prod", scope="aws:prod")
    found = [user(), way_in("pass"), direct]
    assert value(catalogue, MFA, found, leave=("3.5.3[d]",)) == (3, 3)
    nothing = Declarations()
    assert value(catalogue, MFA, found, leave=("3.5.3[d]",), declarations=nothing) == (3, 5)


def test_network_access_that_asks_for_it_is_remote_access_too(catalogue: Catalogue) -> None:
    """[a] alone is not met: who is privileged was not written down, and everybody has it."""
    no = attestation("3.5.3[a]", id="no", says="not-satisfied", artifacts=())
    assert value(catalogue, MFA, [], no, leave=("3.5.3[a]",)) == (3, 3)


@pytest.mark.parametrize(("objective", "ends"), [("3.5.3[b]", (3, 5)), ("3.5.3[c]", (5, 5))])
def test_privileged_accounts(catalogue: Catalogue, objective: str, ends: tuple[int, int]) -> None:
    """At the console only, it is still there for privileged users; over the network, it is not."""
    assert value(catalogue, MFA, [user(objective)], leave=(objective,)) == ends
