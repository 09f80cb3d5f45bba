"""Screening: open a round, take decisions, settle them, remind."""
