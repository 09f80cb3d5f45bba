"""What the team's pages show: who is in it, what waits for whom, how far it is. Counts alone: what anybody voted or judged is not told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot import links as tokens
from bot.access import may
from bot.app import App
from bot.domain.protocols import Protocol
from bot.steps.exchange.move_out import FILES
from db import appraisals, interests, links, outbox, people, records, retrievals, reviews, rounds, screening, studies
from db.links import LinkRow
from db.people import PersonRow
from db.session import Session

ROLE_WORDS = {"reviewer": "reviewer", "third_reviewer": "third reviewer", "extractor": "extractor",
              "lived_experience": "lived-experience member", "editor": "editor"}
WORK = {"round": "Records to judge", "extract": "Extract", "verify": "Verify", "appraise": "Risk of bias", "starting_set": "Starting data",
        "sign": "Draft to sign", "remark": "Draft to read", "interests": "Your interests"}


def interests_view(session: Session, link: LinkRow, app: App, *, token: str, sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the page of a declaration shows; sent: what was entered and could not be taken."""
    person = people.person(session, link.person_id or 0)
    latest = interests.latest(session, link.review_id, person.id)
    kept = {"also_known_as": latest.also_known_as, "orcid": latest.orcid, "text": latest.text} if latest else {}
    protocol = app.protocol(reviews.review(session, link.review_id).slug)
    return {"person": person, "latest": latest, "address": f"/d/{token}", "review": _review(protocol),
            "sent": {"has_any": "", "text": "", "also_known_as": "", "orcid": ""} | kept | dict(sent or {})}


def own_view(session: Session, who: PersonRow, app: App) -> dict[str, Any]:
    """Return what somebody who signed in sees first: the own reviews, and the own links that still open something."""
    mine = [reviews.review(session, one) for one in sorted(people.reviews_of(session, who.id))]
    shown = [row for row in mine if row.slug in app.protocols]
    return {"who": who, "reviews": [_review(app.protocol(row.slug)) for row in shown], "work": _work(session, who, app)}


def team_view(session: Session, review_id: int, protocol: Protocol, who: PersonRow, app: App) -> dict[str, Any]:
    """Return what the page of a team shows."""
    now = app.clock()
    declared = interests.of_review(session, review_id)
    withheld = outbox.withheld(session, review_id, now)
    in_role = people.members_by_role(session, review_id)
    team = {person.id: person for members in in_role.values() for person in members}
    to_appraise = appraisals.open_places(session, review_id)
    load = _load(session, review_id, team, to_appraise)
    lines = []
    for person in team.values():
        row = declared.get(person.id)
        lines.append({"person": person, "roles": [ROLE_WORDS[role] for role, members in in_role.items() if person in members],
                      "declared": row if row is not None and row.until > now else None, "had": row is not None,
                      "withheld": withheld.get(person.id, 0), "load": load.get(person.id, {})})
    own = people.roles(session, review_id, who.id)
    return {"who": who, "review": _review(protocol), "lines": lines, "roles": ROLE_WORDS, "may_invite": any(may(one, "invite") for one in own),
            "progress": _progress(session, review_id, sum(to_appraise.values())),
            "files": FILES if any(may(one, "export") for one in own) else {}}


def _progress(session: Session, review_id: int, to_appraise: int) -> list[tuple[str, int]]:
    screened = screening.progress(session, review_id)
    extraction = studies.extraction_counts(session, review_id)
    signed = appraisals.overall_of_effects(session, review_id)
    return [
        ("Records found", records.identified(session, review_id)),
        ("Reports that wait for a vote", screened["pending"]),
        ("Reports in conflict", screened["conflicts"]),
        ("Reports not in any round yet", screening.count_to_screen(session, review_id)),
        *_full_texts(session, review_id),
        ("Studies to extract", extraction["open"]),
        ("Studies to verify", extraction["submitted"]),
        ("Studies that wait for a full text or an answer", extraction["awaiting"]),
        ("Studies extracted", extraction["settled"]),
        ("Appraisals that wait for somebody", to_appraise),
        ("Results with a signed appraisal", len(signed)),
    ]


def _full_texts(session: Session, review_id: int) -> list[tuple[str, int]]:
    """Return the counts of full texts; nothing where the first round decides."""
    counted = retrievals.counts(session, review_id)
    words = {"sought": "Full texts sought", "not_retrieved": "Full texts that could not be had", "assessed": "Full texts assessed",
             "excluded": "Full texts excluded", "pending": "Full texts that wait"}
    return [(label, counted[name]) for name, label in words.items()] if counted["sought"] else []


def _load(session: Session, review_id: int, team: Collection[int], to_appraise: Mapping[int, int]) -> dict[int, dict[str, int]]:
    """Return person id → what waits for that person, in counts."""
    load: dict[int, dict[str, int]] = {}
    for row in rounds.running(session, review_id):
        for person_id, count in rounds.open_by_person(session, row.id, team).items():
            _add(load, person_id, "records to judge", count)
    for row in studies.in_extraction(session, review_id, "open", "submitted"):
        person = row.extractor_id if row.extraction == "open" else row.verifier_id
        _add(load, person, "studies to extract" if row.extraction == "open" else "studies to verify", 1)
    for person_id, count in to_appraise.items():
        _add(load, person_id, "results to appraise", count)
    return load


def _add(load: dict[int, dict[str, int]], person_id: int | None, what: str, count: int) -> None:
    if person_id is not None:
        load.setdefault(person_id, {})
        load[person_id][what] = load[person_id].get(what, 0) + count


def _work(session: Session, who: PersonRow, app: App) -> list[dict[str, Any]]:
    """Return the own links that a mail brought and that still open something, newest first."""
    found, declared = [], {}
    for row in links.live_of_person(session, who.id, app.clock()):
        if row.review_id not in declared:
            latest = interests.latest(session, row.review_id, who.id)
            declared[row.review_id] = latest is not None and latest.until > app.clock()
        # As with mails: before interests are declared, no other link.
        may_show = row.purpose == "interests" or declared[row.review_id]
        if row.purpose in WORK and may_show and row.key_id in app.keys.keys:
            found.append({"what": WORK[row.purpose], "about": _about(session, row), "at": row.created_at,
                          "path": tokens.path(row.purpose, tokens.token(app.keys, row.key_id, row.purpose, row.id))})
    return found


def _about(session: Session, row: LinkRow) -> str:
    if row.purpose in ("extract", "verify", "appraise") and row.subject_id is not None:
        return studies.study(session, row.subject_id).label
    if row.purpose == "round" and row.subject_id is not None:
        round_row = rounds.by_id(session, row.subject_id)
        return f"round {round_row.number}" + (", closed" if round_row.closed_at else "")
    return ""


def _review(protocol: Protocol) -> dict[str, str]:
    return {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}
