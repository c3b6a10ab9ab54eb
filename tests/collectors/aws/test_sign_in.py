"""Credentials that cannot be fetched or renewed: what is missing is said, not what was asked."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as b

from scanner.collect import collect
from scanner.collectors.aws import COLLECTOR
from scanner.collectors.aws.client import Account
from scanner.collectors.aws.session import open_account
from scanner.collectors.aws.sign_in import unsigned
from scanner.collectors.base import Refused, Target
from scanner.demo.aws import Emulator
from scanner.errors import InputError


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials from outside, and a configuration file that a test may write."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def web_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What a CI job sets for federation; the token's file is not there yet."""
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws-us-gov:iam::123456789012:role/audit")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_REGION", "us-gov-west-1")
    return tmp_path / "token"


def target(endpoint: str = "http://127.0.0.1:9") -> Target:
    return Target("acct", "aws", {"endpoint": endpoint, "regions": ["us-gov-west-1"]}, "c.yaml:2")


def refused() -> Refused:
    with pytest.raises(Refused) as found:
        open_account(target()).scopes()
    assert found.value.operation == "sts:GetCallerIdentity"
    return found.value


def test_a_token_file_that_is_not_there(web_identity: Path, tmp_path: Path) -> None:
    manifest = collect([target()], {"aws": COLLECTOR}, None, tmp_path / "s")
    assert {gap.reason for gap in manifest.gaps} == {"credentials"}
    [detail] = {gap.detail for gap in manifest.gaps}
    assert detail == (
        f"AWS_WEB_IDENTITY_TOKEN_FILE: {web_identity}: no such file or directory; write the run's"
        " identity token there, or unset the variable to sign in another way"
    )


def test_a_role_that_does_not_accept_the_token(
    web_identity: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    web_identity.write_text("a.b.c")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.endpoint)
    with emulator.faults.injected("sts:AssumeRoleWithWebIdentity", "denied") as fault:
        found = refused()
    assert fault.hits
    assert found.reason == "credentials"
    assert found.permission is None
    assert "compare the token's issuer, audience and subject with the trust policy" in found.detail


def test_a_token_service_that_cannot_be_reached_is_no_fault_of_the_credentials(
    web_identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web_identity.write_text("a.b.c")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    found = refused()
    assert (found.reason, found.fatal) == ("unreachable", False)
    assert found.detail.startswith("credentials could not be fetched; ")


PROGRAM = "[default]\ncredential_process = {}\n"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (PROGRAM.format("/nowhere/program"), "/nowhere/program: no such file or directory"),
        (PROGRAM.format(f"{sys.executable} -c print(1"), "custom-process"),
        (PROGRAM.format("echo no-json"), "JSONDecodeError"),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = no\n",
            "correct the profile in AWS's",
        ),
        ("", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile"),
    ],
)
def test_what_a_profile_gives(config: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(config)
    found = refused()
    assert (found.reason, found.fatal) == ("credentials", True)
    assert says in found.detail
    assert ";" in found.detail


def test_half_of_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    found = refused()
    assert found.reason == "credentials"
    assert found.detail.endswith("set what is missing, or unset the rest")


def test_a_configuration_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("no section\n")
    with pytest.raises(InputError, match=r"^c\.yaml:2: target acct: .*config; correct that file"):
        open_account(target())


def test_what_cannot_be_renewed_half_way_is_asked_for_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.reset()
    given = tmp_path / "given"
    answer = {"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "x"}
    answer["Expiration"] = "2100-01-01T00:00:00Z"
    given.write_text(json.dumps(answer))
    (tmp_path / "config").write_text(PROGRAM.format(f"cat {given}"))
    session = open_account(target(emulator.endpoint))
    [scope] = session.scopes()
    account: Account = session._accounts[scope.id]
    given.unlink()
    held = account.credentials()
    held._expiry_time = held._expiry_time.replace(year=2000)
    tried: list[int] = []
    fetch = held._refresh_using
    held._refresh_using = lambda: [tried.append(1), fetch()][1]
    for _ in range(3):
        with pytest.raises(Refused) as found:
            account.ask("iam:ListUsers", "us-gov-west-1", "iam:ListUsers", lambda c: c.list_users())
        assert (found.value.reason, found.value.operation) == ("credentials", "iam:ListUsers")
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("code", "message", "says", "not_said"),
    [
        ("InvalidIdentityToken", "No provider", "compare the token's issuer", "\0"),
        ("ExpiredTokenException", "Token expired", "fetch a new token for this run", "trust"),
        ("ValidationError", "Value 'eyJx' at 'webIdentityToken'", "compare the token's", "eyJx"),
    ],
)
def test_what_the_token_service_answers(code: str, message: str, says: str, not_said: str) -> None:
    answer: Any = {"Error": {"Code": code, "Message": message}}
    found = unsigned(b.ClientError(answer, "AssumeRoleWithWebIdentity"), "iam:ListUsers")
    assert (found.reason, found.operation) == ("credentials", "iam:ListUsers")
    assert says in found.detail
    assert not_said not in found.detail


def test_a_persons_sign_in_that_has_ended() -> None:
    found = unsigned(b.UnauthorizedSSOTokenError(), "iam:ListUsers")
    assert found.reason == "credentials"
    assert found.detail.startswith("sign in again with the AWS command line")


def test_too_fast_is_no_fault_of_the_credentials() -> None:
    answer: Any = {"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}
    found = unsigned(b.ClientError(answer, "AssumeRole"), "iam:ListUsers")
    assert (found.reason, found.fatal) == ("throttled", False)
