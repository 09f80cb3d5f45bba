"""Search strategies as text. Sending them: bot/sources."""
