"""Reviews as files: read, checked, compared. What they mean to the steps: bot/domain/protocols.py."""
