"""Bearer tokens: from a named environment variable, or from azure-identity's default chain."""

from __future__ import annotations

import logging
import os
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
    """A token from azure-identity's default chain, kept until shortly before it expires."""
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
        from azure.identity import DefaultAzureCredential
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
    return DefaultAzureCredential(exclude_interactive_browser_credential=True, **settings)


def _fetch(credential: Any, tenant: str | None, scope: str) -> tuple[str, float]:
    from azure.core.exceptions import AzureError

    try:
        got = credential.get_token(scope, **({"tenant_id": tenant} if tenant else {}))
    except (AzureError, ValueError, OSError) as error:
        hint = "sign in (az login, AZURE_ variables, a managed identity) or give a token_env"
        raise Refused("credentials", "sign-in", f"{hint}; {error}", fatal=True) from error
    return got.token, float(got.expires_on)
