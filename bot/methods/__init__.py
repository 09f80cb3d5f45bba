"""The science: data in, data out. No database, no network, no clock."""
