"""Directory roles that administer something, by the id of their template.

Source: Entra "Microsoft Entra built-in roles". The classes are our own reading of what each can do.
"""

from __future__ import annotations

GLOBAL_ADMIN = "62e90394-69f5-4237-9190-012177145e10"

PRIVILEGED: dict[str, tuple[str, ...]] = {
    GLOBAL_ADMIN: ("admin", "audit", "change", "data", "iam", "keys", "network"),
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": ("iam", "keys"),  # Application Administrator
    "cf1c38e5-3621-4004-a7cb-879624dced7c": ("change",),  # Application Developer
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": ("iam",),  # Authentication Administrator
    "0526716b-113d-4c15-b2c8-68e3c22b9f80": ("iam",),  # Authentication Policy Administrator
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": ("iam",),  # Privileged Authentication Administrator
    "e8611ab8-c189-46e8-94e1-60213ab1f814": ("admin", "iam"),  # Privileged Role Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7": ("iam", "keys"),  # Cloud Application Administrator
    "7698a772-787b-4ac8-901f-60d6b08affd2": ("change", "keys"),  # Cloud Device Administrator
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": ("iam",),  # Conditional Access Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2": ("iam",),  # Hybrid Identity Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301": ("iam",),  # Directory Writers
    "be2f45a1-457d-42af-a067-6ec1fa63bc45": ("iam",),  # External Identity Provider Administrator
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": ("iam",),  # Helpdesk Administrator
    "966707d0-3269-4727-9be2-8c3a10f19b9d": ("iam",),  # Password Administrator
    "fe930be7-5e62-47db-91af-98c3a49a38b1": ("iam",),  # User Administrator
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": ("iam",),  # Groups Administrator
    "3a2c62db-5318-420d-8d74-23affee5d9d5": ("admin", "change", "keys"),  # Intune Administrator
    "29232cdf-9323-42fd-ade2-1d097af3e4de": ("audit", "data"),  # Exchange Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": ("data",),  # SharePoint Administrator
    "69091246-20e8-4a56-aa4d-066075b2a7a8": ("data",),  # Teams Administrator
    "194ae4cb-b126-40b2-bd5b-6091b380977d": ("admin", "audit"),  # Security Administrator
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f": ("audit",),  # Security Operator
    "17315797-102d-40b4-93e0-432062caca18": ("audit", "data"),  # Compliance Administrator
    "e6d1a23a-da11-4be4-9570-befc86d067a7": ("audit", "data"),  # Compliance Data Administrator
    "7495fdc4-34c4-4d15-a289-98788ce399fd": ("data", "keys"),  # Azure Information Protection Adm.
    "b0f54661-2d74-4c50-afa3-1ec803f12efe": ("admin",),  # Billing Administrator
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8": ("admin", "iam"),  # Partner Tier2 Support
    "4ba39ca4-527c-499a-b93d-d9b492c50246": ("admin", "iam"),  # Partner Tier1 Support
    "8329153b-31d0-4727-b945-745eb3bc5f31": ("iam",),  # Domain Name Administrator
    "d29b2b05-8046-44ba-8758-1e26182fcf32": ("iam",),  # Directory Synchronization Accounts
}
"""Template id -> the classes of action that its holder can take."""


def action_classes(template: str) -> tuple[str, ...]:
    """The classes of action of a role; none for one that administers nothing."""
    return PRIVILEGED.get(template.lower(), ())
