"""Keys, machines, rights, defences and baselines of a subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.base import Partial, Refused, Source, source
from scanner.collectors.microsoft.arm import (
    got,
    listed,
    properties,
    resource_id,
    subscription_of,
    version_of,
)
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.crypto import FipsSetting, Key
from scanner.facts.host import Instance
from scanner.facts.identity import RoleGrant
from scanner.facts.services import Baseline, Contact, Detection
from scanner.facts.software import PatchState, Scanner
from scanner.facts.storage import Store

VAULTS = f"GET {ANYWHERE}Microsoft.KeyVault/vaults"
KEYS = f"GET {IN_GROUP}Microsoft.KeyVault/vaults/{{vault}}/keys"
KEY = f"GET {IN_GROUP}Microsoft.KeyVault/vaults/{{vault}}/keys/{{key}}"
CLUSTERS = f"GET {ANYWHERE}Microsoft.ContainerService/managedClusters"
MACHINES = f"GET {ANYWHERE}Microsoft.Compute/virtualMachines"
INSTANCE_VIEW = f"GET {IN_GROUP}Microsoft.Compute/virtualMachines/{{machine}}/instanceView"
INTERFACES = f"GET {ANYWHERE}Microsoft.Network/networkInterfaces"
ASSIGNMENTS = f"GET {ANYWHERE}Microsoft.Authorization/roleAssignments"
DEFINITIONS = f"GET {ANYWHERE}Microsoft.Authorization/roleDefinitions"
PRICINGS = f"GET {ANYWHERE}Microsoft.Security/pricings"
CONTACTS = f"GET {ANYWHERE}Microsoft.Security/securityContacts"
POLICIES = f"GET {ANYWHERE}Microsoft.Authorization/policyAssignments"
STATES = f"POST {ANYWHERE}Microsoft.PolicyInsights/policyStates/latest/summarize"

_VAULTS_READ = {VAULTS: "Microsoft.KeyVault/vaults/read"}
_MACHINES_READ = {MACHINES: "Microsoft.Compute/virtualMachines/read"}


@source(
    Store,
    fields=["category", "public", "public_blocked", "network_default_deny", "encrypted", "key_id"],
    calls=_VAULTS_READ,
    always={"category": "key-vault", "public": False, "encrypted": True},
)
def key_vaults(place: Place) -> Iterator[Fact | Partial]:
    """Key vaults: from which networks they can be reached."""
    for vault in everywhere(place, VAULTS):
        found = parts(vault)
        closed = str(found.get("publicNetworkAccess", "")).lower() == "disabled"
        rules = found.get("networkAcls")
        action = rules.get("defaultAction") if isinstance(rules, dict) else None
        denies = True if closed else {"Deny": True, "Allow": False}.get(str(action))
        # The service encrypts what it keeps, and gives nothing without a role or access policy.
        always = {"category": "key-vault", "encrypted": True, "public": False, "key_id": None}
        fields = {**named(place, vault, VAULTS), **always}
        if denies is None:
            why = Refused("broken", VAULTS, "networkAcls is absent, which is no answer")
            names = ("public_blocked", "network_default_deny")
            yield Partial(Store(**fields), dict.fromkeys(names, why))
        else:
            yield Store(public_blocked=closed, network_default_deny=denies, **fields)


@source(
    Key,
    fields=["state", "origin", "managed_by", "policy_public"],
    calls={**_VAULTS_READ, KEYS: "Microsoft.KeyVault/vaults/keys/read"},
    always={"managed_by": "customer", "policy_public": False},
)
def vault_keys(place: Place) -> Iterator[Fact]:
    """Keys in key vaults; never their material."""
    for vault in everywhere(place, VAULTS):
        for key in listed(place, KEYS, *where(place, resource_id(vault))):
            attributes = properties(key).get("attributes")
            on = attributes.get("enabled") if isinstance(attributes, dict) else None
            if not isinstance(on, bool):
                raise Refused("broken", KEYS, "a key tells no state")
            yield Key(
                state="enabled" if on else "disabled",
                origin="key-vault",
                managed_by="customer",
                # Using a key takes a role or an access policy; neither can name everybody.
                policy_public=False,
                **named(place, key, KEYS),
            )


@vault_keys.detail(
    fields=["hardware", "rotation_days", "symmetric"],
    calls={KEY: "Microsoft.KeyVault/vaults/keys/read"},
)
def key_kind(place: Place, key: Key) -> dict[str, object]:
    """Whether the key lives in a hardware module, and how often it rotates by itself."""
    vault = key.subject.rpartition("/keys/")[0]
    found = properties(got(place, KEY, *where(place, vault), key.subject.rpartition("/")[2]))
    kind = str(found.get("kty") or "")
    if not kind:
        raise Refused("broken", KEY, "the key tells no type")
    days = None
    actions = (found.get("rotationPolicy") or {}).get("lifetimeActions")
    for action in items(actions):
        if str((action.get("action") or {}).get("type", "")).lower() == "rotate":
            days = _days((action.get("trigger") or {}).get("timeAfterCreate")) or days
    return {
        "hardware": kind.upper().endswith("-HSM"),
        "rotation_days": days,
        "symmetric": kind.upper().startswith("OCT"),
    }


def _days(duration: object) -> int | None:
    """Days of an ISO 8601 duration such as P90D, P3M or P1Y; None for another form."""
    text = str(duration or "")
    number, unit = text[1:-1], text[-1:]
    if not text.startswith("P") or not number.isdigit():
        return None
    days = {"D": 1, "M": 30, "Y": 365}.get(unit)
    return None if days is None else int(number) * days


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
    view = got(place, INSTANCE_VIEW, *where(place, machine.subject))
    codes = [str(status.get("code")) for status in items(view.get("statuses"))]
    power = [code.partition("/")[2] for code in codes if code.startswith("PowerState/")]
    if not power:
        raise Refused("broken", INSTANCE_VIEW, "the answer tells no power state")
    agent = items((view.get("vmAgent") or {}).get("statuses"))
    return {
        "state": power[0],
        "managed": any(str(status.get("displayStatus")) == "Ready" for status in agent),
    }


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
    machine = state.subject.removesuffix("/patches")
    view = got(place, INSTANCE_VIEW, *where(place, machine))
    found = (view.get("patchStatus") or {}).get("availablePatchSummary")
    if not isinstance(found, dict) or found.get("status") not in (
        "Succeeded",
        "CompletedWithWarnings",
    ):
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
    view = got(place, INSTANCE_VIEW, *where(place, scan.subject.removesuffix("/scans")))
    found = (view.get("patchStatus") or {}).get("availablePatchSummary")
    days = place.days_since(found.get("lastModifiedTime")) if isinstance(found, dict) else None
    return {"active": days is not None, "last_scan_days": days}


@machine_scans.detail(fields=["continuous"], calls={PRICINGS: "Microsoft.Security/pricings/read"})
def continuous_scan(place: Place, scan: Scanner) -> dict[str, object]:
    """Whether Defender for Cloud's plan for machines is on."""
    return {
        "continuous": any(
            str(plan.get("name")) == "VirtualMachines"
            and properties(plan).get("pricingTier") == "Standard"
            for plan in everywhere(place, PRICINGS)
        )
    }


