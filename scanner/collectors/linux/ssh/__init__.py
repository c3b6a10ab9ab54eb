"""Other hosts over the system's OpenSSH client: one connection and one script a host."""
