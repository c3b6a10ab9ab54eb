"""What became of every finding from run to run: an embedded store, and the questions put to it."""
