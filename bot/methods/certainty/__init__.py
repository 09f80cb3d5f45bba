"""Certainty by GRADE: what the data of one body of evidence suggest, how large an effect is called, and what both say together.

A person rates. What is here proposes, with its reason and the thresholds it used; nothing here is stored or signed.
"""
