"""The contractor's virtual machines and its cluster."""

from __future__ import annotations

from scanner.demo.microsoft.halyard.site import Site
from scanner.demo.microsoft.making import ago


def add_machines(site: Site) -> None:
    """Virtual machines with their state, and a Kubernetes cluster."""
    # machine: security updates that are missing, days since they were assessed
    for name, critical, days in (("build", 0, 1), ("gateway", 0, 2), ("test", 7, 40)):
        machine = {"id": site.id("compute", "Microsoft.Compute/virtualMachines", name)}
        site.under(
            machine,
            "instanceView",
            {
                "vmAgent": {
                    "vmAgentVersion": "2.11.1.12",
                    "statuses": [{"code": "ProvisioningState/succeeded", "displayStatus": "Ready"}],
                },
                "statuses": [
                    {"code": "ProvisioningState/succeeded", "displayStatus": "Succeeded"},
                    {"code": "PowerState/running", "displayStatus": "VM running"},
                ],
                "patchStatus": {
                    "availablePatchSummary": {
                        "status": "Succeeded",
                        "rebootPending": False,
                        "criticalAndSecurityPatchCount": critical,
                        "otherPatchCount": 3,
                        "startTime": ago(days),
                        "lastModifiedTime": ago(days),
                    }
                },
            },
        )
    site.listing(
        "Microsoft.Compute/virtualMachines",
        [
            site.resource(
                "compute",
                "Microsoft.Compute/virtualMachines",
                name,
                storageProfile={
                    "imageReference": {"publisher": "canonical", "offer": offer, "sku": sku},
                    "osDisk": {"osType": "Linux"},
                },
            )
            for name, offer, sku in (
                ("build", "0001-com-ubuntu-pro-jammy-fips", "pro-fips-22_04"),
                ("gateway", "0001-com-ubuntu-pro-jammy-fips", "pro-fips-22_04"),
                ("test", "ubuntu-24_04-lts", "server"),  # no FIPS image
            )
        ],
    )
    site.listing(
        "Microsoft.ContainerService/managedClusters",
        [
            site.resource(
                "compute",
                "Microsoft.ContainerService/managedClusters",
                "halyard-aks",
                agentPoolProfiles=[
                    {"name": "system", "osSKU": "Ubuntu", "enableFIPS": True},
                    {"name": "batch", "osSKU": "AzureLinux", "enableFIPS": False},  # not FIPS
                ],
            )
        ],
    )
