"""What is installed, from where, how current it is, and what may run."""
