"""Perennial: a living systematic review bot."""
