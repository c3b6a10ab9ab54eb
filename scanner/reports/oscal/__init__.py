"""OSCAL 1.2 documents (NIST): assessment results, plan of action and milestones, components."""
