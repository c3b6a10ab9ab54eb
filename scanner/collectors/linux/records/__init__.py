"""What a host records of itself, where, and for how long."""
