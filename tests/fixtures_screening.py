"""A review with a team, a cycle and reports to screen: what the tests of screening begin with. Not a test itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from bot import links as tokens
from bot import web
from bot.app import App
from bot.domain.protocols import Protocol
from bot.domain.records import Record
from bot.links import LinkKeys
from bot.protocols.load import load
from bot.steps.people.join import join
from bot.steps.records.rank import rank
from bot.steps.screening import forms
from bot.steps.screening.decide import Decided, decide
from bot.steps.screening.open_round import RoundAccount, open_round
from bot.steps.screening.remind import remind
from bot.steps.screening.settle import SettleAccount, settle
from db import links, people, records, reviews, rounds
from db.people import PersonRow
from db.rounds import AssignmentRow
from db.session import Database
from tests.asgi import Browser

KEYS = LinkKeys("test", {"test": b"0123456789abcdef0123456789abcdef"})
REPOSITORY = Path(__file__).resolve().parents[1]
TEAM = (("Ada", "reviewer"), ("Ben", "reviewer"), ("Cleo", "third_reviewer"))


def shipped_protocol(**reviewing: Any) -> Protocol:
    """Return the shipped protocol without quiet hours, with these rules for reviewers changed."""
    protocol = _loaded()
    rules = {"quiet_from": 0, "quiet_to": 0, "quiet_weekdays": ()} | reviewing
    return replace(protocol, reviewing=replace(protocol.reviewing, **rules))


@cache
def _loaded() -> Protocol:
    return load(REPOSITORY / "reviews" / "digital-peer-support")


@dataclass
class Desk:
    """A review at work: its parts, and short words for what the tests do with it."""

    database: Database
    protocol: Protocol
    review_id: int
    cycle_id: int
    now: datetime
    people: dict[str, PersonRow] = field(default_factory=dict)
    served: dict[tuple[int, ...], FastAPI] = field(default_factory=dict)

    def browser(self, app: App) -> Browser:
        """Return a browser that opens the web of `app`, as a process that has just started would serve it.

        The routes are those of the last one, if nothing but the time is another: making them takes longer than most pages.
        """
        parts = (id(app.database), *map(id, app.protocols.values()), hash(app.renderer))
        if parts not in self.served:
            self.served[parts] = web.create(app)
        self.served[parts].middleware_stack = None  # and with it the pages that were kept
        return Browser(self.served[parts])

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def rank(self) -> Any:
        """Rank the cycle's reports."""
        return rank(database=self.database, review_id=self.review_id, cycle_id=self.cycle_id, protocol=self.protocol, by="system:test",
                    now=self.now)

    def open(self) -> RoundAccount:
        """Rank, and open the cycle's round."""
        self.rank()
        return open_round(database=self.database, review_id=self.review_id, cycle_id=self.cycle_id, protocol=self.protocol, keys=KEYS,
                          by="system:test", now=self.now)

    def settle(self) -> SettleAccount:
        """Settle every open round."""
        return settle(database=self.database, review_id=self.review_id, protocol=self.protocol, keys=KEYS, by="system:test", now=self.now)

    def remind(self) -> int:
        """Remind whoever is due, and return how many people that were."""
        return remind(database=self.database, review_id=self.review_id, protocol=self.protocol, keys=KEYS, by="system:test",
                      now=self.now).reminded

    def next_cycle(self, period: str) -> None:
        """Begin another cycle."""
        with self.database.writing(by="system:test") as session:
            version = reviews.current_protocol_version(session, self.review_id)
            self.cycle_id = reviews.begin_cycle(session, review_id=self.review_id, period=period, protocol_version_id=version.id, at=self.now).id

    def list_of(self, name: str, round_id: int) -> Sequence[AssignmentRow]:
        """Return a person's list of a round."""
        with self.database.reading() as session:
            return rounds.own(session, round_id, self.people[name].id)

    def token(self, name: str, round_id: int) -> str:
        """Return the token of a person's link to a round, as the mail would carry it."""
        with self.database.writing(by="system:test") as session:
            link = links.create(session, KEYS, review_id=self.review_id, purpose="round", person_id=self.people[name].id, subject_id=round_id,
                                expires_at=None, at=self.now)
        return tokens.token(KEYS, link.key_id, "round", link.id)

    def vote(self, name: str, round_id: int, position: int, verdict: str, criterion: str = "", version: int = 0, **more: Any) -> Decided:
        """Vote as a person."""
        sent = {"verdict": verdict, "criterion": criterion, "version": str(version)} | more
        form = forms.read(sent, [one.id for one in self.protocol.criteria])
        return decide(database=self.database, token=self.token(name, round_id), position=position, form=form, protocol=self.protocol,
                      by=people.by(self.people[name]), now=self.now)

    def vote_on(self, name: str, round_id: int, report_id: int, verdict: str, criterion: str = "", version: int = 0) -> Decided:
        """Vote as a person on a report, wherever it stands on that person's list."""
        position = next(one.position for one in self.list_of(name, round_id) if one.report_id == report_id)
        return self.vote(name, round_id, position, verdict, criterion, version)


def desk(database: Database, now: datetime, *, reports: int | Sequence[Record] = 4, team: Sequence[tuple[str, str]] = TEAM,
         **reviewing: Any) -> Desk:
    """Return a review with its team, a cycle and some reports, none of them asked about yet."""
    protocol = shipped_protocol(**reviewing)
    with database.writing(by="system:test") as session:
        review = reviews.ensure(session, slug=protocol.slug, title=protocol.title, at=now)
        version = reviews.activate_protocol(session, review_id=review.id, version=protocol.version, dated=str(protocol.dated),
                                            sha256=protocol.sha256, at=now)
        cycle = reviews.begin_cycle(session, review_id=review.id, period="2026-11", protocol_version_id=version.id, at=now)
    one = Desk(database, protocol, review.id, cycle.id, now)
    for name, role in team:
        one.people[name] = join(database=database, review_id=review.id, name=name, email=f"{name.lower()}@example.org", role=role,
                                by="system:test", now=now)
    add_reports(one, sample_records(reports) if isinstance(reports, int) else reports)
    return one


def sample_records(count: int, first: int = 1) -> list[Record]:
    """Return records with telling numbers in their titles."""
    return [
        Record(source="pubmed", source_id=str(number), pmid=str(number), title=f"Trial {number} of an online peer support forum", year=2024,
               abstract=f"METHODS: Adults with depression were randomised ({number}).\nRESULTS: Peer support helped.",
               authors=("Smith J", "Müller K"), journal="J Examples", publication_types=("Randomized Controlled Trial",))
        for number in range(first, first + count)
    ]


def add_reports(one: Desk, given: Sequence[Record]) -> list[int]:
    """Give the review reports of their own, one for each record, and return their ids."""
    with one.database.writing(by="system:test") as session:
        records.store(session, review_id=one.review_id, records=given, at=one.now, cycle_id=one.cycle_id)
        waiting = records.not_compared(session, one.review_id, len(given))
        return [records.begin_report(session, row, by="system:test", at=one.now).id for row in waiting]


def merge_away(one: Desk, report_id: int, *, into: int) -> None:
    """Say that a report turned out to be another one."""
    with one.database.writing(by="system:test") as session:
        records.report(session, report_id).merged_into = into
