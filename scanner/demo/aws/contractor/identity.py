"""IAM: the password policy, groups, users, their second factors and keys."""

from __future__ import annotations

from typing import Any

from scanner.demo.aws import estate
from scanner.demo.aws.contractor.site import Site, repeated
from scanner.demo.aws.models import partition_of


def build_identity(site: Site, count: int) -> None:
    iam = site("iam")
    site.put("iam.credential_report", "<root_account>", estate.ROOT, region="global")
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        PasswordReusePrevention=24,
    )
    for team in sorted({user.team for user in estate.USERS}):
        iam.create_group(GroupName=team)
    managed = f"arn:{partition_of(site.region)}:iam::aws:policy/"
    iam.attach_group_policy(GroupName="it", PolicyArn=f"{managed}AdministratorAccess")
    iam.attach_group_policy(GroupName="security", PolicyArn=f"{managed}SecurityAudit")
    for user, suffix in repeated(estate.USERS, count):
        _user(site, iam, user, f"{user.name}{suffix}")


def _user(site: Site, iam: Any, user: estate.User, name: str) -> None:
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": user.team}])
    iam.add_user_to_group(GroupName=user.team, UserName=name)
    columns: dict[str, Any] = {"user_creation_time_days": user.age}
    if user.console:
        iam.create_login_profile(UserName=name, Password="Not-a-secret-9")
        columns["password_last_changed_days"] = min(user.age, 70)
        if user.used is not None:
            columns["password_last_used_days"] = user.used
    if user.mfa:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=device["VirtualMFADevice"]["SerialNumber"],
            AuthenticationCode1="123456",
            AuthenticationCode2="234567",
        )
    if user.key_age is not None:
        iam.create_access_key(UserName=name)
        columns["access_key_1_last_rotated_days"] = user.key_age
        columns["access_key_1_last_used_date_days"] = user.key_used or 0
        columns["access_key_1_last_used_region"] = site.region
        columns["access_key_1_last_used_service"] = "s3"
    site.put("iam.credential_report", name, columns, region="global")
