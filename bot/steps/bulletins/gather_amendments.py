"""Gather what was amended in the protocol since the bulletin before, and what the old rules give now: once, in the next bulletin. Reads only.

What differs between two versions: bot/protocols/amendments.py; what is printed of it: bot/bulletin/amended.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.bulletin.material import Amended, Result, UnderBoth
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.errors import NotFoundError, ProtocolError, SynthesisError
from bot.protocols.amendments import compare
from bot.protocols.load import load_document
from bot.steps.bulletins.results import result
from bot.steps.estimates.pool import computed, usable
from db import blobs, studies
from db.session import Session

# Keys whose change bears on every estimate, and on that of one outcome.
EVERY = re.compile(r"(pooling\.(?!sensitivity|asymmetry_test|next_trial_sizes|repeated_looks).*|windows(\[|\.).*|open_ended_months)")
ONE = re.compile(r"outcomes\[(.+?)\]\.(?:measure|direction|instruments|preference|windows).*")


def gather_amendments(session: Session, *, review_id: int, protocol: Protocol, previous: Mapping[str, Any] | None) -> Amended | None:
    """Return what changed since the bulletin before, None where the protocol is the same or there is no such bulletin."""
    if previous is None or previous["protocol"]["sha256"] == protocol.sha256:
        return None
    said = {one["version"] for one in previous["protocol"]["amendments"]}
    new = tuple(one for one in protocol.amendments if one.version not in said)
    try:
        old = load_document(blobs.get(session, previous["protocol"]["sha256"])[0])
    except (NotFoundError, ProtocolError):
        # Written for other forms than this program has: what people said of the change is still told.
        return Amended(previous["protocol"]["version"], new)
    found = compare(old, protocol)
    keys = tuple(one.key for one in found)
    labels = {row.id: row.label for row in studies.studies(session, review_id)}
    both = tuple(one for outcome in protocol.outcomes if _bears_on(outcome, keys)
                 if (one := _under_both(session, review_id, old, protocol, outcome, labels)) is not None)
    return Amended(previous["protocol"]["version"], new, tuple((one.key, one.before, one.after) for one in found), both)


def _bears_on(outcome: Outcome, keys: Sequence[str]) -> bool:
    return any(EVERY.fullmatch(key) or ((one := ONE.fullmatch(key)) and one.group(1) == outcome.id) for key in keys)


def _under_both(session: Session, review_id: int, old: Protocol, new: Protocol, outcome: Outcome, labels: Mapping[int, str]) -> UnderBoth | None:
    """Return what the old and the new rules give with the numbers of today; None for an outcome that is new, or without a number in both."""
    before = next((one for one in old.outcomes if one.id == outcome.id), None)
    if before is None:
        return None
    by_old, by_new = _pooled(session, review_id, before, old, labels), _pooled(session, review_id, outcome, new, labels)
    return UnderBoth(outcome, before, by_old, by_new) if by_old or by_new else None


def _pooled(session: Session, review_id: int, outcome: Outcome, protocol: Protocol, labels: Mapping[int, str]) -> Result | None:
    chosen = usable(session, review_id, outcome, protocol)
    if not chosen:
        return None
    try:
        row, *_ = computed(outcome, protocol.pooling, chosen, labels)
    except SynthesisError:
        return None
    return result(outcome, row, protocol.pooling)
