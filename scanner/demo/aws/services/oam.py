"""CloudWatch's links between accounts: moto has nothing of them.

Tables: oam.links (arn: the link as `GetLink` answers it).
"""

from __future__ import annotations

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.registry import Call, Output, ours

_TABLE = "oam.links"
_LISTED = ("Arn", "Id", "Label", "ResourceTypes", "SinkArn")


@ours("oam:CreateLink")
def create_link(call: Call) -> Output:
    number = len(call.table(_TABLE)) + 1
    identity = f"00000000-0000-4000-8000-{number:012d}"
    arn = call.arn("oam", f"link/{identity}")
    link = {
        "Arn": arn,
        "Id": identity,
        "Label": call.account,
        "LabelTemplate": call.params["LabelTemplate"],
        "LinkConfiguration": call.params.get("LinkConfiguration", {}),
        "ResourceTypes": call.params["ResourceTypes"],
        "SinkArn": call.params["SinkIdentifier"],
        "Tags": call.params.get("Tags", {}),
    }
    call.table(_TABLE)[arn] = link
    return link


@ours("oam:ListLinks")
def list_links(call: Call) -> Output:
    rows = call.table(_TABLE).values()
    return {"Items": [{name: row[name] for name in _LISTED} for row in rows]}


@ours("oam:GetLink")
def get_link(call: Call) -> Output:
    link = call.table(_TABLE).get(call.params["Identifier"])
    if link is None:
        raise Refusal("ResourceNotFoundException", "The link was not found.", 404)
    return dict(link)