@machines.detail(
    fields=["public_address"], calls={INTERFACES: "Microsoft.Network/networkInterfaces/read"}
)
def address(place: Place, machine: Instance) -> dict[str, object]:
    """Whether the machine has an address on the internet."""
    for interface in everywhere(place, INTERFACES):
        found = parts(interface)
        if str((found.get("virtualMachine") or {}).get("id") or "").lower() != machine.subject:
            continue
        for configuration in items(found.get("ipConfigurations")):
            if isinstance((configuration.get("properties") or {}).get("publicIPAddress"), dict):
                return {"public_address": True}
    return {"public_address": False}


_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("admin", "audit", "change", "data", "iam", "keys",
                                             "network"),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": ("iam",),
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": ("iam",),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": ("admin", "audit", "change", "keys", "network"),
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": ("audit",),
    "749f88d5-cbae-40b8-bcfc-e573ddc772fa": ("audit",),
    "4d97b98b-1d4f-4787-a291-c67834d212e7": ("network",),
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": ("keys",),
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": ("keys",),
    "fb1c8493-542b-48eb-b624-b4c8fea62acd": ("audit",),
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": ("change",),
}  # fmt: skip
"""Built-in roles by id: Owner, User Access Administrator, Role Based Access Control Administrator,
Contributor, Log Analytics Contributor, Monitoring Contributor, Network Contributor, Key Vault
Administrator, Key Vault Crypto Officer, Security Admin, Virtual Machine Contributor."""


@source(
    RoleGrant,
    fields=["principal", "principal_name", "principal_kind", "role", "action_class", "privileged",
            "permanent", "external"],
    calls={
        ASSIGNMENTS: "Microsoft.Authorization/roleAssignments/read",
        DEFINITIONS: "Microsoft.Authorization/roleDefinitions/read",
    },
    always={"permanent": True},
)  # fmt: skip
def role_assignments(place: Place) -> Iterator[Fact]:
    """Who holds which role at the subscription or in it."""
    roles = {
        resource_id(role).rpartition("/")[2]: parts(role) for role in everywhere(place, DEFINITIONS)
    }
    for assignment in everywhere(place, ASSIGNMENTS):
        found = parts(assignment)
        role_id = str(found.get("roleDefinitionId", "")).lower().rpartition("/")[2]
        role = roles.get(role_id)
        if role is None:
            raise Refused("broken", ASSIGNMENTS, "an assignment names an unknown role")
        name = str(role.get("roleName") or role_id)
        classes = _ROLES.get(role_id) or _classes(role)
        principal = str(found.get("principalId", "")).lower()
        kind = _KINDS.get(str(found.get("principalType", "")).lower(), "user")
        scope = str(found.get("scope") or "")
        fields = named(place, assignment, ASSIGNMENTS)
        yield RoleGrant(
            principal=principal,
            principal_name=principal,
            principal_kind=kind,
            role=name,
            action_class=classes,
            privileged=bool(classes),
            permanent=True,
            external=str(found.get("principalType", "")).lower() == "foreigngroup",
            **{**fields, "name": f"{name} at {scope or '/'}: {kind} {principal}"},
        )


