"""A review with confirmed trials, an editor and readers: what the tests of bulletins and of the site begin with. Not a test itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot import links as tokens
from bot import paths
from bot.app import App
from bot.protocols.starting_set import read as read_starting_set
from bot.rendering import Renderer, Site
from bot.steps.bulletins.draft import DraftAccount, draft
from bot.steps.bulletins.forms import read as read_form
from bot.steps.bulletins.publish import PublishAccount, publish
from bot.steps.bulletins.sign import Signed, sign
from bot.steps.estimates.analyse import analyse
from bot.steps.estimates.pool import pool
from bot.steps.estimates.update_published import update_published
from bot.steps.readers.confirm import confirm
from bot.steps.readers.subscribe import subscribe
from bot.steps.studies.confirm_starting_set import Judgement, confirm_starting_set
from bot.steps.studies.import_starting_set import import_starting_set
from db import bulletins, effects, links, outbox, people, readers
from db.bulletins import BulletinRow
from db.outbox import OutboxRow
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_reviewing import SITE, application
from tests.fixtures_screening import KEYS, TEAM, Desk, desk

SYSTEM = "system:test"
BEFORE_SEBELA = date(2025, 2, 1)


@dataclass
class Press:
    """A review at work, from confirmed trials to readers, and short words for what the tests do with it."""

    desk: Desk
    renderer: Renderer

    @property
    def common(self) -> dict[str, Any]:
        """What every step is given."""
        return {"database": self.desk.database, "review_id": self.desk.review_id, "protocol": self.desk.protocol, "by": SYSTEM}

    @property
    def app(self) -> App:
        """The application around this review."""
        return replace(application(self.desk), renderer=self.renderer)

    @property
    def browser(self) -> Browser:
        """A browser that opens the whole web of this review."""
        return self.desk.browser(self.app)

    def starting_set(self, *, until: date | None = None, outcome: str = "") -> None:
        """Take in the starting set up to a day, of one outcome if that is given, and confirm every row as the editor."""
        rows = [row for row in read_starting_set(paths.review_folders()[self.desk.protocol.slug]) if outcome in ("", row.outcome)]
        import_starting_set(**self.common, rows=rows, available_until=until, now=self.desk.now)
        with self.desk.database.reading() as session:
            waiting = [row.id for row in effects.candidates(session, self.desk.review_id) if row.state == "candidate"]
        confirm_starting_set(database=self.desk.database, token=self.token("Eve", "starting_set", self.desk.review_id),
                             judgements={one: Judgement("confirm") for one in waiting}, by=people.by(self.desk.people["Eve"]), now=self.desk.now)

    def draft(self) -> DraftAccount:
        """Pool, and draft the bulletin of the cycle."""
        pool(**self.common, cycle_id=self.desk.cycle_id, now=self.desk.now)
        analyse(**self.common, cycle_id=self.desk.cycle_id, now=self.desk.now)
        update_published(**self.common, cycle_id=self.desk.cycle_id, now=self.desk.now)
        return draft(**self.common, cycle_id=self.desk.cycle_id, renderer=self.renderer, keys=KEYS, now=self.desk.now)

    def sign(self, **sent: str) -> Signed:
        """Choose about the draft of the cycle as the editor: sign it unless told otherwise."""
        row = self.bulletin
        form = read_form({"choice": "sign", "version": row.content_sha256} | sent)
        return sign(database=self.desk.database, token=self.token("Eve", "sign", row.id), form=form, by=people.by(self.desk.people["Eve"]),
                    now=self.desk.now)

    def publish(self) -> PublishAccount:
        """Publish what is signed."""
        return publish(**self.common, renderer=self.renderer, keys=KEYS, now=self.desk.now)

    def issue(self) -> int:
        """Draft, sign and publish the cycle's bulletin, and return its number."""
        self.draft()
        self.sign()
        return self.publish().numbers[0]

    def reader(self, email: str) -> int:
        """Subscribe and confirm a reader, and return the row id."""
        subscribe(database=self.desk.database, review_id=self.desk.review_id, email=email, keys=KEYS, by=SYSTEM, now=self.desk.now)
        with self.desk.database.reading() as session:
            row = readers.by_email(session, self.desk.review_id, email)
        confirm(database=self.desk.database, token=self.token_of_reader(row.id, "subscribe"), by=readers.by(row), now=self.desk.now)
        return row.id

    @property
    def bulletin(self) -> BulletinRow:
        """The bulletin of the cycle."""
        with self.desk.database.reading() as session:
            return bulletins.of_cycle(session, self.desk.cycle_id)

    def mails(self, template: str) -> Sequence[OutboxRow]:
        """Return the mails of one kind that wait in the outbox."""
        with self.desk.database.reading() as session:
            return [row for row in outbox.in_state(session, "pending") if row.template == template]

    def token(self, name: str, purpose: str, subject_id: int) -> str:
        """Return the token of a person's link, as the mail would carry it."""
        return self._token(purpose=purpose, person_id=self.desk.people[name].id, subject_id=subject_id)

    def token_of_reader(self, reader_id: int, purpose: str) -> str:
        """Return the token of a reader's link, as the mail would carry it."""
        return self._token(purpose=purpose, subscriber_id=reader_id)

    def _token(self, **whom: Any) -> str:
        with self.desk.database.writing(by=SYSTEM) as session:
            link = links.create(session, KEYS, review_id=self.desk.review_id, at=self.desk.now, **whom)
        return tokens.token(KEYS, link.key_id, link.purpose, link.id)


def press(database: Database, now: datetime, *, demo: bool = False) -> Press:
    """Return a review with a team and a cycle; nothing is confirmed and nobody reads yet."""
    one = desk(database, now, reports=2, team=(*TEAM, ("Eve", "editor"), ("Xena", "extractor")))
    return Press(one, Renderer(paths.templates(), Site(name="Perennial", address=SITE, demo=demo)))


def one_trial(database: Database, now: datetime) -> Press:
    """Return a review with one confirmed trial of one outcome: what the steps themselves are tried on, quickly."""
    one = press(database, now)
    one.starting_set(outcome="personal_recovery")
    return one


def two_months(database: Database, now: datetime, *, demo: bool = False) -> Press:
    """Return a review that has published two bulletins: the second one has Sebela 2025."""
    one = press(database, now, demo=demo)
    one.starting_set(until=BEFORE_SEBELA)
    one.issue()
    one.desk.now += timedelta(days=30)
    one.desk.next_cycle("2026-12")
    one.starting_set()
    one.issue()
    return one
