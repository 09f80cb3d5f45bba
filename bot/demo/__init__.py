"""The shipped months: the product itself, with stand-ins for what lies outside and scripted people. Tests use the parts too."""
