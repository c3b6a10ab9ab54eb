"""Signing in by azure-identity: the right cloud is asked, and a failure says what to mend."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("azure.identity")

from azure import identity

from scanner.collect import collect
from scanner.collectors.base import Refused, Target
from scanner.collectors.entra.collector import COLLECTOR
from scanner.collectors.microsoft import credentials
from scanner.collectors.microsoft.cloud import CLOUDS

TENANT = "00000000-0000-4000-8000-000000000001"
APPLICATION = "00000000-0000-4000-8000-000000000002"


@pytest.fixture(autouse=True)
def federated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Workload identity federation and nothing else; the token's file is not there yet."""
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", APPLICATION)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    return tmp_path / "token"


def refused(cloud: str = "commercial") -> Refused:
    with pytest.raises(Refused) as found:
        credentials.from_identity(CLOUDS[cloud], TENANT, "s/.default", {})()
    assert (found.value.reason, found.value.operation) == ("credentials", "sign-in")
    assert found.value.fatal
    return found.value


def test_a_token_file_that_cannot_be_read_is_named(federated: Path) -> None:
    detail = refused().detail
    assert detail.startswith("let AZURE_FEDERATED_TOKEN_FILE name a file that can be read")
    assert f"No such file or directory: '{federated}'" in detail


def test_variables_that_the_chain_cannot_begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "s")
    monkeypatch.setenv("AZURE_TENANT_ID", "no tenant!")
    assert refused().detail.startswith("correct or unset the AZURE_ variables")


def test_a_certificate_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(tmp_path / "c.pem"))
    assert refused().detail.startswith("let AZURE_CLIENT_CERTIFICATE_PATH name a file")
    (tmp_path / "c.pem").write_text("x")
    assert refused().detail.startswith("correct or unset the AZURE_ variables")


@pytest.mark.parametrize(
    ("words", "to_do"),
    [
        ("AADSTS700213: No record for the subject 'x'.\r\nTrace ID: 1", "federated credential"),
        ("AADSTS70021: No record.", "federated credential"),
        ("AADSTS700024: The assertion is too old.", "write a fresh token"),
        ("AADSTS700016: No such application.", "correct AZURE_CLIENT_ID"),
        ("AADSTS1: Something else.", "correct or unset the AZURE_ variables"),
    ],
)
def test_what_entra_answers_says_what_to_mend(
    words: str, to_do: str, federated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered(*_: Any, **__: Any) -> None:
        raise identity.CredentialUnavailableError(message=words)

    def failed(*_: Any, **__: Any) -> None:
        raise ValueError(words)

    monkeypatch.setattr(identity.EnvironmentCredential, "get_token", answered)
    monkeypatch.setattr(identity.WorkloadIdentityCredential, "get_token", failed)
    detail = refused().detail
    assert to_do in detail.partition(";")[0]
    assert f"; WorkloadIdentityCredential: {words.split('.')[0]}" in detail


@pytest.mark.parametrize("cloud", sorted(CLOUDS))
def test_federation_asks_the_authority_of_the_targets_cloud(
    cloud: str, federated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def sent(self: Any, request: Any, **_: Any) -> None:
        asked.append(request.url)
        raise OSError("nobody answers here")

    federated.write_text("token")
    transport = "azure.core.pipeline.transport.RequestsTransport.send"
    monkeypatch.setattr(transport, sent)
    refused(cloud)
    assert asked
    assert {url.split("/")[2] for url in asked} == {CLOUDS[cloud].authority}


def test_a_target_without_a_way_in_is_one_gap_a_source(tmp_path: Path) -> None:
    options = {"tenant": TENANT, "cloud": "gcc-high"}
    manifest = collect(
        [Target("corp", "entra", options)], {"entra": COLLECTOR}, None, tmp_path / "s"
    )
    assert {gap.reason for gap in manifest.gaps} == {"credentials"}
    assert len(manifest.gaps) == len(COLLECTOR.sources)
