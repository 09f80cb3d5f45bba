"""Long work that was asked for on the web and is done by the worker."""
