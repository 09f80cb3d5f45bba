"""Confirm or dispute what another person extracted. Two who agree make a result usable; nobody verifies own numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError, RefusedError
from bot.links import LinkKeys
from bot.methods.studies.extraction import field_words, read_again
from bot.steps.studies import calls
from bot.steps.studies.forms import IN_WORDS, comparable
from bot.steps.studies.holders import Holder, verifier
from db import differences, effects, events
from db.effects import EffectRow
from db.session import Database, Session
from db.studies import StudyRow

BASIS = "extracted by one person, verified by another"
LIST = "list"
LONGEST_NOTE = 2000
LONGEST_FIELD = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says about one result or about the list as a whole: `agree` or `dispute`, and why.

    reads: field of the result → what the report gives there, as typed; empty where it agrees.
    """

    verdict: str
    note: str = ""
    reads: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VerifyAccount:
    """agreed, disputed: results; settled: whether nothing of this study waits any more."""

    agreed: int
    disputed: int
    settled: bool


def verify(*, database: Database, token: str, verdicts: Mapping[int, Verdict], on_list: Verdict, protocol: Protocol, keys: LinkKeys, by: str,
           now: datetime) -> VerifyAccount:
    """Store a verdict on each result that waits for one, and on whether the list of outcomes is complete.

    What is disputed goes back to the extractor, field by field and with the reason. Raises LinkError, RefusedError (own numbers),
    InvalidInputError (a verdict or a reason is missing), ConflictError (nothing waits, or the results are not those that the page showed).
    """
    with database.writing(by=by) as session:
        who, row = verifier(session, token, now)
        waiting = effects.effects_of_study(session, row.id, states={"extracted"})
        _require_complete(row, waiting, verdicts, on_list)
        differing = {effect.id: _differing(effect, verdicts[effect.id]) for effect in waiting}
        disputed = [line for effect in waiting
                    if (line := _judge(session, who, effect, verdicts[effect.id], differing[effect.id], protocol, now))]
        if on_list.verdict == "dispute":
            disputed.append({"what": "The list of outcomes", "note": on_list.note, "fields": []})
        _settle_or_return(session, row, disputed, protocol, keys, now)
        account = VerifyAccount(sum(verdicts[effect.id].verdict == "agree" for effect in waiting), len(disputed), not disputed)
        events.note(session, review_id=row.review_id, kind="extraction.verified" if account.settled else "extraction.disputed",
                    subject=f"study:{row.id}", data={"agreed": account.agreed, "disputed": disputed}, at=now)
        return account


def _require_complete(row: StudyRow, waiting: Sequence[EffectRow], verdicts: Mapping[int, Verdict], on_list: Verdict) -> None:
    """Raise unless exactly the results that wait were judged, each dispute with its reason."""
    if row.extraction != "submitted":
        raise ConflictError(f"Nothing of {row.label} waits to be verified now; it was verified or taken back meanwhile.")
    if extra := set(verdicts) - {effect.id for effect in waiting}:
        raise ConflictError(f"{len(extra)} of these results changed meanwhile. Load the page again and judge what it shows now.")
    for what, verdict in (*((_name(effect), verdicts.get(effect.id)) for effect in waiting), ("The list of outcomes", on_list)):
        if verdict is None or verdict.verdict not in ("agree", "dispute"):
            raise InvalidInputError(f"{what}: choose one, it agrees with the report or it does not.")
        if verdict.verdict == "dispute" and not verdict.note and not verdict.reads:
            raise InvalidInputError(f"{what}: say what differs, and where it stands in the report.")
        if len(verdict.note) > LONGEST_NOTE:
            raise InvalidInputError(f"{what}: a note has at most {LONGEST_NOTE:,} characters. Shorten it.")


def _differing(effect: EffectRow, verdict: Verdict) -> dict[str, tuple[str, str]]:
    """Return field → (as entered, as the verifier reads it) where the two differ. Raises InvalidInputError."""
    entered, found = comparable(effect), dict[str, tuple[str, str]]()
    for name, text in verdict.reads.items():
        if name not in entered:
            raise InvalidInputError(f"{_name(effect)}: it has no field {name[:40]}. Load the page again.")
        try:
            read = " ".join(text.split())[:LONGEST_FIELD] if name in IN_WORDS else read_again(name, text)
        except ValueError as error:
            raise InvalidInputError(f"{_name(effect)}, what the report gives: {error}") from error
        if read != entered[name]:
            found[name] = (entered[name], read)
    if verdict.verdict == "agree" and found:
        first = field_words(next(iter(found)))
        raise InvalidInputError(f"{_name(effect)}: you read another {first} in the report, so it does not agree. Choose that, or empty the "
                                "field.")
    if verdict.verdict == "dispute" and not found and not verdict.note:
        raise InvalidInputError(f"{_name(effect)}: what you read is what was entered. Say what differs, or that it agrees.")
    return found


def _judge(session: Session, who: Holder, effect: EffectRow, verdict: Verdict, differing: Mapping[str, tuple[str, str]], protocol: Protocol,
           now: datetime) -> dict[str, Any] | None:
    """Store one verdict, and return what to tell the extractor if it is a dispute."""
    if effect.extracted_by == who.person.id:
        raise RefusedError("You extracted some of these numbers yourself; another person verifies them.")
    effects.say(session, effect, person_id=who.person.id, verdict=verdict.verdict, note=verdict.note, at=now)
    if verdict.verdict == "agree":
        effect.state, effect.verified_by, effect.basis, effect.settled_at = "verified", who.person.id, BASIS, now
        return None
    effect.state = "disputed"
    # Without a field named, the result as a whole is what has to be settled.
    differences.keep(session, effect, differing or {"": ("", verdict.note)}, person_id=who.person.id, at=now)
    return {"what": f"{protocol.outcome(effect.outcome).label}, {_name(effect)}", "note": verdict.note,
            "fields": [{"field": field_words(name), "entered": entered, "read": read} for name, (entered, read) in differing.items()]}


def _settle_or_return(session: Session, row: StudyRow, disputed: Sequence[dict[str, Any]], protocol: Protocol, keys: LinkKeys,
                      now: datetime) -> None:
    if not disputed:
        row.extraction, row.state = "settled", "extracted"
        return
    row.turn, row.extraction = row.turn + 1, "open"
    if (person := calls.extractor_for(session, row)) is not None:
        calls.ask_extractor(session, person, [row], protocol=protocol, keys=keys, disputed=disputed, at=now)


def _name(effect: EffectRow) -> str:
    return f"{effect.instrument}, {effect.time_point}"
