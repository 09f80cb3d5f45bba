"""Certainty in a body of evidence: what is to be rated, and taking a person's rating."""
