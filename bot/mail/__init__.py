"""Mail as it goes over the wire. What is sent to whom, and what becomes of it: db/outbox.py and bot/steps/mail."""
