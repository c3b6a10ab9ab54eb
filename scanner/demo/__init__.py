"""The emulated contractor: real HTTP, loopback only, no credentials."""
