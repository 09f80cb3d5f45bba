"""From the numbers of studies to estimates: arrays in, frozen results out. NumPy and SciPy only, and nothing is read or written.

The certainty in an estimate: bot/methods/certainty. What may be entered for a study: bot/methods/studies.
"""
