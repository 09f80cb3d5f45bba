"""All of MEDLINE, scored for one or many reviews in a single pass."""
