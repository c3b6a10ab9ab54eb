"""Listeners of load balancers, and the TLS policies that they may have."""

from __future__ import annotations

import re
from typing import Any

from scanner.demo.aws.registry import Call, Output, overlay

# The FIPS policies; of a 2025 one there is none for protocols below 1.2.
_FIPS_2023 = ("1-3", "1-2", "1-2-Res", "1-2-Ext0", "1-2-Ext1", "1-2-Ext2", "1-1", "1-0")
_FIPS_NAMES = (
    *(f"ELBSecurityPolicy-TLS13-{part}-FIPS-2023-04" for part in _FIPS_2023),
    *(f"ELBSecurityPolicy-TLS13-{part}-FIPS-PQ-2025-09" for part in _FIPS_2023[:6]),
)
# AES alone: what a validated module offers. Each set comes on top of the one before it.
_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384")
_RESTRICTED = tuple(
    f"ECDHE-{key}-AES{aes}"
    for key in ("ECDSA", "RSA")
    for aes in ("128-GCM-SHA256", "256-GCM-SHA384")
)
_CBC = tuple(
    f"ECDHE-{key}-AES{aes}" for key in ("ECDSA", "RSA") for aes in ("128-SHA256", "256-SHA384")
)
_SHA1 = tuple(f"ECDHE-{key}-AES{bits}-SHA" for key in ("ECDSA", "RSA") for bits in (128, 256))
_PLAIN_RSA = ("AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256")
_SETS = {
    "1-3": _TLS13,
    "1-2-Res": _TLS13 + _RESTRICTED,
    "1-2": _TLS13 + _RESTRICTED + _CBC,
    "1-2-Ext0": _TLS13 + _RESTRICTED + _CBC + _SHA1,
    "1-2-Ext1": _TLS13 + _RESTRICTED + _CBC + _PLAIN_RSA,
    "1-2-Ext2": _TLS13 + _RESTRICTED + _CBC + _SHA1 + _PLAIN_RSA,
}
_PROTOCOLS = ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1")


def _fips_policy(name: str) -> dict[str, Any]:
    part = re.split("-FIPS-", name.removeprefix("ELBSecurityPolicy-TLS13-"))[0]
    ciphers = _SETS.get(part, _SETS["1-2-Ext2"])
    return {
        "Name": name,
        "SslProtocols": list(_PROTOCOLS[: 4 - int(part[2])]),
        "Ciphers": [{"Name": c, "Priority": n} for n, c in enumerate(ciphers, 1)],
        "SupportedLoadBalancerTypes": ["application", "network"],
    }


@overlay("elbv2:DescribeSSLPolicies", "moto knows none of the FIPS policies")
def describe_ssl_policies(call: Call, output: Output) -> Output:
    wanted = call.params.get("Names")
    added = [_fips_policy(name) for name in _FIPS_NAMES if wanted is None or name in wanted]
    return {"SslPolicies": output["SslPolicies"] + added}


@overlay("elbv2:DescribeListeners", "moto gives plain HTTP listeners a TLS policy")
def describe_listeners(call: Call, output: Output) -> Output:
    for listener in output["Listeners"]:
        if listener["Protocol"] not in {"HTTPS", "TLS"}:
            listener.pop("SslPolicy", None)
            listener.pop("Certificates", None)
    return output
