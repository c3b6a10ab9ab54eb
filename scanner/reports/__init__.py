"""What leaves the program: one module a format, all from the same findings and assessment."""
