"""The pages behind `mappings show`."""

from __future__ import annotations

import pytest

from scanner.errors import InputError
from scanner.frameworks import controls, objectives, practices
from scanner.frameworks.layout import WIDTH
from scanner.frameworks.show import describe


def page(text: str) -> str:
    return "\n".join(describe(text))


def flat(text: str) -> str:
    return " ".join(page(text).split())


def test_the_page_of_fips_validated_cryptography() -> None:
    assert (
        page("SC.L2-3.13.11")
        == """\
SC.L2-3.13.11  CUI Encryption
  Where encryption keeps CUI confidential, the module that does it is FIPS-validated.

  Level         2, 32 CFR 170.14(c)(3)
  Domain        SC System and Communications Protection
  NIST          SP 800-171 Rev 2 3.13.11
  CMMC 1.02     SC.3.177
  Value         5 points lost when NOT MET (32 CFR 170.24(c)(2)(i)(B)); 3 if CUI is encrypted,
                but not by a FIPS-validated module (32 CFR 170.24(c)(2)(i)(B)(4)(ii))
  POA&M         May stand on a POA&M only at three points, that is when CUI is encrypted but not
                by a validated module (32 CFR 170.21(a)(2)(ii))

Objectives (1, SP 800-171A)
  3.13.11  What keeps CUI confidential is FIPS-validated cryptography.
           observe on linux; declare places where encryption protects CUI, and the certificates
           behind it

ISO/IEC 27001:2022
  A.8.24  Use of cryptography
      strong: both of NIST's routes, via SC-13; the source article, for the domain
  A.8.26  Application security requirements
      strong: both of NIST's routes, via SC-13; the source article, for the domain
  A.5.31  Legal, statutory, regulatory and contractual requirements
      fair: NIST Appendix D, carried to 2022, via SC-13

Notes on the mapping
  - Of NIST's two routes only one, NIST Appendix D, carried to 2022, leads to A.5.31.

Trap
  Only a module whose exact version stands on a certificate counts. Algorithms, key lengths,
  provider defaults and mode switches do not; a switch over an uncertified build means encrypted
  yet not validated, at three points."""
    )


def test_the_page_of_a_control_leads_back_to_the_practices() -> None:
    assert (
        page("A.8.24")
        == """\
A.8.24  Use of cryptography

  ISO 27001     2022 edition, Annex A, technological
  2013          A.10.1.1, A.10.1.2

CMMC practices (2)
  SC.L2-3.13.10  Key Management
      strong: both of NIST's routes, via SC-12; the source article, for the domain
  SC.L2-3.13.11  CUI Encryption
      strong: both of NIST's routes, via SC-13; the source article, for the domain

Source article
  claims it for domain SC, with support from NIST's tables"""
    )


def test_the_page_of_an_objective_says_what_each_provider_is_worth() -> None:
    text = flat("3.13.11[a]")
    assert text.startswith("3.13.11 What keeps CUI confidential")
    assert "Method observe: what is read settles it" in text
    assert "linux observed, settles its part; a failure refutes crypto.module" in text
    assert "aws enforced, settles nothing; a failure refutes" in text
    assert "none in SP 800-171A; the CMMC guides print 3.13.11[a]" in text


def test_an_old_id_gets_its_correction_above_the_page() -> None:
    lines = describe("CM.2.061")
    assert lines[0].startswith("The source article uses CM.2.061 for allow-listing")
    assert "CM.L2-3.4.8" in flat("CM.2.061")
    assert "CM.L2-3.4.1  System Baselining" in lines


def test_level_1_shows_all_its_twins_once_for_each_control() -> None:
    lines = describe("PE.L1-3.10.4")
    assert lines[0].startswith("PE.L1-b.1.ix")
    assert "PE.L2-3.10.3, PE.L2-3.10.4, PE.L2-3.10.5" in flat("PE.L1-3.10.4")
    assert sum(line.startswith("  A.7.1 ") for line in lines) == 1


def test_a_gate_and_a_level_3_requirement_state_their_value() -> None:
    assert "without it there is no score at all" in flat("CA.L2-3.12.4")
    assert "Value 1 point when met (32 CFR 170.24(c)(3))" in flat("IR.L3-3.6.1e")
    assert "Nobody published a mapping for Level 3." in page("IR.L3-3.6.1e")


def test_doubt_and_disagreement_are_worded() -> None:
    text = flat("CA.L2-3.12.4")
    assert "looks like a mistake of NIST" in text
    assert "Only because NIST groups it with its neighbours: A.5.36 (strong)" in text
    assert "template of an SP 800-171 plan adds controls of 2013" in flat("AC.L2-3.1.13")


def test_a_control_of_2013_shows_its_heirs() -> None:
    text = page("A.18.2.3")
    assert "\nA.5.36  Compliance" in text
    assert "\nA.8.8  Management" in text


def test_a_clause_shows_its_sub_clauses_and_a_domain_its_practices() -> None:
    assert "9.2.1  CA.L2-3.12.1  Security Control Assessment" in page("9")
    assert "by the source article's estimate" in page("SC")
    assert "SC.L2-3.13.11  CUI Encryption, 5 points" in page("sc")


def test_every_id_has_a_page_that_fits_a_terminal() -> None:
    ids = [p.id for p in practices()] + [o.id for o in objectives()] + list(controls())
    for id_ in ids:
        lines = describe(id_)
        assert len(lines) > 3, id_
        assert max(map(len, lines)) <= WIDTH, id_
        assert not any(line != line.rstrip() for line in lines), id_
        assert "None" not in " ".join(lines).split(), id_


@pytest.mark.parametrize("text", ["AC.L2-3.1.99", "A.9.99", "3.5.3[q]", "nonsense", ""])
def test_what_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        describe(text)
