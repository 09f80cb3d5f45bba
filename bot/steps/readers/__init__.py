"""Readers: ask for the bulletins, confirm by mail, leave again."""
