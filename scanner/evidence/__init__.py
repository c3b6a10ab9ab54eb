"""Evidence that can be shown to be what it was: gathered, hashed, checked offline, signed.

gathered = gather(out / "evidence", snapshots=[out / "snapshot"], as_of="2026-11-24",
                  artifacts=statements.artifact_list, root=root)
problems = verify(out / "evidence")
"""

from scanner.evidence.gather import Gathered, gather
from scanner.evidence.retention import retain_until, retention_words
from scanner.evidence.verify import verify

__all__ = ["Gathered", "gather", "retain_until", "retention_words", "verify"]
