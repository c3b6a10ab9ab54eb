"""Services without machines of one's own that moto does not know, or not whole.

Tables: elasticache.serverless, redshift.namespaces, redshift.workgroups, aoss.access_policies
(name: the thing in boto3's shape).
"""

from __future__ import annotations

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.registry import Call, Output, ours


@ours("elasticache:DescribeServerlessCaches")
def describe_serverless_caches(call: Call) -> Output:
    return {"ServerlessCaches": list(call.table("elasticache.serverless").values())}


@ours("redshift-serverless:ListNamespaces")
def list_namespaces(call: Call) -> Output:
    return {"namespaces": list(call.table("redshift.namespaces").values())}


@ours("redshift-serverless:ListWorkgroups")
def list_workgroups(call: Call) -> Output:
    return {"workgroups": list(call.table("redshift.workgroups").values())}


@ours("opensearchserverless:ListAccessPolicies")
def list_access_policies(call: Call) -> Output:
    found = call.table("aoss.access_policies").values()
    return {"accessPolicySummaries": [{"type": "data", "name": p["name"]} for p in found]}


@ours("opensearchserverless:GetAccessPolicy")
def get_access_policy(call: Call) -> Output:
    found = call.table("aoss.access_policies").get(call.params["name"])
    if found is None:
        raise Refusal("ResourceNotFoundException", "There is no such policy.", 404)
    return {"accessPolicyDetail": {"type": "data", **found}}
