"""A signature over the hash list: an in-toto statement in a DSSE envelope, by a local key.

Ed25519, or ECDSA on P-256 or P-384 with SHA-256, by the `cryptography` package. That package is no
FIPS-validated module here, so a signature shows who signed and that nothing changed; it is no
statement about FIPS 140.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.errors import InputError
from scanner.evidence.gather import SIGNATURE
from scanner.evidence.hash_list import LIST
from scanner.output import whole_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    Private = Ed25519PrivateKey | EllipticCurvePrivateKey
    Public = Ed25519PublicKey | EllipticCurvePublicKey

NOT_FIPS = (
    "Hashes and signatures are made by software that is not a FIPS 140 validated module here; they "
    "show integrity and are no statement about FIPS."
)
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:cmmc-scan:evidence:1"
_CURVES = ("secp256r1", "secp384r1")
_KEYS = (
    "an Ed25519 or ECDSA (P-256, P-384) key as PEM, made for example by "
    "`openssl genpkey -algorithm ed25519`"
)


class _Signature(msgspec.Struct, frozen=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True):
    payload: str
    payloadType: str
    signatures: tuple[_Signature, ...]


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct, frozen=True, rename={"type": "_type"}):
    type: str
    subject: tuple[_Subject, ...]
    predicateType: str
    predicate: dict[str, Any]


def sign(folder: Path, key: Path, *, as_of: str, password: bytes | None = None) -> Path:
    """Sign the folder's hash list; returns the path of the signature. Raises InputError.

    `key`: a private key as PEM that nobody but its owner can read.
    """
    private = _private(key, password)
    try:
        listed = (folder / LIST).read_bytes()
    except OSError as error:
        raise InputError(
            f"{folder / LIST}: cannot be read: {_cause(error)}; gather the evidence first"
        ) from error
    statement = _Statement(
        type=STATEMENT_TYPE,
        subject=(_Subject(LIST, {"sha256": sha256(listed).hexdigest()}),),
        predicateType=PREDICATE_TYPE,
        predicate={"as_of": as_of, "cryptography": NOT_FIPS},
    )
    payload = msgspec.json.encode(statement)
    signature = _signed(private, pae(PAYLOAD_TYPE, payload))
    envelope = _Envelope(
        payload=base64.b64encode(payload).decode(),
        payloadType=PAYLOAD_TYPE,
        signatures=(
            _Signature(key_id(private.public_key()), base64.b64encode(signature).decode()),
        ),
    )
    path = folder / SIGNATURE
    with whole_file(path) as out:
        out.write(msgspec.json.encode(envelope) + b"\n")
    return path


def verify_signature(folder: Path, key: Path) -> list[str]:
    """What is wrong with the folder's signature; empty: this key signed this list.

    `key`: the public key as PEM. Raises InputError where the key itself cannot be read.
    """
    public = _public(key)
    try:
        envelope = msgspec.json.decode((folder / SIGNATURE).read_bytes(), type=_Envelope)
        payload = base64.b64decode(envelope.payload, validate=True)
        signatures = [
            (s.keyid, base64.b64decode(s.sig, validate=True)) for s in envelope.signatures
        ]
    except FileNotFoundError:
        return [f"{SIGNATURE}: is missing; the evidence is not signed"]
    except (OSError, msgspec.MsgspecError, binascii.Error) as error:
        return [f"{SIGNATURE}: cannot be read: {error}"]
    if envelope.payloadType != PAYLOAD_TYPE:
        return [f"{SIGNATURE}: holds {envelope.payloadType!r}, not an in-toto statement"]
    # the key decides, not the id that the envelope claims
    message = pae(envelope.payloadType, payload)
    if not any(_holds(public, signature, message) for _, signature in signatures):
        return [f"{SIGNATURE}: was not made by the key {key}, or was changed since"]
    return _subjects(folder, payload)


def _subjects(folder: Path, payload: bytes) -> list[str]:
    try:
        statement = msgspec.json.decode(payload, type=_Statement)
        actual = sha256((folder / LIST).read_bytes()).hexdigest()
    except (OSError, msgspec.MsgspecError) as error:
        return [f"{SIGNATURE}: its statement cannot be compared: {error}"]
    if (statement.type, statement.predicateType) != (STATEMENT_TYPE, PREDICATE_TYPE):
        return [f"{SIGNATURE}: signs another kind of statement: {statement.predicateType}"]
    named = {s.name: s.digest.get("sha256") for s in statement.subject}
    if named.get(LIST) != actual:
        return [f"{LIST}: is not the list that was signed"]
    return []


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that DSSE signs: its pre-authentication encoding, version 1."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def key_id(public: Public) -> str:
    """SHA-256 of the key's SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _signed(private: Private, message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(private, Ed25519PrivateKey):
        return private.sign(message)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    try:
        # RFC 6979: the same list gives the same signature
        return private.sign(message, ECDSA(SHA256(), deterministic_signing=True))
    except UnsupportedAlgorithm:
        return private.sign(message, ECDSA(SHA256()))


def _holds(public: Public, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
        else:
            public.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _private(path: Path, password: bytes | None) -> Private:
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if path.stat().st_mode & 0o077:
            raise InputError(f"{path}: others can read this private key; run chmod 600 on it")
        key = load_pem_private_key(path.read_bytes(), password)
    except OSError as error:
        raise InputError(f"{path}: the key cannot be read: {_cause(error)}") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: no private key, or not its password; use {_KEYS}") from error
    if isinstance(key, Ed25519PrivateKey) or (
        isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _CURVES
    ):
        return key
    raise InputError(f"{path}: a key of another kind; use {_KEYS}")


def _public(path: Path) -> Public:
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: the key cannot be read: {_cause(error)}") from error
    except ValueError as error:
        raise InputError(
            f"{path}: no public key as PEM; make one with `openssl pkey -in KEY -pubout`"
        ) from error
    if isinstance(key, Ed25519PublicKey) or (
        isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES
    ):
        return key
    raise InputError(f"{path}: a key of another kind; use {_KEYS}")


def _needed() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise InputError(
            "signatures need the cryptography package; install cmmc-scan[sign]"
        ) from error


def _cause(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
