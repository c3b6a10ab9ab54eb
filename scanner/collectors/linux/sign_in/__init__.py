"""Who signs in to a host, with what, and what they may do there."""
