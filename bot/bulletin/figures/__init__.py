"""Pictures of a bulletin: the same bytes for the same data. Words about them: bot/bulletin/plain_language.py."""
