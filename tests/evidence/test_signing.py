"""Signatures: an in-toto statement in DSSE, that other programs verify and no change survives."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import msgspec
import pytest
from evidence_samples import AS_OF, snapshot

from scanner.errors import InputError
from scanner.evidence import gather, verify
from scanner.evidence.gather import SIGNATURE
from scanner.evidence.hash_list import LIST
from scanner.evidence.signing import NOT_FIPS, pae, sign, verify_signature

pytest.importorskip("cryptography")
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

KEYS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


def key_pair(folder: Path, key, password: bytes | None = None) -> tuple[Path, Path]:
    private, public = folder / "key.pem", folder / "key.pub"
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    private.chmod(0o600)
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "evidence"
    gather(found, snapshots=[snapshot(tmp_path / "snapshot")], as_of=AS_OF)
    return found


def envelope(folder: Path) -> dict:
    return msgspec.json.decode((folder / SIGNATURE).read_bytes())


@pytest.mark.parametrize("kind", KEYS)
def test_what_was_signed_is_verified_and_does_not_count_as_added(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    private, public = key_pair(tmp_path, KEYS[kind]())
    sign(folder, private, as_of=AS_OF)
    assert verify_signature(folder, public) == []
    assert verify(folder) == []


@pytest.mark.parametrize("kind", KEYS)
def test_the_same_list_and_key_give_the_same_signature(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    private, _ = key_pair(tmp_path, KEYS[kind]())
    first = sign(folder, private, as_of=AS_OF).read_bytes()
    assert sign(folder, private, as_of=AS_OF).read_bytes() == first


def test_openssl_verifies_it(folder: Path, tmp_path: Path) -> None:
    private, _ = key_pair(tmp_path, KEYS["ed25519"]())
    sign(folder, private, as_of=AS_OF)
    made = envelope(folder)
    (tmp_path / "message").write_bytes(pae(made["payloadType"], base64.b64decode(made["payload"])))
    (tmp_path / "sig").write_bytes(base64.b64decode(made["signatures"][0]["sig"]))
    command = "openssl pkeyutl -verify -pubin -inkey key.pub -rawin -in message -sigfile sig"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)


def test_the_bytes_that_are_signed_are_those_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_the_statement_names_the_list_and_claims_nothing_about_fips(
    folder: Path, tmp_path: Path
) -> None:
    private, _ = key_pair(tmp_path, KEYS["ed25519"]())
    sign(folder, private, as_of=AS_OF)
    statement = msgspec.json.decode(base64.b64decode(envelope(folder)["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"][0]["name"] == LIST
    assert statement["predicate"] == {"as_of": AS_OF, "cryptography": NOT_FIPS}


def test_a_list_that_was_changed_is_not_the_one_that_was_signed(
    folder: Path, tmp_path: Path
) -> None:
    private, public = key_pair(tmp_path, KEYS["ed25519"]())
    sign(folder, private, as_of=AS_OF)
    with (folder / LIST).open("ab") as out:
        out.write(b"\n")
    assert verify_signature(folder, public) == [f"{LIST}: is not the list that was signed"]


def test_another_key_did_not_sign_it(folder: Path, tmp_path: Path) -> None:
    private, _ = key_pair(tmp_path, KEYS["ed25519"]())
    sign(folder, private, as_of=AS_OF)
    (tmp_path / "other").mkdir()
    for kind in KEYS:
        _, other = key_pair(tmp_path / "other", KEYS[kind]())
        (problem,) = verify_signature(folder, other)
        assert "was not made by the key" in problem


def test_a_changed_statement_and_a_missing_signature_are_told(folder: Path, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path, KEYS["ed25519"]())
    assert verify_signature(folder, public) == [
        f"{SIGNATURE}: is missing; the evidence is not signed"
    ]
    sign(folder, private, as_of=AS_OF)
    made = envelope(folder)
    payload = base64.b64decode(made["payload"]).replace(b"2026", b"2027")
    made["payload"] = base64.b64encode(payload).decode()
    (folder / SIGNATURE).write_bytes(msgspec.json.encode(made))
    (problem,) = verify_signature(folder, public)
    assert "was changed since" in problem
    (folder / SIGNATURE).write_text("{}")
    (problem,) = verify_signature(folder, public)
    assert "cannot be read" in problem


def test_keys_that_do_not_fit_are_refused_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path, rsa.generate_private_key(65537, 2048))
    with pytest.raises(InputError, match="a key of another kind"):
        sign(folder, private, as_of=AS_OF)
    with pytest.raises(InputError, match="a key of another kind"):
        verify_signature(folder, public)
    public.chmod(0o600)
    with pytest.raises(InputError, match="no private key"):
        sign(folder, public, as_of=AS_OF)
    with pytest.raises(InputError, match="cannot be read"):
        sign(folder, tmp_path / "none", as_of=AS_OF)


def test_a_key_that_others_can_read_is_refused(folder: Path, tmp_path: Path) -> None:
    private, _ = key_pair(tmp_path, KEYS["ed25519"]())
    private.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        sign(folder, private, as_of=AS_OF)


def test_a_key_may_have_a_password(folder: Path, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path, KEYS["ed25519"](), b"secret")
    with pytest.raises(InputError, match="not its password"):
        sign(folder, private, as_of=AS_OF)
    sign(folder, private, as_of=AS_OF, password=b"secret")
    assert verify_signature(folder, public) == []
