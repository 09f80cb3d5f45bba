"""A small month of the shipped review: ten citations, a team, three readers. It can be killed anywhere and played on. Not a test itself.

The product as it is, but for its clock, which stands still, and its mail server, which is a folder per mailbox. The people are
those of the demonstration; they know their mails only. What kills it: killing.py.
"""

from __future__ import annotations

import email
import email.policy
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from bot import app as root
from bot import jobs, paths, settings
from bot.app import App
from bot.demo import extracting, knowledge, material
from bot.demo.browser import Visitor
from bot.demo.people import READERS, TEAM, Person, address_of, cast
from bot.demo.sink import mailbox
from bot.steps import cycle
from bot.steps.mail.settle import settle_unsure
from bot.steps.people.join import join
from bot.web import create
from db import bulletins, outbox, readers, reviews, schema
from tests.asgi import Browser

SLUG = "digital-peer-support"
SITE = "http://127.0.0.1:8000"
SET_UP, MONTH = datetime(2025, 10, 31, 12, tzinfo=UTC), datetime(2025, 11, 1, 7, tzinfo=UTC)
BY = "system:test"
# In PubMed: a study of the starting set, one with a result, one without, two on which the reviewers differ, two that both exclude.
IN_PUBMED = ("c003", "c026", "c025", "c028", "c030", "c050", "c066")
# In the file: one to include, one on which the reviewers differ, and one that PubMed has as well.
IN_FILE, AGAIN_IN_FILE = ("c004", "c027"), ("c026",)
OUTCOMES = ("depression", "serious_adverse_events")
STARTING = ("Griffiths 2012", "Dean 2016", "Merza 2023")
EXTRACTED = "Sebela 2025"
MOST_ROUNDS = 60
# How many readers more than the scripted ones get the bulletin.
MORE_READERS = "MORE_READERS"


def citations() -> list[dict[str, str]]:
    """Return what PubMed's stand-in holds."""
    return [row for row in _rows() if row["key"] in IN_PUBMED]


def _rows() -> list[dict[str, str]]:
    return material.citations(paths.reviews() / SLUG / "demo")


