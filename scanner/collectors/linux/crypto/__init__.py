"""FIPS mode and the cryptographic modules of a host."""
