"""CloudTrail Lake's event data stores.

Tables: cloudtrail.event_data_stores (arn), cloudtrail.delivery_errors (trail name: the error),
cloudtrail.policies (arn of a store: the text of its policy).
"""

from __future__ import annotations

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.records import dated
from scanner.demo.aws.registry import Call, Output, ours, overlay

_TABLE = "cloudtrail.event_data_stores"
_POLICIES = "cloudtrail.policies"
_LISTED = {"EventDataStoreArn", "Name"}


@ours("cloudtrail:CreateEventDataStore")
def create_event_data_store(call: Call) -> Output:
    number = len(call.table(_TABLE)) + 1
    arn = call.arn("cloudtrail", f"eventdatastore/00000000-0000-4000-8000-{number:012d}")
    store = {
        "EventDataStoreArn": arn,
        "Name": call.params["Name"],
        "Status": "ENABLED",
        "AdvancedEventSelectors": call.params.get("AdvancedEventSelectors", []),
        "MultiRegionEnabled": call.params.get("MultiRegionEnabled", True),
        "OrganizationEnabled": call.params.get("OrganizationEnabled", False),
        "RetentionPeriod": call.params.get("RetentionPeriod", 2555),
        "TerminationProtectionEnabled": call.params.get("TerminationProtectionEnabled", True),
        "CreatedTimestamp": {"days_ago": 0},
        "UpdatedTimestamp": {"days_ago": 0},
    }
    if "KmsKeyId" in call.params:
        store["KmsKeyId"] = call.params["KmsKeyId"]
    call.table(_TABLE)[arn] = store
    return dict(dated(store))


@ours("cloudtrail:ListEventDataStores")
def list_event_data_stores(call: Call) -> Output:
    """The service fills only ARN and name here, whatever the model has room for."""
    stores = call.table(_TABLE).values()
    return {"EventDataStores": [{n: v for n, v in s.items() if n in _LISTED} for s in stores]}


@ours("cloudtrail:GetEventDataStore")
def get_event_data_store(call: Call) -> Output:
    wanted = call.params["EventDataStore"]
    for arn, store in call.table(_TABLE).items():
        if wanted in {arn, arn.rsplit("/", 1)[-1]}:
            return dict(dated(store))
    raise Refusal("EventDataStoreNotFoundException", "The event data store was not found.")


@ours("cloudtrail:PutResourcePolicy")
def put_resource_policy(call: Call) -> Output:
    arn, text = call.params["ResourceArn"], call.params["ResourcePolicy"]
    call.table(_POLICIES)[arn] = text
    return {"ResourceArn": arn, "ResourcePolicy": text}


@ours("cloudtrail:GetResourcePolicy")
def get_resource_policy(call: Call) -> Output:
    arn = call.params["ResourceArn"]
    text = call.table(_POLICIES).get(arn)
    if text is None:
        raise Refusal("ResourcePolicyNotFoundException", "The resource has no policy.")
    return {"ResourceArn": arn, "ResourcePolicy": text}


@overlay(
    "cloudtrail:GetEventSelectors", "moto leaves out the selector that every trail begins with"
)
def get_event_selectors(call: Call, output: Output) -> Output:
    if output.get("EventSelectors") or output.get("AdvancedEventSelectors"):
        return output
    default = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
    return {"TrailARN": output["TrailARN"], "EventSelectors": [default]}


@overlay("cloudtrail:GetTrailStatus", "moto's trails never fail to deliver")
def get_trail_status(call: Call, output: Output) -> Output:
    name = call.params["Name"].rsplit("/", 1)[-1]
    error = call.table("cloudtrail.delivery_errors").get(name)
    return output if error is None else output | {"LatestDeliveryError": error}
