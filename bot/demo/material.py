"""What the stand-ins of the demonstration hold: citations with a PMID for E-utilities, the others as RIS files. Facts, no labels."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Trials whose entry the stand-in of the register has.
REGISTERED = ("c006", "c021", "c026", "c049")
# JMIR, BioMed Central, PLOS and Frontiers.
OPEN_ACCESS = ("10.2196/", "10.1186/", "10.1371/", "10.3389/")
NUMBER = re.compile(r"NCT\d{8}")
SYNOPSIS = "Synopsis by the demonstration, not the authors' abstract: "


def citations(folder: Path) -> list[dict[str, str]]:
    """Return the citations of a demo folder, each as its row."""
    with (folder / "records.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def for_eutils(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the citations that PubMed has, as its stand-in keeps them."""
    return [
        {
            "pmid": row["pmid"], "title": row["title"], "entered": row["entered"], "year": row["year"], "journal": row["journal"],
            "volume": row["volume"], "issue": row["issue"], "pages": row["pages"], "doi": row["doi"],
            "authors": [row["first_author"]] if row["first_author"] else [],
            "registrations": [row["registration"]] if row["registration"] else [],
            "abstract": SYNOPSIS + row["synopsis"] if row["synopsis"] else "",
        }
        for row in rows if row["pmid"]
    ]


def for_clinicaltrials(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the entries of those trials whose number of ClinicalTrials.gov is known. State and dates are not, and stay empty."""
    return [{"nct": number, "title": row["title"], "summary": SYNOPSIS + row["synopsis"] if row["synopsis"] else "", "updated": row["entered"]}
            for row in rows if row["key"] in REGISTERED for number in NUMBER.findall(row["registration"])[:1]]


def for_europepmc(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the preprints; their numbers are the demonstration's own. They stand in the RIS file too, so that two sources give them."""
    held = [row for row in rows if row["journal"].casefold().endswith("preprint")]
    return [{"id": f"PPR{number}", "title": row["title"], "indexed": row["entered"], "doi": row["doi"], "server": row["journal"]}
            for number, row in enumerate(held, start=1)]


def for_openalex(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the works whose DOI is known. Who cites whom is not known to us, and is not made up."""
    return [{"id": f"W{number}", "title": row["title"], "doi": row["doi"], "pmid": row["pmid"]} for number, row in enumerate(rows, start=1)
            if row["doi"]]


def for_crossref(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the works whose DOI is known. No notice about any of them is known to us, and none is made up."""
    return [{"doi": row["doi"], "title": row["title"]} for row in rows if row["doi"]]


def for_unpaywall(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the works of publishers who publish nothing but open access; of others it is not known to us where they can be read."""
    return [{"doi": row["doi"], "copies": [{"link": f"https://doi.org/{row['doi']}", "licence": "cc-by"}]} for row in rows
            if row["doi"].startswith(OPEN_ACCESS)]


def as_ris(rows: Iterable[dict[str, str]]) -> str:
    """Return the citations that PubMed does not have, or whose PMID is not known here, as a RIS file."""
    return "".join(_ris(row) for row in rows if not row["pmid"])


def _ris(row: dict[str, str]) -> str:
    lines = [("TY", "JOUR"), ("ID", row["key"]), ("TI", row["title"]), ("AU", row["first_author"]), ("PY", row["year"]), ("JO", row["journal"]),
             ("VL", row["volume"]), ("IS", row["issue"]), ("SP", row["pages"]), ("DO", row["doi"]), ("N1", row["registration"])]
    return "".join(f"{tag}  - {value}\n" for tag, value in lines if value) + "ER  - \n\n"
