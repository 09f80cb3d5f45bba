"""From an included report to numbers that two people stand behind. One file, one use case."""
