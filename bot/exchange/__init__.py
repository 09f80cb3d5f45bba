"""Formats of other programs that a review moves out to: tables, RIS, RevMan, JSON. Reading exports of others: bot/sources/files."""
