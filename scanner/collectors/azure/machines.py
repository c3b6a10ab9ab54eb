"""Virtual machines and node pools: what they run, whether they are patched and looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.azure.defences import PRICINGS, is_on
from scanner.collectors.azure.interfaces import INTERFACES_READ, interfaces
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import got
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.crypto import FipsSetting
from scanner.facts.host import Instance
from scanner.facts.software import PatchState, Scanner

CLUSTERS = f"GET {ANYWHERE}Microsoft.ContainerService/managedClusters"
MACHINES = f"GET {ANYWHERE}Microsoft.Compute/virtualMachines"
INSTANCE_VIEW = f"GET {IN_GROUP}Microsoft.Compute/virtualMachines/{{machine}}/instanceView"


_MACHINES_READ = {MACHINES: "Microsoft.Compute/virtualMachines/read"}


@source(
    FipsSetting,
    fields=["setting", "value", "on"],
    calls={CLUSTERS: "Microsoft.ContainerService/managedClusters/read"},
    always={"setting": "node-image"},
)
def cluster_nodes(place: Place) -> Iterator[Fact]:
    """Whether each node pool of a Kubernetes cluster runs a FIPS image."""
    for cluster in everywhere(place, CLUSTERS):
        pools = parts(cluster).get("agentPoolProfiles")
        if not isinstance(pools, list):
            raise Refused("broken", CLUSTERS, "a cluster lists no node pools")
        for pool in items(pools):
            fields = named(place, cluster, CLUSTERS)
            name = str(pool.get("name", "pool"))
            yield FipsSetting(
                setting="node-image",
                value=str(pool.get("osSKU") or "") or None,
                on=pool.get("enableFIPS") is True,
                **{
                    **fields,
                    "subject": f"{fields['subject']}/agentpools/{name.lower()}",
                    "name": f"{fields['name']}/{name}",
                },
            )


@source(
    Instance,
    fields=["image", "platform"],
    calls=_MACHINES_READ,
)
def machines(place: Place) -> Iterator[Fact]:
    """Virtual machines."""
    for machine in everywhere(place, MACHINES):
        profile = parts(machine).get("storageProfile") or {}
        image = profile.get("imageReference") or {}
        shown = image.get("id") or ":".join(
            str(image[key]) for key in ("publisher", "offer", "sku") if image.get(key)
        )
        system = (profile.get("osDisk") or {}).get("osType")
        yield Instance(
            image=str(shown).lower() or None,
            platform=str(system).lower() if system else None,
            **named(place, machine, MACHINES),
        )


@machines.detail(
    fields=["state", "managed"],
    calls={INSTANCE_VIEW: "Microsoft.Compute/virtualMachines/instanceView/read"},
)
def instance_state(place: Place, machine: Instance) -> dict[str, object]:
    """Whether the machine runs, and whether its agent reports."""
    view = _view(place, machine.subject)
    state = _power(view)
    agent = items((view.get("vmAgent") or {}).get("statuses"))
    return {
        "state": state,
        "managed": any(str(status.get("displayStatus")) == "Ready" for status in agent),
    }


def _view(place: Place, machine: str) -> dict[str, Any]:
    """What the platform sees of a machine now, read once. Raises Refused."""
    return place.once(
        (INSTANCE_VIEW, machine), lambda: got(place, INSTANCE_VIEW, *where(place, machine))
    )


def _power(view: dict[str, Any]) -> str:
    codes = [str(status.get("code")) for status in items(view.get("statuses"))]
    power = [code.partition("/")[2] for code in codes if code.startswith("PowerState/")]
    if not power:
        raise Refused("broken", INSTANCE_VIEW, "the answer tells no power state")
    return power[0]


def _assessment(view: dict[str, Any]) -> dict[str, Any] | None:
    """The latest assessment of a machine's updates; None: there was none. Raises Refused."""
    found = (view.get("patchStatus") or {}).get("availablePatchSummary")
    if not isinstance(found, dict):
        if _power(view) != "running":
            # A machine that is off has no agent that would tell.
            raise Refused("not-supported", INSTANCE_VIEW, "it is switched off")
        return None
    if found.get("status") not in ("Succeeded", "CompletedWithWarnings"):
        detail = f"its last assessment has the state {found.get('status')}"
        raise Refused("not-supported", INSTANCE_VIEW, detail)
    return found


@source(
    PatchState,
    fields=[],
    calls=_MACHINES_READ,
)
def patches(place: Place) -> Iterator[Fact]:
    """Updates that virtual machines miss, by the platform's own assessment."""
    for machine in everywhere(place, MACHINES):
        fields = named(place, machine, MACHINES)
        yield PatchState(**{**fields, "subject": f"{fields['subject']}/patches"})


@patches.detail(
    fields=["missing", "critical_missing", "last_scan_days"],
    calls={INSTANCE_VIEW: "Microsoft.Compute/virtualMachines/instanceView/read"},
)
def missing_updates(place: Place, state: PatchState) -> dict[str, object]:
    """The latest assessment of the machine's updates."""
    found = _assessment(_view(place, state.subject.removesuffix("/patches")))
    if found is None:
        raise Refused("not-supported", INSTANCE_VIEW, "its updates were never assessed")
    critical, other = found.get("criticalAndSecurityPatchCount"), found.get("otherPatchCount")
    days = place.days_since(found.get("lastModifiedTime"))
    if not isinstance(critical, int) or not isinstance(other, int) or days is None:
        raise Refused("broken", INSTANCE_VIEW, "the assessment is not understood")
    return {"missing": critical + other, "critical_missing": critical, "last_scan_days": days}


@source(Scanner, fields=["asset_kind"], calls=_MACHINES_READ, always={"asset_kind": "machine"})
def machine_scans(place: Place) -> Iterator[Fact]:
    """When the platform last looked for missing updates of each virtual machine."""
    for machine in everywhere(place, MACHINES):
        fields = named(place, machine, MACHINES)
        yield Scanner(asset_kind="machine", **{**fields, "subject": f"{fields['subject']}/scans"})


@machine_scans.detail(
    fields=["active", "last_scan_days"],
    calls={INSTANCE_VIEW: "Microsoft.Compute/virtualMachines/instanceView/read"},
)
def last_scan(place: Place, scan: Scanner) -> dict[str, object]:
    """The latest assessment of the machine; none: it was never looked at."""
    found = _assessment(_view(place, scan.subject.removesuffix("/scans")))
    days = None if found is None else place.days_since(found.get("lastModifiedTime"))
    if found is not None and days is None:
        raise Refused("broken", INSTANCE_VIEW, "the assessment tells no time")
    return {"active": days is not None, "last_scan_days": days}


@machine_scans.detail(fields=["continuous"], calls={PRICINGS: "Microsoft.Security/pricings/read"})
def continuous_scan(place: Place, scan: Scanner) -> dict[str, object]:
    """Whether Defender for Cloud's plan for machines is on."""
    return {
        "continuous": any(
            str(plan.get("name")) == "VirtualMachines" and is_on(plan)
            for plan in everywhere(place, PRICINGS)
        )
    }


@machines.detail(fields=["public_address"], calls=INTERFACES_READ)
def address(place: Place, machine: Instance) -> dict[str, object]:
    """Whether the internet reaches the machine, by its own address or a load balancer's."""
    mine = [one for one in interfaces(place) if one.machine == machine.subject]
    return {"public_address": any(public for one in mine for _, public in one.addresses)}
