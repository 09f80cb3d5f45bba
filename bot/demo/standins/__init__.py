"""Servers on loopback that answer as the real sources do. They serve the demonstration and the tests alike."""
