"""DOIs, PMIDs and the like as sources really give them. What two equal ones prove: match.py."""

from __future__ import annotations

import re

ESCAPED = re.compile(r"%([0-7][0-9A-Fa-f])")
DOI = re.compile(r"10\.\d+(?:\.\d+)*/[^\s\"<>]+")


def doi_of(text: str) -> str:
    """Return a DOI in small letters without address, spaces or what stands behind it; "" for "NA" and the like."""
    found = DOI.search(ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), text))
    if not found:
        return ""
    doi = found.group(0).casefold()
    doi = re.sub(r"(?:\.|,|;|:|\]|\}|&.*|\?.*|#.*)+$", "", doi)
    # A bracket at the end belongs to a DOI only where one opened in it: 10.1016/s0140-6736(05)61030-6, 10.1002/(issn)1099.
    while doi.endswith(")") and doi.count("(") < doi.count(")"):
        doi = doi[:-1].rstrip(".,;")
    return "" if doi.endswith("/") else doi


def number_in(text: str) -> str:
    """Return the number of a PMID, "" if the text holds none or several."""
    found = re.findall(r"\d+", text)
    return found[0].lstrip("0") if len(found) == 1 and len(found[0]) <= 9 else ""
