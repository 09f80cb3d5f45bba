"""Compute the chain of the audit again and compare it, also with the ends that published bulletins name. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from db import bulletins, events
from db.session import Database


@dataclass(frozen=True, slots=True)
class AuditAccount:
    """events: how many are as they were; sha256: the end of the chain there; fault: the first event that is not, and how, or empty."""

    events: int
    sha256: str
    bulletins: int
    fault: str


def verify(*, database: Database) -> AuditAccount:
    """Return whether every event is as it was noted, none is missing and none was put in."""
    with database.reading() as session:
        named = [events.Head(one["events"], one["sha256"]) for one in bulletins.audit_ends(session)]
        head, fault = events.verify(session, known=named)
    return AuditAccount(head.place, head.sha256, len(named), f"place {fault.place}: {fault.what}" if fault else "")
