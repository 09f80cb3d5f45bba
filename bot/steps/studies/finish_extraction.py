"""Hand in the extraction of a study: each outcome has a result, or a sentence why there is none. Another person verifies it then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError
from bot.links import LinkKeys
from bot.steps.studies import calls
from bot.steps.studies.holders import extractor
from db import effects, events, studies
from db.effects import EffectRow
from db.session import Database, Session
from db.studies import OutcomeStatementRow, StudyRow

KINDS = {
    "not_usable": "measured, no usable number",
    "not_reported": "planned, not reported",
    "not_measured": "not measured",
}
# Nothing is stored for it: what nobody has read is not "not measured".
NOT_READ = "not_read"
CHOICES = KINDS | {NOT_READ: "not known yet: the whole report was not read"}
ONE_PERSON = "extracted by one person; the protocol asks for no second one"
LONGEST_KNOWN = 2000


@dataclass(frozen=True, slots=True)
class Statement:
    """Why a study has no result for an outcome, or in one of its windows (a key of CHOICES).

    known: what is known all the same: "not significant", "figure only".
    """

    kind: str
    known: str = ""


def finish_extraction(*, database: Database, token: str, statements: Mapping[str, Statement], protocol: Protocol, keys: LinkKeys, by: str,
                      now: datetime) -> str:
    """Hand in a study, and return the state of its extraction: `submitted`, or `settled` in one-person mode.

    statements: for each of `places_without` a result. Handed in already: nothing changes. Raises LinkError, RefusedError,
    InvalidInputError (an outcome has neither), ConflictError (a disputed result is not settled).
    """
    with database.writing(by=by) as session:
        who, row = extractor(session, token, now)
        if row.extraction in ("submitted", "settled"):
            return row.extraction
        live = effects.effects_of_study(session, row.id)
        if any(effect.state == "disputed" for effect in live):
            raise ConflictError(f"{row.label}: a disputed result is still there. Settle it: correct it, say why it stands, or withdraw it with "
                                "the reason.")
        wanted = places_without(live, protocol)
        said_before = {place_of(outcome, window): said for (_, outcome, window), said in studies.all_statements_of(session, [row.id]).items()}
        _require_statements(row, wanted, statements, said_before)
        _keep_statements(session, row, {place: statements[place] for place in wanted}, said_before, who.person.id, now)
        row.waits_for = ""
        _hand_on(session, row, protocol, keys, now)
        events.note(session, review_id=row.review_id, kind="extraction.finished", subject=f"study:{row.id}",
                    data={"results": len(live), "without": len(wanted), "turn": row.turn}, at=now)
        return row.extraction


def place_of(outcome: str, window: str) -> str:
    """Return the name of an outcome, or of one of its windows: `anxiety`, `anxiety.short`."""
    return f"{outcome}.{window}" if window else outcome


def places_without(live: Sequence[EffectRow], protocol: Protocol) -> dict[str, str]:
    """Return where a study has no result, by name, in words: outcomes without any, and windows of those that have one elsewhere."""
    found = dict[str, str]()
    for outcome in protocol.outcomes:
        had = {effect.window for effect in live if effect.outcome == outcome.id}
        if not had:
            found[outcome.id] = outcome.label
            continue
        for window in protocol.windows:
            if window.id in outcome.windows and window.id not in had:
                found[place_of(outcome.id, window.id)] = f"{outcome.label}, {window.label[:1].lower()}{window.label[1:]}"
    return found


def _require_statements(row: StudyRow, wanted: Mapping[str, str], statements: Mapping[str, Statement],
                        said_before: Mapping[str, OutcomeStatementRow]) -> None:
    for place, words in wanted.items():
        label, said = f"{row.label}, {words}", statements.get(place)
        if said is None or said.kind not in CHOICES:
            raise InvalidInputError(f"{label}: enter a result, or choose why there is none: {', '.join(CHOICES.values())}.")
        if said.kind == "not_usable" and not said.known:
            # A null result without a number must not vanish: what is known of it stands in the bulletin.
            raise InvalidInputError(f"{label}: measured without a usable number. Say what is known, such as “not significant” or “figure only”.")
        if said.kind == NOT_READ and place in said_before:
            before = KINDS[said_before[place].kind]
            raise InvalidInputError(f"{label}: it was said before that it was {before}. Choose that again, or what holds.")
        if len(said.known) > LONGEST_KNOWN:
            raise InvalidInputError(f"{label}: what is known has at most {LONGEST_KNOWN:,} characters. Shorten it.")


def _keep_statements(session: Session, row: StudyRow, wanted: Mapping[str, Statement], said_before: Mapping[str, OutcomeStatementRow],
                     person_id: int, now: datetime) -> None:
    for place, said in wanted.items():
        last, (outcome, _, window) = said_before.get(place), place.partition(".")
        if said.kind != NOT_READ and (last is None or (last.kind, last.known) != (said.kind, said.known)):
            studies.state_outcome(session, row, outcome=outcome, window=window, kind=said.kind, known=said.known, person_id=person_id, at=now)


def _hand_on(session: Session, row: StudyRow, protocol: Protocol, keys: LinkKeys, now: datetime) -> None:
    extracted = effects.effects_of_study(session, row.id, states={"extracted"})
    if protocol.reviewing.mode == "one":
        for effect in extracted:
            effect.state, effect.basis, effect.settled_at = "verified", ONE_PERSON, now
        row.extraction, row.state = "settled", "extracted"
        return
    row.extraction = "submitted"
    row.verifier_id = None if row.verifier_id == row.extractor_id else row.verifier_id
    # Where nobody else is in the team, the next tick asks as soon as somebody is (include.py).
    if (person := calls.verifier_for(session, row)) is not None:
        calls.ask_verifier(session, person, row, protocol=protocol, keys=keys, results=len(extracted), at=now)
