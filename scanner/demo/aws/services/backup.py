"""Access policies of backup vaults.

Table: backup.vault_policies (vault name: the policy's text).
"""

from __future__ import annotations

from scanner.demo.aws.errors import Refusal
from scanner.demo.aws.registry import Call, Output, ours

_TABLE = "backup.vault_policies"


@ours("backup:PutBackupVaultAccessPolicy")
def put_backup_vault_access_policy(call: Call) -> Output:
    call.table(_TABLE)[call.params["BackupVaultName"]] = call.params.get("Policy", "")
    return {}


@ours("backup:GetBackupVaultAccessPolicy")
def get_backup_vault_access_policy(call: Call) -> Output:
    name = call.params["BackupVaultName"]
    policy = call.table(_TABLE).get(name)
    if policy is None:
        raise Refusal("ResourceNotFoundException", "Requested policy does not exist.", 400)
    return {
        "BackupVaultName": name,
        "BackupVaultArn": call.arn("backup", f"backup-vault:{name}"),
        "Policy": policy,
    }
