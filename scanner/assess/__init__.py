"""Findings and statements in, the assessment that CMMC asks for out."""
