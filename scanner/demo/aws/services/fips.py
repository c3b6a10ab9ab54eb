"""Settings for FIPS that moto does not know, and the directories that people of applications use.

Tables: ec2.verified_access (instance id), workspaces.modes (directory id: the mode as text),
cognito.pools (pool id: the pool in boto3's shape).
"""

from __future__ import annotations

from scanner.demo.aws.registry import Call, Output, ours, overlay

_SSH = {
    "SshCiphers": ["aes256-gcm@openssh.com", "aes256-ctr"],
    "SshKexs": ["ecdh-sha2-nistp384"],
    "SshMacs": ["hmac-sha2-512"],
    "TlsCiphers": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
}


@ours("transfer:DescribeSecurityPolicy")
def describe_security_policy(call: Call) -> Output:
    """Every name is known; FIPS ones say so by the member, others lack it."""
    name = call.params["SecurityPolicyName"]
    policy = {"SecurityPolicyName": name, "Type": "SERVER", "Protocols": ["SFTP", "FTPS"], **_SSH}
    if "FIPS" in name:
        policy["Fips"] = True
    return {"SecurityPolicy": policy}


@ours("ec2:DescribeVerifiedAccessInstances")
def describe_verified_access_instances(call: Call) -> Output:
    return {"VerifiedAccessInstances": list(call.table("ec2.verified_access").values())}


@overlay("workspaces:DescribeWorkspaceDirectories", "moto has no endpoint encryption")
def describe_workspace_directories(call: Call, output: Output) -> Output:
    for directory in output.get("Directories", []):
        mode = call.table("workspaces.modes").get(directory["DirectoryId"], "STANDARD_TLS")
        directory["EndpointEncryptionMode"] = mode
    return output


@ours("cognito-idp:ListUserPools", "moto's needs a library more")
def list_user_pools(call: Call) -> Output:
    pools = call.table("cognito.pools").values()
    return {"UserPools": [{"Id": pool["Id"], "Name": pool["Name"]} for pool in pools]}


@ours("cognito-idp:DescribeUserPool", "moto's needs a library more")
def describe_user_pool(call: Call) -> Output:
    return {"UserPool": call.table("cognito.pools")[call.params["UserPoolId"]]}
