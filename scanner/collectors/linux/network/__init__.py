"""What a host offers to and lets in from the network."""
