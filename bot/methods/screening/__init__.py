"""Screening: who reads what, and what the votes come to."""
