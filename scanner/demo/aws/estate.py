"""The emulated contractor's AWS estate, as tables: a firm of sixty that builds sonar for the Navy.

Mostly in order, here and there not, as such firms are. Every row that falls short says so in its
comment. Ages are in days. Names are invented; addresses are documentation ranges.
"""

from __future__ import annotations

from typing import NamedTuple

FIRM = "Halyard Acoustics LLC"


class User(NamedTuple):
    """An IAM user. `used`, `key_age`, `key_used`: days ago; None: never, or no such thing."""

    name: str
    team: str
    console: bool
    mfa: bool
    used: int | None = None
    key_age: int | None = None
    key_used: int | None = None
    age: int = 400


ROOT = {"mfa_active": True, "password_last_used_days": 212, "user_creation_time_days": 2200}

USERS = (
    User("amara.okafor", "it", True, True, 0),
    User("ben.lindqvist", "it", True, True, 1, 41, 1),
    User("carmen.diaz", "engineering", True, True, 2),
    User("daniel.ruiz", "engineering", True, True, 0),
    User("elif.kaya", "engineering", True, False, 3),  # no second factor
    User("farah.nassar", "engineering", True, True, 12, 300, 12),  # key older than a quarter
    User("george.whitfield", "finance", True, True, 8),
    User("hannah.berg", "finance", True, True, 5),
    User("ivan.petrov", "production", True, False, 161),  # no second factor, idle for months
    User("jun.takahashi", "engineering", True, True, 4),
    User("kofi.mensah", "it", True, True, 1),
    User("laura.costa", "quality", True, True, 6),
    User("mateo.silva", "quality", True, True, 17),
    User("nadia.haddad", "program-office", True, True, 2),
    User("owen.price", "program-office", True, True, 30),
    User("priya.raman", "engineering", True, True, 1),
    User("quentin.moreau", "contractor", True, False, None),  # never signed in, no second factor
    User("rosa.jimenez", "production", True, True, 9),
    User("samuel.adeyemi", "security", True, True, 0),
    User("tova.lund", "security", True, True, 1),
    User("break-glass", "security", True, True, 340),
    User("svc-ci-deploy", "service", False, False, None, 35, 0),
    User("svc-erp-export", "service", False, False, None, 610, 2),  # key never rotated
    User("svc-telemetry", "service", False, False, None, 20, 0),
)


class Listener(NamedTuple):
    balancer: str
    kind: str
    port: int
    protocol: str
    policy: str | None
    redirects: bool = False


LISTENERS = (
    Listener("portal", "application", 443, "HTTPS", "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04"),
    Listener("portal", "application", 80, "HTTP", None, redirects=True),
    Listener(
        "supplier-exchange",
        "application",
        443,
        "HTTPS",
        "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
    ),
    Listener("legacy-erp", "application", 443, "HTTPS", "ELBSecurityPolicy-2016-08"),  # not FIPS
    Listener("legacy-erp", "application", 8080, "HTTP", None),  # and in plain text beside it
    Listener("telemetry", "network", 8883, "TLS", "ELBSecurityPolicy-TLS13-1-2-2021-06"),  # not
)

API_DOMAINS = {
    "api.halyard.example": "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
    "parts.halyard.example": "TLS_1_0",  # not FIPS, and an old protocol
}

# domain: (TLS policy, HTTPS enforced, encrypted at rest)
SEARCH_DOMAINS = {
    "drawings": ("Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08", True, True),
    "app-logs": ("Policy-Min-TLS-1-2-2019-07", True, False),  # not FIPS, not encrypted
}

FARGATE_FIPS = "enabled"

# node group: AMI type
NODE_GROUPS = {
    "mission": "BOTTLEROCKET_x86_64_FIPS",
    "build": "AL2023_x86_64_STANDARD",  # no FIPS variant of this type exists
}

# log group: days kept, None for ever
LOG_GROUPS: dict[str, int | None] = {
    "/aws/cloudtrail/audit": 400,
    "/aws/eks/mission/cluster": 400,
    "/aws/lambda/drawing-convert": 400,
    "/aws/lambda/invoice-import": 30,  # gone after a month
    "/aws/lambda/supplier-notify": 400,
    "/aws/rds/instance/erp/postgresql": 365,
    "/aws/vpc/flow-logs": None,
    "/halyard/erp/application": 90,  # gone after a quarter
    "/halyard/portal/access": 400,
    "/halyard/portal/application": 400,
    "/halyard/telemetry/ingest": 7,  # gone after a week
    "/halyard/workstations/security": 731,
}


class Bucket(NamedTuple):
    """`expires`: days until the lifecycle deletes; `open_to`: policy, acl or nobody."""

    name: str
    kms: bool = False
    expires: int | None = None
    versioned: bool = False
    tls_only: bool = False
    open_to: str = ""


