"""A RevMan 5 review file (.rm5): studies, and for each outcome the effects as inverse variance, with means or events where there are any.

Structure: a RevMan 5.0 file that R's package meta ships and reads (element and attribute names; ids escape other characters as _xHHHH_).
Not tried with RevMan itself; of IV_OUTCOME no real file was at hand.
What RevMan computes itself (weights, totals) is left for it to compute. Our effects are in IV_OUTCOME: RevMan's own standardised
difference is not quite ours (its variance differs), and a route other than means or events has no raw numbers there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from bot.domain.holdings import Row

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
RATIOS = ("OR", "RR")
_ALIGNED = "aligned, as pooled"


def revman(*, title: str, studies: Sequence[Row], effects: Sequence[Row], outcomes: Sequence[Row], arms: tuple[str, str]) -> bytes:
    """Return the .rm5 file, UTF-8. effects: those that stand; arms: what the two sides are called."""
    root = ET.Element("COCHRANE_REVIEW", {
        "DESCRIPTION": "", "DOI": "", "GROUP_ID": "", "ID": "", "MERGED_FROM": "", "MODIFIED_BY": "", "REVIEW_NO": "",
        "REVMAN_SUB_VERSION": "5.4", "REVMAN_VERSION": "5", "SPLIT_FROM": "", "STAGE": "R", "STATUS": "A", "TYPE": "INTERVENTION",
        "VERSION_NO": "0.0"})
    _text(ET.SubElement(root, "COVER_SHEET"), "TITLE", title)
    used = {row["study_id"] for row in effects}
    ids = _studies(root, [row for row in studies if row["id"] in used])
    comparison = ET.SubElement(ET.SubElement(root, "ANALYSES_AND_DATA", CALCULATED_DATA="NO"), "COMPARISON", ID="CMP-001", NO="1")
    _text(comparison, "NAME", f"{arms[0]} against {arms[1]}")
    number = 0
    for outcome in outcomes:
        mine = [row for row in effects if row["outcome"] == outcome["id"]]
        for kind in ("IV", "CONT", "DICH"):
            if chosen := [row for row in mine if kind == "IV" or _kind(row) == kind]:
                number += 1
                _outcome(comparison, number, kind, outcome, chosen, ids, arms)
    ET.indent(root, "")
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _kind(row: Row) -> str:
    """Return what raw numbers of two arms a result gives: `CONT`, `DICH` or "" for neither (or several arms in one)."""
    several = any(name.startswith(("n_e2", "n_c2", "cluster_size")) for name in row["numbers"])
    return "" if several else {"means": "CONT", "events": "DICH"}.get(row["route"], "")


def _studies(root: ET.Element, rows: Sequence[Row]) -> dict[int, str]:
    included = ET.SubElement(ET.SubElement(ET.SubElement(root, "STUDIES_AND_REFERENCES"), "STUDIES"), "INCLUDED_STUDIES")
    ids: dict[int, str] = {}
    for row in rows:
        ids[row["id"]] = "STD-" + re.sub(r"[^A-Za-z0-9]", lambda found: f"_x{ord(found[0]):04x}_", _xml(row["label"]))
        study = ET.SubElement(included, "STUDY", DATA_SOURCE="PUB", ID=ids[row["id"]], NAME=_xml(row["label"]), YEAR=str(row["year"] or ""))
        reference = ET.SubElement(study, "REFERENCE", PRIMARY="YES", TYPE="JOURNAL_ARTICLE")
        for name, value in (("TI", row["title"]), ("SO", row["journal"]), ("YR", str(row["year"] or ""))):
            if value:
                _text(reference, name, value)
        identifiers = ET.SubElement(reference, "IDENTIFIERS")
        for kind, value in (("DOI", row["doi"]), ("MEDLINE", row["pmid"]), ("CTG", row["registration"])):
            if value:
                ET.SubElement(identifiers, "IDENTIFIER", TYPE=kind, VALUE=_xml(value))
    return ids


def _outcome(comparison: ET.Element, number: int, kind: str, outcome: Row, rows: Sequence[Row], ids: Mapping[int, str],
             arms: tuple[str, str]) -> None:
    name = f"{kind}_OUTCOME"
    settings = {"CI_STUDY": "95", "CI_TOTAL": "95", "ID": f"CMP-001.{number:02d}",
                "METHOD": "MH" if kind == "DICH" else "IV", "NO": str(number), "RANDOM": "YES", "SCALE": "1.0", "SORT_BY": "STUDY",
                "SUBGROUPS": "NO", "SUBGROUP_TEST": "NO", "SWAP_EVENTS": "NO", "TOTALS": "YES"}
    if kind != "IV":
        settings["EFFECT_MEASURE"] = outcome["measure"]
    element = ET.SubElement(comparison, name, settings)
    label = {"IV": f"{outcome['label']} ({_ALIGNED})", "CONT": f"{outcome['label']} (means as reported)",
             "DICH": f"{outcome['label']} (events)"}[kind]
    favours = ("intervention", "comparison") if outcome["direction"] == "lower" else ("comparison", "intervention")
    for tag, value in (("NAME", label), ("GROUP_LABEL_1", arms[0]), ("GROUP_LABEL_2", arms[1]),
                       ("GRAPH_LABEL_1", f"Favours {favours[0]}"), ("GRAPH_LABEL_2", f"Favours {favours[1]}")):
        _text(element, tag, value)
    if kind == "IV":
        _text(element, "EFFECT_MEASURE", outcome["measure"])
    for order, row in enumerate(rows, start=1):
        ET.SubElement(element, f"{kind}_DATA", {"ORDER": str(order), "STUDY_ID": ids[row["study_id"]], "ESTIMABLE": "YES", **_data(kind, row)})


def _data(kind: str, row: Row) -> dict[str, str]:
    numbers, se = row["numbers"], math.sqrt(row["vi"])
    totals = {"TOTAL_1": str(row["n1i"]), "TOTAL_2": str(row["n2i"])}
    if kind == "CONT":
        return totals | {"MEAN_1": _number(numbers["mean_e"]), "SD_1": _number(numbers["sd_e"]), "MEAN_2": _number(numbers["mean_c"]),
                         "SD_2": _number(numbers["sd_c"])}
    if kind == "DICH":
        return totals | {"EVENTS_1": str(int(numbers["events_e"])), "EVENTS_2": str(int(numbers["events_c"]))}
    low, high = row["yi"] - 1.959963984540054 * se, row["yi"] + 1.959963984540054 * se
    shown = [math.exp(value) if row["measure"] in RATIOS else value for value in (row["yi"], low, high)]
    return totals | {"ESTIMATE": _number(row["yi"]), "SE": _number(se), "EFFECT_SIZE": _number(shown[0]), "CI_START": _number(shown[1]),
                     "CI_END": _number(shown[2])}


def _number(value: float) -> str:
    return repr(float(value))


def _text(parent: ET.Element, tag: str, value: str) -> None:
    ET.SubElement(parent, tag).text = _xml(value)


def _xml(value: str) -> str:
    return _NO_XML.sub(" ", value)
