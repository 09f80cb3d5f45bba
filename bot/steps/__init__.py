"""What the bot does: one use case per file, called alike by command line, web, worker and demo."""
