"""What of a month's ranking is offered to be read: everything, unless there is enough to choose a cut-off by. Ranking itself: rank.py.

A random sample of what is left out is offered all the same, and nothing on a reviewer's page tells it from the rest. docs/adr/0602.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import classifiers
from bot.domain.protocols import Ranker
from classifiers.active import standardised
from classifiers.calibration import calibrate
from classifiers.controlled_studies import DesignJudgement, Designs, judge_designs, learn_designs
from classifiers.errors import TooLittleToLearnError
from classifiers.model_card import write_card
from classifiers.storage import to_bytes
from classifiers.thresholds import Cutoff
from classifiers.trained import train
from db.unshown import Held

AUDITED_SHARE = 0.05
LEAST_AUDITED = 50


@dataclass(frozen=True, slots=True)
class Rules:
    """settings: the protocol's. margin: by how many standard deviations people loosened the cut-off. filters_designs: they did not end it.

    exempt: reports that were left out once and came back. random_reading: report id → score, of what was ever read at random.
    """

    settings: Ranker
    margin: float = 0.0
    filters_designs: bool = True
    exempt: frozenset[int] = frozenset()
    random_reading: Mapping[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """card, model: of the model that was trained, None and b"" where nothing could be learnt. held: what is not offered."""

    card: dict[str, Any] | None = None
    model: bytes = b""
    held: tuple[Held, ...] = ()


def offer(documents: Mapping[int, classifiers.Document], past: Mapping[int, classifiers.Labelled], *, rules: Rules) -> Offer:
    """Return what is not offered of the new documents, and the card of the model that says so.

    past: everything decided, report id → document with its label. With decisions of one kind alone everything is offered.
    """
    labelled = [past[key] for key in sorted(past)]
    if {one.label > 0.5 for one in labelled} != {True, False}:
        return Offer()
    model = train(labelled, seed=rules.settings.seed)
    scores = model.score(list(documents.values()))
    read = [(score, past[key].label > 0.5) for key, score in sorted((rules.random_reading or {}).items()) if key in past]
    calibration = calibrate(np.array([score for score, _ in read]), np.array([label for _, label in read])) if read else None
    card = write_card(model, labelled, seed=rules.settings.seed, calibration=calibration, newest=scores,
                      before=model.score([one.document for one in labelled]))
    cutoff = card.cutoff if card.cutoff.at is None else replace(card.cutoff, at=card.cutoff.at - rules.margin)
    told = json.loads(card.as_json()) | {"random_reading": len(read), "margin": rules.margin, "offered": "everything"}
    if not _may_hide(len(documents), model.relevant, cutoff, rules.settings):
        return Offer(told, to_bytes(model))
    # No text, or another language: what the model cannot read it must not hide.
    unread = frozenset(report_id for report_id, can in zip(documents, model.can_read(list(documents.values())), strict=True) if not can)
    held = _held(documents, labelled, standardised(scores), cutoff, replace(rules, exempt=rules.exempt | unread))
    told |= {"unread": len(unread), "offered": f"{len(documents) - sum(not one.audited for one in held)} of {len(documents)}"}
    return Offer(told, to_bytes(model), held)


def _may_hide(new: int, relevant: int, cutoff: Cutoff, settings: Ranker) -> bool:
    return cutoff.at is not None and new >= settings.offer_all_below_records and relevant >= settings.offer_all_below_inclusions


def _held(documents: Mapping[int, classifiers.Document], labelled: Sequence[classifiers.Labelled], scores: np.ndarray, cutoff: Cutoff,
          rules: Rules) -> tuple[Held, ...]:
    judged = _designs(documents, labelled, rules)
    level = float(cutoff.at or 0.0)
    found = []
    for (report_id, _), score, design in zip(documents.items(), scores.tolist(), judged, strict=True):
        if report_id in rules.exempt:
            continue
        if not design.kept:
            found.append(Held(report_id, "design", design.reason, score, level, audited=False))
        elif score < level:
            found.append(Held(report_id, "cutoff", "ranked below the cut-off", score, level, audited=False))
    drawn = _drawn(found, rules.settings.seed)
    return tuple(replace(one, audited=one.report_id in drawn) for one in found)


def _designs(documents: Mapping[int, classifiers.Document], labelled: Sequence[classifiers.Labelled], rules: Rules) -> list[DesignJudgement]:
    if not rules.filters_designs:
        return [DesignJudgement(True, "the review does without this filter") for _ in documents]
    try:
        learnt = learn_designs([one.document for one in labelled], designs=Designs.CONTROLLED, seed=rules.settings.seed)
    except TooLittleToLearnError:
        learnt = None
    return judge_designs(list(documents.values()), designs=Designs.CONTROLLED, learnt=learnt)


def _drawn(found: Sequence[Held], seed: int) -> frozenset[int]:
    """Return the reports of the audit: a twentieth of what is left out, and no fewer than fifty."""
    size = min(len(found), max(LEAST_AUDITED, math.ceil(AUDITED_SHARE * len(found))))
    ids = sorted(one.report_id for one in found)
    # The ids are in the seed, so that no two months draw alike.
    return frozenset(random.Random(f"audit:{seed}:{ids[:1]}:{len(ids)}").sample(ids, size))  # noqa: S311  chance that can be repeated
