"""How records became studies: the boxes of the flow, as far as they are counted, and whether they add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.bulletin.material import Exclusion, FlowCounts


def boxes(counts: FlowCounts, exclusions: Sequence[Exclusion], labels: dict[str, str]) -> list[dict[str, Any]]:
    """Return the boxes from top to bottom: label, n, and what it is made of. labels: source name → how it is called."""
    by_source = [{"label": labels.get(name, name), "n": n} for name, n in sorted(counts.by_source.items())]
    # Where full texts are read, reasons are told of those: of titles and abstracts the number alone, as PRISMA 2020 asks.
    reasons = [] if counts.sought else [{"label": one.reason, "n": len(one.reports)} for one in exclusions]
    return [
        {"id": "identified", "label": "Records identified", "n": counts.identified, "parts": by_source},
        {"id": "duplicates", "label": "Duplicates removed", "n": counts.duplicates, "parts": []},
        *([{"id": "left_out", "label": "Reports left out by the ranking", "n": counts.left_out, "parts": []}] if counts.left_out else []),
        {"id": "screened", "label": "Reports screened by people", "n": counts.screened, "parts": []},
        {"id": "awaiting", "label": "Reports awaiting screening", "n": counts.awaiting_screening, "parts": []},
        {"id": "excluded", "label": "Reports excluded", "n": counts.excluded, "parts": reasons},
        {"id": "unclear", "label": "Reports awaiting classification", "n": counts.awaiting_classification, "parts": []},
        *_full_texts(counts),
        {"id": "included", "label": "Reports included", "n": counts.included_reports, "parts": []},
        {"id": "studies", "label": "Studies in the review", "n": counts.studies, "parts": _studies(counts)},
    ]


def imbalances(counts: FlowCounts) -> list[str]:
    """Return a sentence for each sum that does not come out; none if the flow adds up."""
    found = []
    after = counts.duplicates + counts.left_out + counts.screened + counts.awaiting_screening
    if counts.identified != after:
        left_out = "left out, " if counts.left_out else ""
        found.append(f"{counts.identified} records were identified, but duplicates, {left_out}screened and awaiting make {after}.")
    let_in = counts.let_in or counts.included_reports
    judged = counts.excluded + let_in + counts.awaiting_classification
    if counts.sought and counts.sought != counts.not_retrieved + counts.assessed + counts.awaiting_full_text:
        found.append(f"{counts.sought} full texts were sought, but not retrieved, assessed and pending make "
                     f"{counts.not_retrieved + counts.assessed + counts.awaiting_full_text}.")
    if counts.excluded_in_full != sum(n for _, n in counts.reasons_in_full):
        found.append(f"{counts.excluded_in_full} full texts were excluded, but the reasons make {sum(n for _, n in counts.reasons_in_full)}.")
    if counts.screened != judged:
        found.append(f"{counts.screened} reports were screened, but excluded, included and awaiting classification make {judged}.")
    if sum(counts.by_source.values()) != counts.identified:
        found.append(f"The sources gave {sum(counts.by_source.values())} records, but {counts.identified} are counted.")
    return found


def _full_texts(counts: FlowCounts) -> list[dict[str, Any]]:
    if not counts.sought:
        return []
    reasons = [{"label": label, "n": n} for label, n in counts.reasons_in_full]
    return [
        {"id": "sought", "label": "Reports sought for retrieval", "n": counts.sought, "parts": []},
        {"id": "not_retrieved", "label": "Reports not retrieved", "n": counts.not_retrieved, "parts": []},
        {"id": "assessed", "label": "Reports assessed for eligibility", "n": counts.assessed, "parts": []},
        {"id": "excluded_in_full", "label": "Reports excluded after reading", "n": counts.excluded_in_full, "parts": reasons},
        {"id": "awaiting_full_text", "label": "Reports whose full text is pending", "n": counts.awaiting_full_text, "parts": []},
    ]


def _studies(counts: FlowCounts) -> list[dict[str, Any]]:
    if not counts.starting_studies:
        return []
    return [{"label": "from the starting set", "n": counts.starting_studies},
            {"label": "found since", "n": counts.studies - counts.starting_studies}]
