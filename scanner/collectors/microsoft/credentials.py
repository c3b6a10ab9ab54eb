"""Bearer tokens: from a named environment variable, or from azure-identity's default chain."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.cloud import Cloud
from scanner.errors import InputError

Token = Callable[[], str]
"""Gives a token that is valid now. Raises Refused (credentials)."""

_EARLY_SECONDS = 300


def from_environment(option: str, variable: str) -> Token:
    """A token that somebody else fetched. Raises InputError where the variable is not set."""
    token = os.environ.get(variable, "").strip()
    if not token:
        raise InputError(
            f"{option} names {variable}, which is not set; put a bearer token into it or leave "
            f"{option} out to use azure-identity's default chain"
        )
    return lambda: token


def from_identity(
    cloud: Cloud, tenant: str | None, scope: str, options: Mapping[str, Any]
) -> Token:
    """A token from azure-identity's default chain, kept until shortly before it expires.

    Raises Refused (credentials) where the environment names what the chain cannot even begin with.
    """
    credential = _credential(cloud, options)
    lock = threading.Lock()
    held: tuple[str, float] = ("", 0.0)

    def token() -> str:
        nonlocal held
        with lock:
            if held[1] - _EARLY_SECONDS < time.time():
                held = _fetch(credential, tenant, scope)
            return held[0]

    return token


def _credential(cloud: Cloud, options: Mapping[str, Any]) -> Any:
    try:
        from azure.identity import DefaultAzureCredential, WorkloadIdentityCredential
    except ImportError as error:
        raise InputError(
            "signing in to Microsoft needs azure-identity: pip install 'cmmc-scan[microsoft]', "
            "or give the target a token_env"
        ) from error

    # What it tries is in the refusal; its own log would stand on the terminal beside the progress.
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    settings: dict[str, Any] = {"authority": cloud.authority}
    if options.get("ca_bundle"):
        settings["connection_verify"] = options["ca_bundle"]
    if options.get("proxy"):
        settings["proxies"] = {"http": options["proxy"], "https": options["proxy"]}
    try:
        chain = DefaultAzureCredential(exclude_interactive_browser_credential=True, **settings)
        # The chain keeps its authority from this one, which would ask the commercial cloud.
        chain.credentials = tuple(
            WorkloadIdentityCredential(**settings)
            if isinstance(each, WorkloadIdentityCredential)
            else each
            for each in chain.credentials
        )
    except Exception as error:  # of the SDK, of files that variables name, and of their parsers
        raise _refused(str(error)) from error
    return chain


def _fetch(chain: Any, tenant: str | None, scope: str) -> tuple[str, float]:
    try:
        got = chain.get_token(scope, **({"tenant_id": tenant} if tenant else {}))
    except Exception as error:  # as above; nothing but signing in happens here
        raise _refused(_what_failed(str(error), len(chain.credentials))) from error
    return got.token, float(got.expires_on)


_ATTEMPT = re.compile(r"^\t(\w+: .+)$", re.MULTILINE)


def _what_failed(words: str, credentials: int) -> str:
    """What the chain says, or only the credential that it broke off at: the one that is set up."""
    attempts: list[str] = _ATTEMPT.findall(words)
    return attempts[-1] if 0 < len(attempts) < credentials else words


_FILES = ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_CERTIFICATE_PATH")
_TO_MEND = {
    "AADSTS70021": "give the application a federated credential with the issuer, subject and"
    " audience of this run's token",
    "AADSTS700016": "correct AZURE_CLIENT_ID, or the tenant that the application is looked for in",
    "AADSTS700024": "write a fresh token to the file that AZURE_FEDERATED_TOKEN_FILE names",
    "AADSTS7000215": "correct AZURE_CLIENT_SECRET",
    "AADSTS7000222": "give the application a new secret, and AZURE_CLIENT_SECRET with it",
    "AADSTS90002": "correct AZURE_TENANT_ID, and the target's tenant and cloud",
}
"""What to do about an error of Entra's token service, by the first digits of its code."""


def _refused(words: str) -> Refused:
    return Refused("credentials", "sign-in", f"{_to_mend(words)}; {words}", fatal=True)


def _to_mend(words: str) -> str:
    for name in _FILES:
        path = os.environ.get(name)
        if path and "[Errno" in words and path in words:
            return f"let {name} name a file that can be read, or unset it"
    for code, what in _TO_MEND.items():
        if code in words:
            return what
    if "DefaultAzureCredential" in words:  # nothing was set up
        return "sign in (az login, AZURE_ variables, a managed identity) or give a token_env"
    return "correct or unset the AZURE_ variables that it goes by, or give a token_env"
