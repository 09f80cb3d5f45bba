"""What people decided in another tool, as its export says it: Rayyan, ASReview, Covidence. EPPI-Reviewer: eppi_json.py.

Sources of the formats: Rayyan's notes (RAYYAN-INCLUSION: {"Ann"=>"Included"} | RAYYAN-LABELS: a,b | RAYYAN-EXCLUSION-REASONS: c |
USER-NOTES: …) as public scripts that read its exports describe them; ASReview's labels in its documentation and demo data
(ASReview_relevant in a note, columns `included`, `label`, `asreview_label`); Covidence's columns in a real export
("Exclusion reason: …" in Notes, Tags).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.domain.records import ImportedDecision

RAYYAN_PART = re.compile(r"RAYYAN-INCLUSION: *\{(.*?)\}", re.DOTALL)
RAYYAN_VOTE = re.compile(r'"((?:[^"\\]|\\.)*)" *=> *"(\w+)"')
RAYYAN_LABELS = re.compile(r"RAYYAN-LABELS: *([^|\n]*)")
RAYYAN_REASONS = re.compile(r"RAYYAN-EXCLUSION-REASONS: *([^|\n]*)")
RAYYAN_NOTES = re.compile(r'USER-NOTES: *\{(.*?)\}(?= *(?:\||$))', re.DOTALL)
VERDICTS = {"included": "include", "include": "include", "excluded": "exclude", "exclude": "exclude", "maybe": "maybe", "undecided": ""}
ASREVIEW = re.compile(r"ASReview_(relevant|irrelevant|not_seen)")
COVIDENCE_REASON = re.compile(r"Exclusion reason: *([^;\n]*)")


def from_notes(notes: Sequence[str]) -> tuple[ImportedDecision, ...]:
    """Return what the notes of a record say was decided: Rayyan's, ASReview's; () if they say nothing of it."""
    whole = "\n".join(notes)
    if "RAYYAN" in whole:
        return _rayyan(whole)
    if "ASReview_" in whole:
        said = {found for found in ASREVIEW.findall(whole) if found != "not_seen"}
        return tuple(ImportedDecision("asreview", "include" if one == "relevant" else "exclude", stage="title_abstract") for one in sorted(said))
    return ()


def _rayyan(whole: str) -> tuple[ImportedDecision, ...]:
    labels, reasons = (tuple(word for part in pattern.findall(whole) for one in part.split(",") if (word := one.strip()))
                       for pattern in (RAYYAN_LABELS, RAYYAN_REASONS))
    note = " ".join(part.strip() for part in RAYYAN_NOTES.findall(whole))
    votes = [(by, VERDICTS.get(verdict.lower(), "")) for part in RAYYAN_PART.findall(whole) for by, verdict in RAYYAN_VOTE.findall(part)]
    made = [ImportedDecision("rayyan", verdict, by=by, reasons=reasons if verdict == "exclude" else (), labels=labels, note=note)
            for by, verdict in votes if verdict]
    if not made and (labels or reasons):
        made = [ImportedDecision("rayyan", "", reasons=reasons, labels=labels, note=note)]
    return tuple(made)


def from_columns(row: Mapping[str, str], notes: str) -> tuple[ImportedDecision, ...]:
    """Return what the columns of a table say was decided. row: heading in small letters → cell."""
    if "covidence #" in row:
        return _covidence(row, notes)
    if found := from_notes((notes, *(row.get(name, "") for name in ("rayyan-inclusion", "inclusion")))):
        return found
    for name in ("asreview_label", "included", "label_included", "label", "final_included"):
        value = row.get(name, "").strip().lower()
        if value in ("1", "1.0", "0", "0.0", "true", "false"):
            tool = "asreview" if name != "label" or any(one.startswith("asreview") for one in row) else ""
            note = row.get("asreview_note", "") or row.get("exported_notes_1", "")
            return (ImportedDecision(tool, "include" if value in ("1", "1.0", "true") else "exclude", stage="title_abstract",
                                     labels=_labels(row.get("asreview_tags", "")), at=row.get("asreview_time", ""), note=note),) if tool else ()
    return ()


def _labels(text: str) -> tuple[str, ...]:
    return tuple(word for one in re.split(r"[;,]", text.strip("[]")) if (word := one.strip(" '\"")))


def _covidence(row: Mapping[str, str], notes: str) -> tuple[ImportedDecision, ...]:
    reasons = tuple(word for one in COVIDENCE_REASON.findall(notes) if (word := one.strip()))
    labels = _labels(row.get("tags", ""))
    if reasons:
        return (ImportedDecision("covidence", "exclude", stage="full_text", reasons=reasons, labels=labels),)
    return (ImportedDecision("covidence", "", labels=labels),) if labels else ()