_KINDS = {
    "user": "user",
    "group": "group",
    "serviceprincipal": "service",
    "foreigngroup": "group",
}


def _classes(role: Mapping[str, Any]) -> tuple[str, ...]:
    """Classes of a role that the table does not know: whatever writes administers."""
    actions = [
        str(action).lower()
        for permission in items(role.get("permissions"))
        for action in permission.get("actions") or ()
    ]
    writes = [a for a in actions if not a.endswith(("/read", "*/read"))]
    if not writes:
        return ()
    found = {"change"}
    for start, word in (
        ("microsoft.authorization", "iam"),
        ("microsoft.insights", "audit"),
        ("microsoft.operationalinsights", "audit"),
        ("microsoft.keyvault", "keys"),
        ("microsoft.network", "network"),
        ("*", "admin"),
    ):
        if any(action.startswith(start) for action in writes):
            found.add(word)
    return tuple(sorted(found))


def _plan(name: str, kind: str) -> Source:
    """The source of one Defender plan: whether it watches that kind of asset."""

    def plan(place: Place) -> Iterator[Fact]:
        for one in everywhere(place, PRICINGS):
            if str(one.get("name")) == name:
                on = properties(one).get("pricingTier") == "Standard"
                fields = named(place, one, PRICINGS)
                yield Scanner(asset_kind=kind, active=on, continuous=on, **fields)

    plan.__name__ = f"defender_{kind.replace('-', '_')}_plan"
    plan.__doc__ = f"Whether Defender for Cloud watches assets of the kind {kind}."
    return source(
        Scanner,
        fields=["asset_kind", "active", "continuous"],
        calls={PRICINGS: "Microsoft.Security/pricings/read"},
        always={"asset_kind": kind},
    )(plan)


DEFENDER_PLANS = tuple(
    _plan(name, kind)
    for name, kind in (
        ("VirtualMachines", "instance"),
        ("Containers", "image-registry"),
        ("SqlServers", "database"),
        ("StorageAccounts", "storage"),
    )
)
"""One source for each plan that looks for flaws or attacks in assets."""


@source(
    Detection,
    fields=["service", "enabled", "features"],
    calls={PRICINGS: "Microsoft.Security/pricings/read"},
    always={"service": "defender-for-cloud"},
)
def defender(place: Place) -> Iterator[Fact]:
    """Defender for Cloud, with the plans that are on."""
    on = sorted(
        str(plan.get("name"))
        for plan in everywhere(place, PRICINGS)
        if properties(plan).get("pricingTier") == "Standard"
    )
    yield Detection(
        subject=f"{place.job.scope.id}/defender-for-cloud",
        name="Defender for Cloud",
        service="defender-for-cloud",
        enabled=bool(on),
        features=tuple(on),
        **place.here(PRICINGS),
    )


@source(
    Contact,
    fields=["purpose", "set"],
    calls={CONTACTS: "Microsoft.Security/securityContacts/read"},
    always={"purpose": "security"},
)
def contacts(place: Place) -> Iterator[Fact]:
    """Whom Azure writes to on security matters."""
    emails = [
        str(properties(contact).get("emails") or "")
        for contact in listed(place, CONTACTS, subscription_of(place))
    ]
    yield Contact(
        subject=f"{place.job.scope.id}/security-contact",
        name="security contact",
        purpose="security",
        set=any(emails),
        **place.here(CONTACTS),
    )


@source(
    Baseline,
    fields=["system", "enforced"],
    calls={POLICIES: "Microsoft.Authorization/policyAssignments/read"},
    always={"system": "azure-policy"},
)
def policy_assignments(place: Place) -> Iterator[Fact]:
    """Policies and initiatives that the subscription is held to."""
    for assignment in everywhere(place, POLICIES):
        found = parts(assignment)
        yield Baseline(
            system="azure-policy",
            enforced=str(found.get("enforcementMode") or "Default") == "Default",
            **{
                **named(place, assignment, POLICIES),
                "name": str(found.get("displayName") or assignment.get("name")),
            },
        )


@policy_assignments.detail(
    fields=["noncompliant"],
    calls={STATES: "Microsoft.PolicyInsights/policyStates/summarize/read"},
)
def deviations(place: Place, baseline: Baseline) -> dict[str, object]:
    """How many resources deviate from it."""

    def read() -> dict[str, int]:
        body = place.post(STATES, subscription_of(place), body={}, query=version_of(STATES))
        summaries = items(body.get("value")) if isinstance(body, dict) else []
        if not summaries:
            raise Refused("broken", STATES, "the answer holds no summary")
        found: dict[str, int] = {}
        for one in items(summaries[0].get("policyAssignments")):
            count = (one.get("results") or {}).get("nonCompliantResources")
            if isinstance(count, int):
                found[str(one.get("policyAssignmentId", "")).lower()] = count
        return found

    found = place.once((STATES,), read)
    if baseline.subject not in found:
        raise Refused("not-supported", STATES, "no state of this assignment yet")
    return {"noncompliant": found[baseline.subject]}
