"""Client VPN endpoints.

Tables: ec2.client_vpns (endpoint id: the endpoint in boto3's shape), ec2.client_vpn_rules (any key:
an authorization rule).
"""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, ours


@ours("ec2:DescribeClientVpnEndpoints")
def describe_client_vpn_endpoints(call: Call) -> Output:
    return {"ClientVpnEndpoints": list(call.table("ec2.client_vpns").values())}


@ours("ec2:DescribeClientVpnAuthorizationRules")
def describe_client_vpn_authorization_rules(call: Call) -> Output:
    wanted = call.params["ClientVpnEndpointId"]
    rules = call.table("ec2.client_vpn_rules").values()
    return {"AuthorizationRules": [r for r in rules if r["ClientVpnEndpointId"] == wanted]}