BUCKETS = (
    Bucket("halyard-audit-logs", True, 1095, True, True),
    Bucket("halyard-old-trail", False, 60),  # the trail's records go after two months
    Bucket("halyard-cui-drawings", True, None, True, True),
    Bucket("halyard-program-files", True, None, True, True),
    Bucket("halyard-build-artifacts", False, 180, False, True),
    Bucket("halyard-erp-backups", True, 400, True),  # plain http is not refused
    Bucket("halyard-telemetry", False),
    Bucket("halyard-public-datasheets", False, None, False, False, "policy"),  # open on purpose
)


class Trail(NamedTuple):
    name: str
    bucket: str
    multi_region: bool
    logging: bool
    validated: bool


TRAILS = (
    Trail("audit", "halyard-audit-logs", True, True, True),
    Trail("old-trail", "halyard-old-trail", False, False, False),  # stopped, and forgotten
)

# event data store: (days kept, protected against deletion)
EVENT_DATA_STORES = {"forensics": (2557, True), "trial": (30, False)}


class Instance(NamedTuple):
    """`extra`: software beyond the allowed list; `missing`: patches that it lacks."""

    name: str
    platform: str
    managed: bool = True
    extra: tuple[tuple[str, str], ...] = ()
    missing: int = 0
    encrypted: bool = True
    imds: str = "required"
    golden: bool = True
    online: bool = True


INSTANCES = (
    Instance("portal-1", "Amazon Linux"),
    Instance("portal-2", "Amazon Linux"),
    Instance("erp-app", "Amazon Linux", missing=3),
    Instance("erp-db", "Amazon Linux"),
    Instance("license-server", "Microsoft Windows Server 2022", extra=(("AnyDesk", "8.0.6"),)),
    Instance("cad-render-1", "Microsoft Windows Server 2022"),
    Instance(
        "cad-render-2",
        "Microsoft Windows Server 2022",
        extra=(("qBittorrent", "4.6.3"), ("TeamViewer", "15.49.2")),
        missing=11,
        imds="optional",
    ),
    Instance("telemetry-ingest", "Amazon Linux", encrypted=False, imds="optional"),
    Instance("test-bench", "Amazon Linux", managed=False, golden=False),  # nobody manages it
    Instance("jump-host", "Amazon Linux", online=False),  # managed, but silent for days
)

# What every instance of a platform carries, and what the firm allows on it.
BASE_SOFTWARE = {
    "Amazon Linux": (
        ("amazon-ssm-agent", "3.3.987.0"),
        ("audit", "3.0.6"),
        ("chrony", "4.3"),
        ("openssl", "3.0.8"),
        ("openssh-server", "8.7p1"),
    ),
    "Microsoft Windows Server 2022": (
        ("Amazon SSM Agent", "3.3.987.0"),
        ("Autodesk License Service", "14.1.0"),
        ("Microsoft Edge", "120.0.2210.91"),
        ("Microsoft Visual C++ 2022 Redistributable", "14.38.33130"),
    ),
}
PUBLISHERS = {
    "amazon-ssm-agent": "Amazon.com",
    "Amazon": "Amazon Web Services",
    "Autodesk": "Autodesk",
    "Microsoft": "Microsoft Corporation",
}
"""By the first word of a program."""
ALLOWED_SOFTWARE = sorted({name for software in BASE_SOFTWARE.values() for name, _ in software})

# function: the code-signing configuration that it has, by what it does with untrusted code
FUNCTIONS: dict[str, str | None] = {
    "drawing-convert": "Enforce",
    "supplier-notify": "Enforce",
    "telemetry-fold": "Warn",  # tells, and deploys all the same
    "invoice-import": None,  # unsigned code may be deployed
}

ALLOWED_IMAGES = "enabled"

# security group: (port, source) of what may come in
SECURITY_GROUPS = {
    "portal-web": ((443, "0.0.0.0/0"),),
    "erp-internal": ((5432, "10.20.0.0/16"),),
    "jump": ((22, "198.51.100.0/28"),),
    "old-vendor-access": ((3389, "0.0.0.0/0"), (22, "0.0.0.0/0")),  # the world may knock
}


class Database(NamedTuple):
    name: str
    engine: str
    encrypted: bool
    public: bool


DATABASES = (
    Database("erp", "postgres", True, False),
    Database("timesheets", "mysql", False, True),  # plain, and on the internet
)

# What Inspector found: (instance, severity, days since first seen, a fix exists)
VULNERABILITIES = (
    ("erp-app", "HIGH", 64, True),  # older than the month that the firm allows itself
    ("cad-render-2", "CRITICAL", 21, True),  # older than two weeks
    ("portal-1", "MEDIUM", 5, True),
    ("portal-2", "LOW", 90, False),
)

CONFIG_KEPT_DAYS = 2557
GUARDDUTY_FEATURES = {"EBS_MALWARE_PROTECTION": "ENABLED", "S3_DATA_EVENTS": "DISABLED"}
