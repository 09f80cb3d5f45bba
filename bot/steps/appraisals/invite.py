"""Give every number that people agree on two people who appraise it, and write to them. Called at every tick; what was done stays."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.methods.appraisal.engine import variant_for
from bot.steps.appraisals import calls
from db import appraisals, events, people, studies
from db.appraisals import BLIND, AppraisalRow
from db.effects import USABLE, EffectRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class InviteAccount:
    """places: given now; invited: people who got a mail; without_people: results that wait because nobody is left to ask."""

    places: int = 0
    invited: int = 0
    without_people: int = 0


def invite(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> InviteAccount:
    """Fill the free places of all results that are agreed on, and return what was done. Without [appraisal] in the protocol: nothing."""
    if protocol.appraisal is None:
        return InviteAccount()
    with database.reading() as session:
        wanting = _wanted(session, review_id, protocol.appraisal.people)
    if not any(chosen for _, chosen in wanting):
        return InviteAccount(without_people=len(wanting))
    with database.writing(by=by) as session:
        # Chosen again inside: what another process did meanwhile counts.
        given: dict[int, set[int]] = defaultdict(set)
        places = 0
        for effect, chosen in _wanted(session, review_id, protocol.appraisal.people):
            for part, person_id in chosen:
                _give(session, effect, person_id, part, protocol, now)
                given[person_id].add(effect.study_id)
                places += 1
        for person_id, study_ids in given.items():
            person = people.person(session, person_id)
            rows = [studies.study(session, study_id) for study_id in sorted(study_ids)]
            calls.ask(session, "appraise", person, rows, f"places:{appraisals.last_place(session)}", protocol=protocol, keys=keys, at=now)
        if places:
            events.note(session, review_id=review_id, kind="appraisal.invited", subject=f"review:{review_id}",
                        data={"places": places, "people": len(given)}, at=now)
    return InviteAccount(places, len(given), sum(not chosen for _, chosen in wanting))


def _wanted(session: Session, review_id: int, wanted: int) -> list[tuple[EffectRow, list[tuple[str, int]]]]:
    """Return results with a free place, each with (part, person id) of those who get one."""
    rows = appraisals.without_places(session, review_id, USABLE)
    signed = appraisals.overall_of_effects(session, review_id)
    there = appraisals.places(session, [row.id for row in rows])
    found = []
    for effect in rows:
        taken = {one.part: one.person_id for one in there.get(effect.id, [])}
        free = [part for part in BLIND[:wanted] if part not in taken]
        # A corrected number keeps the appraisal of the one it replaces.
        if free and effect.id not in signed:
            asked = calls.choose(session, effect, taken={*taken.values(), *appraisals.left_places(session, effect.id)}, wanted=len(free))
            found.append((effect, list(zip(free, [person.id for person in asked], strict=False))))
    return found


def _give(session: Session, effect: EffectRow, person_id: int, part: str, protocol: Protocol, now: datetime) -> None:
    assert protocol.appraisal is not None
    design = "non-randomised" if effect.design.startswith("non") else effect.design
    rules = variant_for(design, protocol.appraisal.effect_of_interest)
    appraisals.add_place(session, AppraisalRow(
        review_id=effect.review_id, effect_id=effect.id, person_id=person_id, part=part, tool=rules.tool, tool_version=rules.version,
        variant=rules.id, created_at=now, told_at=now))
