"""Listeners of load balancers."""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, overlay


@overlay("elbv2:DescribeListeners", "moto gives plain HTTP listeners a TLS policy")
def describe_listeners(call: Call, output: Output) -> Output:
    for listener in output["Listeners"]:
        if listener["Protocol"] not in {"HTTPS", "TLS"}:
            listener.pop("SslPolicy", None)
            listener.pop("Certificates", None)
    return output
