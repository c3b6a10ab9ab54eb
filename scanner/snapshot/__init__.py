"""The snapshot: facts, gaps, ledger and manifest on disk, hashed, mergeable. It is the evidence."""
