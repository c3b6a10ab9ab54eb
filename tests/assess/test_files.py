"""People's files: what is refused, what is hashed, and that every schema is sound."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from scanner.assess import load
from scanner.errors import InputError


@pytest.mark.parametrize("form", load.FORMS)
def test_schemas_are_sound_and_described(form: str) -> None:
    found = load.schema(form)
    Draft202012Validator.check_schema(found)
    assert found["title"]
    assert found["properties"]["schema"]["const"] == 1


ATTESTATION = """\
schema: 1
attestations:
- id: ssp
  objectives: ['3.12.4[a]']
  practices: [AC.L1-b.1.i]
  statement: There is a plan.
  by: Dana Reyes
  on: 2026-03-01
  review_by: 2027-02-28
  artifacts: [{path: docs/ssp.txt}, {path: docs/gone.txt}]
"""


def test_artifacts_are_hashed_as_they_lie(tmp_path: Path) -> None:
    folder = tmp_path / "attestations"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "ssp.txt").write_bytes(b"the plan")
    (folder / "ssp.yaml").write_text(ATTESTATION)
    (attestation,) = load.attestations(folder)
    first, second = attestation.artifacts
    assert first.actual == sha256(b"the plan").hexdigest()
    assert first.fault is None
    assert second.actual is None
    assert second.fault == "the artifact docs/gone.txt is missing"
    assert attestation.where == f"{folder / 'ssp.yaml'}:3:3"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2026-03-01", "2026-02-30", ":8:7: 2026-02-30 is no day of the calendar"),
        ("docs/ssp.txt", "../../secret", "lies outside"),
        ("docs/ssp.txt", "/etc/hostname", "lies outside"),
        ("3.12.4[a]", "3.12.4", "an objective's id, quoted"),
        ("3.12.4[a]", "3.12.4[z]", ":4:16: 3.12.4[z]: no such objective"),
        ("AC.L1-b.1.i", "AC.L1-b.1.xx", ":5:15: AC.L1-b.1.xx: no such practice"),
        ("practices: [AC.L1-b.1.i]", "items: [dibnet]", "did you mean 'dibnet-access'"),
        ("  by: Dana Reyes\n", "", "lacks the key 'by'"),
        ("statement:", "statment:", "did you mean 'statement'"),
    ],
)
def test_faulty_attestations(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "ssp.yaml"
    path.write_text(ATTESTATION.replace(old, new))
    with pytest.raises(InputError) as error:
        load.attestations(path)
    assert message in str(error.value)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(ATTESTATION)
    with pytest.raises(InputError, match=r"b.yaml:3:3: the id 'ssp' is taken at .*a.yaml:3:3"):
        load.attestations(tmp_path)


def test_proposed_declarations_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "declarations.yaml"
    path.write_text(
        "schema: 1\n"
        "accounts:\n- {id: ann, proposed: true}\n- {id: ben, privileged: true}\n"
        "administrators: [{id: ben}]\nrole-matrix: []\n"
        "products:\n- {id: av, job: malware-protection, product: ClamAV, providers: [linux]}\n"
        "mine:\n- {id: x, limit: 3}\n"
    )
    found = load.declarations(path)
    assert "accounts" not in found.lists  # half a roster is none
    assert found.lists["administrators"] == ({"id": "ben"},)
    assert found.lists["role-matrix"] == ()
    assert found.proposed == {"accounts": 1}
    assert found.product_for("malware-protection", "linux", "t", "r") == "ClamAV"
    assert found.product_for("malware-protection", "intune", "t", "r") is None
    path.write_text("schema: 1\naccounts:\n- {id: ann}\n- {id: ann}\n")
    with pytest.raises(InputError, match="names 'ann' twice"):
        load.declarations(path)


def test_exceptions_hash_what_they_name(tmp_path: Path) -> None:
    path = tmp_path / "exceptions.yaml"
    (tmp_path / "ssp.pdf").write_bytes(b"x")
    path.write_text(
        "schema: 1\nexceptions:\n- id: lathe\n  kind: enduring-exception\n"
        "  objectives: ['3.5.3[d]']\n  subjects: ['lathe-*']\n  reason: Old.\n  owner: Ann\n"
        "  approver: Ben\n  approved: 2026-01-01\n  expires: 2026-12-31\n  ssp: ssp.pdf\n"
        "  mitigations: Kept apart.\n"
    )
    (exemption,) = load.exceptions(path)
    assert exemption.ssp is not None
    assert exemption.ssp.fault is None