def write_home(home: Path) -> None:
    """Write what an operator sets up: the review with fewer outcomes and no quiet hours, a link key, a file in the watched folder."""
    review = home / "reviews" / SLUG
    shutil.copytree(paths.reviews() / SLUG, review, ignore=shutil.ignore_patterns("demo"))
    for path in (review / "outcomes").glob("*.toml"):
        if path.stem not in OUTCOMES:
            path.unlink()
    for name in ("protocol.toml", "published.toml"):
        (review / name).write_text(_smaller((review / name).read_text(encoding="utf-8")), encoding="utf-8")
    head, *lines = (review / "starting_set.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    lines = [line for line in lines if f",{OUTCOMES[0]}," in line]
    (review / "starting_set.csv").write_text(head + "".join(line for line in lines if line.startswith(STARTING)), encoding="utf-8")
    (home / "known.csv").write_text(head + "".join(line for line in lines if line.startswith(EXTRACTED)), encoding="utf-8")
    (home / "keys").mkdir()
    (home / "keys" / "link-0001.key").write_bytes(b"k" * 32)
    (home / "watched" / "handsearch").mkdir(parents=True)
    file = [row for row in _rows() if row["key"] in IN_FILE] + [row | {"pmid": ""} for row in _rows() if row["key"] in AGAIN_IN_FILE]
    (home / "watched" / "handsearch" / "found.ris").write_text(material.as_ris(file), encoding="utf-8")


def _smaller(file: str) -> str:
    """Return a file of the review without what is about other outcomes, and with mails at any hour."""
    kept = [part for part in file.split("\n\n") if not part.startswith(("[[leading]]", "[[estimates]]"))
            or any(f'"{outcome}"' in part for outcome in OUTCOMES)]
    return ("\n\n".join(kept).replace("quiet_from = 20", "quiet_from = 0").replace("quiet_to = 8", "quiet_to = 0")
            .replace('quiet_weekdays = ["saturday", "sunday"]', "quiet_weekdays = []"))


@dataclass
class Mailboxes:
    """A mail server that puts mails into folders; the same one again is kept under a name that is seen."""

    folder: Path
    delivered: Callable[[], None] = lambda: None
    arrived: int = 0

    def send(self, message: EmailMessage, *, handing_over: Callable[[], None]) -> None:
        """Take a message."""
        handing_over()
        box = mailbox(self.folder, message["To"].addresses[0].addr_spec)
        box.mkdir(parents=True, exist_ok=True)
        name = message["Message-ID"].strip("<>").partition("@")[0]
        target = box / f"{name}.eml"
        if target.exists():
            target = box / f"{name}-again-{len(list(box.iterdir()))}.eml"
        half = target.with_suffix(".part")
        half.write_bytes(message.as_bytes())
        # Every mail is newer than the one before, however coarse the clock of the disk is.
        self.arrived = self.arrived or len(list(self.folder.glob("*/*")))
        self.arrived += 1
        os.utime(half, ns=(self.arrived, self.arrived))
        half.replace(target)
        self.delivered()

    def close(self) -> None:
        """Nothing is open."""

    def has(self, key: str) -> bool:
        """Return whether a mail arrived."""
        return any(self.folder.glob(f"*/{key}*.eml"))


@dataclass
class _Reply:
    url: str
    status_code: int
    content: bytes


class _InProcess:
    """The part of a `requests.Session` that the scripted people use, spoken to the application in this process."""

    def __init__(self, web: Browser) -> None:
        self.web = web

    def get(self, address: str, *, params: Any = None, timeout: float = 0) -> _Reply:
        return self._follow("GET", f"{address}?{urlencode(params)}" if params else address, b"")

    def post(self, address: str, *, data: Any, timeout: float = 0) -> _Reply:
        return self._follow("POST", address, urlencode(data).encode())

    def _follow(self, method: str, address: str, body: bytes) -> _Reply:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.web.request(method, path, body=body, follow_redirects=False)
        if answer.status_code >= 500:
            raise RuntimeError(f"{method} {path}: {answer.status_code}")
        if 300 <= answer.status_code < 400:
            return self._follow("GET", urljoin(address, answer.headers["location"]), b"")
        return _Reply(address, answer.status_code, answer.content)


@dataclass
class Month:
    """The month in one home and database, as one process plays it."""

    home: Path
    app: App
    mail: Mailboxes
    slug: str = SLUG
    people: list[Person] = field(default_factory=list)
    now: datetime = SET_UP

    def play(self) -> None:
        """Play on from wherever it is, to its end: the bulletin is out, every mail is, and nobody has anything left to do."""
        schema.ready(self.app.database, paths.migrations())
        self._set_up()
        self.now = MONTH
        for _ in range(MOST_ROUNDS):
            jobs.tick(self.app)
            self._settle_unsure()
            if not self._read_mail() and self._is_over():
                return
        raise RuntimeError("the month does not come to its end")

    def _set_up(self) -> None:
        if (self.home / "begun").exists():
            return
        self.now = SET_UP
        review_id = cycle.state(self.app.database, protocol=self.app.protocol(self.slug), by=BY, now=self.now).review_id
        for name, (shown, roles) in TEAM.items():
            for role in roles:
                join(database=self.app.database, review_id=review_id, name=shown, email=address_of(name), role=role, by=BY, now=self.now)
        for name in READERS:
            self._subscribe(name)
        while self._confirmed(review_id) < len(READERS):
            jobs.tick(self.app)
            self._settle_unsure()
            self._read_mail()
        self._add_readers(review_id, int(os.environ.get(MORE_READERS, "0")))
        (self.home / "begun").touch()

    def _add_readers(self, review_id: int, count: int) -> None:
        """Let more readers be there, all at once or none of them."""
        with self.app.database.writing(by=BY) as session:
            if readers.by_email(session, review_id, "more-0@demo.invalid") is None:
                for number in range(count):
                    row = readers.add(session, review_id=review_id, email=f"more-{number}@demo.invalid", public_id=f"more{number:012d}",
                                      at=SET_UP)
                    row.state, row.confirmed_at = "confirmed", SET_UP

    def _subscribe(self, name: str) -> None:
        visitor = next(person.visitor for person in self.people if person.name == name)
        form = next(form for form in visitor.open(f"{SITE}/reviews/{self.slug}/subscribe").forms() if "email" in form.typed)
        visitor.send(form, {"email": address_of(name)})

    def _confirmed(self, review_id: int) -> int:
        with self.app.database.reading() as session:
            return readers.confirmed_count(session, review_id)

    def _read_mail(self) -> int:
        return sum(self._act(person, path) for person in self.people for path in self._unread(person))

    def _unread(self, person: Person) -> list[Path]:
        here = sorted(mailbox(self.mail.folder, address_of(person.name)).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [path for path in here if path.name not in person.done]

    def _act(self, person: Person, path: Path) -> int:
        """Let a person act on a mail. People outlive the process: what they have done with a mail to its end they do not do again."""
        person._act(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
        person.done.add(path.name)
        with (self.home / "read.txt").open("a") as file:
            file.write(f"{person.name} {path.name}\n")
        return 1

    def _settle_unsure(self) -> None:
        """Do what an operator does: ask whether the mail arrived, and say so."""
        with self.app.database.reading() as session:
            unsure = list(outbox.in_state(session, "unsure"))
        for row in unsure:
            with (self.home / "unsure.txt").open("a") as file:
                file.write(f"{row.key}\n")
            settle_unsure(database=self.app.database, mail_id=row.id, resend=not self.mail.has(row.key), by=BY, now=self.now)

    def _is_over(self) -> bool:
        with self.app.database.reading() as session:
            review = reviews.review_by_slug(session, self.slug)
            mailed = [row for row in bulletins.published(session, review.id) if row.mailed_at is not None]
            waiting = outbox.counts(session)
        return bool(mailed) and not any(waiting[state] for state in ("pending", "claimed", "sending", "unsure"))


def month(home: Path, url: str, eutils: str, *, slug: str = SLUG, delivered: Callable[[], None] = lambda: None) -> Month:
    """Return the month of a home and a database, wherever it is. Nothing that fails is put off: it is raised.

    slug: another review than the shipped one; its folder in the home has the demo/ from which the people know what they know.
    """
    chosen = settings.load(home=home, database=url, address=SITE, eutils_address=eutils, sender="bot@demo.invalid", reviews=slug)
    app = root.build(chosen)
    mail = Mailboxes(home / "mailboxes", delivered)
    app = replace(app, clock=lambda: one.now, post=replace(app.post, transport=mail))
    one = Month(home, app, mail, slug)
    one.people = cast(SITE, (paths.reviews() / SLUG if slug == SLUG else home / "reviews" / slug) / "demo", home / "known.csv")
    # After each kill people ask again, from wherever: one client may not ask without end (bot/web/limits.py).
    session = _InProcess(Browser(create(app), host="127.0.0.1", client=f"127.0.{os.getpid() % 250}.{os.getpid() // 250 % 250}"))
    read = (home / "read.txt").read_text().splitlines() if (home / "read.txt").exists() else []
    for person in one.people:
        person.visitor._session = session
        person.done.update(line.split()[1] for line in read if line.split()[0] == person.name)
        if "x" in person.work:
            person.work["x"] = _extraction(knowledge.results(home / "known.csv"))
    jobs._guarded = lambda _what, _slug, act: act()
    return one


def _extraction(results: dict[str, list[knowledge.Result]]) -> Callable[[Visitor, str], None]:
    """Return what an extractor does with a study, who perhaps did half of it before: entered again, a result is the same result."""

    def work(visitor: Visitor, link: str) -> None:
        page = visitor.open(link)
        known = results.get(page.heading(), [])
        if not known:
            extracting._put_aside(visitor, page)
            return
        for result in known if not page.tree.xpath("//section//article") else ():
            extracting._enter(visitor, f"{link}/effects/{result.row['outcome']}?gives={result.row['route']}", result)
        page = visitor.open(link)
        if any(name.startswith("outcome_") for form in page.forms() for name in form.choices):
            extracting._hand_in(visitor, page)

    return work
