"""One cycle of a review: the arrows of the house in order. Each arrow is a step of its own; this file only walks them.

search → deduplicate → rank → invite | decide, extract (people, on the web) | pool → draft | sign (a person) → publish → deliver

Every step can be killed and run again, so this can as well. When a cycle is due: bot/jobs.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.known_items import KnownItem
from bot.domain.protocols import Protocol, SourcePlan
from bot.domain.starting_set import StartingEffect
from bot.links import LinkKeys
from bot.protocols.amendments import compare, judge_again, unannounced
from bot.protocols.load import load_document
from bot.rendering import Renderer
from bot.sources import Source, Watch
from bot.steps.appraisals.invite import invite as invite_to_appraise
from bot.steps.bulletins.draft import draft
from bot.steps.bulletins.let_go import let_go
from bot.steps.bulletins.publish import publish
from bot.steps.estimates.analyse import analyse
from bot.steps.estimates.pool import pool
from bot.steps.estimates.update_published import update_published
from bot.steps.full_texts.look_up import FreeCopies, look_up
from bot.steps.full_texts.open_round import open_full_text_round
from bot.steps.mail.deliver import DeliveryAccount, Post, deliver
from bot.steps.people.ask_interests import ask_interests
from bot.steps.records.ask_for_search import ask_for_search
from bot.steps.records.bring_back import propose_looser
from bot.steps.records.deduplicate import deduplicate
from bot.steps.records.import_folder import import_folder
from bot.steps.records.invite_questions import invite_questions
from bot.steps.records.rank import rank
from bot.steps.records.screened_in import confirmed, following
from bot.steps.records.search import SearchAccount, failed_lately, search
from bot.steps.records.watch import watch
from bot.steps.screening.open_round import open_round
from bot.steps.screening.remind import remind
from bot.steps.screening.settle import settle
from bot.steps.studies.import_starting_set import import_starting_set
from bot.steps.studies.include import include
from bot.steps.studies.invite_confirmation import invite_confirmation
from bot.steps.studies.tell_editor import tell_editor
from bot.telemetry import logger
from db import blobs, events, retrievals, reviews, screening, searches, studies
from db.reviews import CycleRow
from db.session import Database, Session

Clock = Callable[[], datetime]
log = logger("cycle")


@dataclass(frozen=True, slots=True)
class Tools:
    """What a cycle works with.

    watched: the folder with one subfolder per source, whose files are taken in. starting_sets: slug → the review's starting data;
    known_items: slug → what its strategies must find; free_copies: who is asked where papers can be read without paying.
    """

    database: Database
    sources: Mapping[str, Source | Watch]
    keys: LinkKeys
    renderer: Renderer
    clock: Clock
    watched: Path
    starting_sets: Mapping[str, Sequence[StartingEffect]]
    known_items: Mapping[str, Sequence[KnownItem]] = field(default_factory=dict)
    free_copies: FreeCopies | None = None


@dataclass(frozen=True, slots=True)
class CycleAccount:
    """What one cycle did.

    refused_files: a sentence for each watched file, or record of one, that could not be taken. busy: another process is at it.
    """

    review: str
    period: str = ""
    cycle_id: int | None = None
    searches: tuple[SearchAccount, ...] = ()
    records: int = 0
    duplicates: int = 0
    questions: int = 0
    flagged: int = 0
    invited: int = 0
    refused_files: tuple[str, ...] = ()
    busy: bool = False

    @property
    def failed(self) -> tuple[SearchAccount, ...]:
        """The sources that did not answer as they should."""
        return tuple(one for one in self.searches if one.state != "ok")

    def as_log(self) -> dict[str, Any]:
        """Return the account as plain values."""
        return {key: value for key, value in asdict(self).items() if key != "review"}


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A cycle in which a source failed, or (interrupted) that was cut short before its round was open."""

    period: str
    last_attempt: datetime
    interrupted: bool


@dataclass(frozen=True, slots=True)
class State:
    """Where a review stands: since when it is here, which periods have begun, and what must be tried again."""

    review_id: int
    since: datetime
    periods: frozenset[str] = field(default_factory=frozenset)
    unfinished: Unfinished | None = None


def state(database: Database, *, protocol: Protocol, by: str, now: datetime) -> State:
    """Return where a review stands; a review or a protocol version that is new is noted first."""
    with database.reading() as session:
        known = _known(session, protocol)
    if not known:
        _register(database, protocol, by, now)
    with database.reading() as session:
        review = reviews.review_by_slug(session, protocol.slug)
        rows = reviews.cycles(session, review.id)
        unfinished = None
        if rows and (rows[-1].state == "searching" or (rows[-1].degraded and rows[-1].state == "reviewing")):
            attempts = [run.started_at for run in searches.runs_of_cycle(session, rows[-1].id)]
            unfinished = Unfinished(rows[-1].period, max(attempts, default=rows[-1].started_at), rows[-1].state == "searching")
        return State(review.id, review.created_at, frozenset(row.period for row in rows), unfinished)


def start(*, tools: Tools, protocol: Protocol, period: str, by: str, patience: timedelta = timedelta(0)) -> CycleAccount:
    """Search, deduplicate, rank and invite for one period. Run again, it takes up what is missing, and the sources that failed.

    patience: a source that failed is left alone for so long.
    """
    with tools.database.lock(f"cycle-{protocol.slug}") as got:
        if not got:
            return CycleAccount(protocol.slug, busy=True)
        cycle = _begin(tools, protocol, period, by)
        if cycle.state in ("drafted", "published"):
            return CycleAccount(protocol.slug, period, cycle.id)
        _take_in_starting_set(tools, protocol, cycle, by)
        found = _search(tools, protocol, cycle, by, patience)
        refused = _take_in_watched(tools, cycle, by)
        ask_for_search(database=tools.database, review_id=cycle.review_id, protocol=protocol, keys=tools.keys, by=by, now=tools.clock())
        merged = deduplicate(database=tools.database, review_id=cycle.review_id, by=by, now=tools.clock())
        rank(database=tools.database, review_id=cycle.review_id, cycle_id=cycle.id, protocol=protocol, by=by, now=tools.clock(),
             known_items=tools.known_items.get(protocol.slug, ()))
        opened = open_round(database=tools.database, review_id=cycle.review_id, cycle_id=cycle.id, protocol=protocol, keys=tools.keys,
                            by=by, now=tools.clock())
        account = CycleAccount(protocol.slug, period, cycle.id, found, merged.records, merged.duplicates, merged.questions,
                               opened.flagged, opened.invited, refused)
        _end_search(tools, account, by)
        return account


def advance(*, tools: Tools, protocol: Protocol, by: str) -> None:
    """Carry on with what people have done since: settle votes, invite to extract, and at the end pool, draft and publish."""
    with tools.database.lock(f"cycle-{protocol.slug}") as got:
        if not got:
            return
        with tools.database.reading() as session:
            review = reviews.review_by_slug(session, protocol.slug)
        common = {"database": tools.database, "review_id": review.id, "protocol": protocol, "by": by}
        ask_interests(database=tools.database, review_id=review.id, keys=tools.keys, by=by, now=tools.clock())
        settle(**common, keys=tools.keys, now=tools.clock())
        look_up(database=tools.database, review_id=review.id, source=tools.free_copies, by=by, now=tools.clock())
        propose_looser(database=tools.database, review_id=review.id, by=by, now=tools.clock())
        open_full_text_round(**common, keys=tools.keys, now=tools.clock())
        remind(**common, keys=tools.keys, now=tools.clock())
        invite_confirmation(**common, keys=tools.keys, now=tools.clock())
        include(**common, keys=tools.keys, now=tools.clock())
        invite_questions(**common, keys=tools.keys, now=tools.clock())
        invite_to_appraise(**common, keys=tools.keys, now=tools.clock())
        tell_editor(database=tools.database, review_id=review.id, keys=tools.keys, confirms=protocol.appraisal is not None, by=by,
                    now=tools.clock())
        _draft_when_ready(tools, protocol, review.id, by)
        let_go(**common, now=tools.clock())
        publish(**common, renderer=tools.renderer, keys=tools.keys, now=tools.clock())


def post_mail(database: Database, *, post: Post, by: str, clock: Clock) -> DeliveryAccount:
    """Send what is in the outbox."""
    return deliver(database=database, post=post, by=by, now=clock)


def _draft_when_ready(tools: Tools, protocol: Protocol, review_id: int, by: str) -> None:
    now = tools.clock()
    with tools.database.reading() as session:
        cycle = reviews.latest_cycle(session, review_id)
        if cycle is None or cycle.state != "reviewing" or not _is_ready(session, protocol, cycle, now):
            return
    pool(database=tools.database, review_id=review_id, cycle_id=cycle.id, protocol=protocol, by=by, now=now)
    analyse(database=tools.database, review_id=review_id, cycle_id=cycle.id, protocol=protocol, by=by, now=now)
    update_published(database=tools.database, review_id=review_id, cycle_id=cycle.id, protocol=protocol, by=by, now=now)
    draft(database=tools.database, review_id=review_id, cycle_id=cycle.id, protocol=protocol, renderer=tools.renderer, keys=tools.keys,
          by=by, now=now)
    with tools.database.writing(by=by) as session:
        reviews.cycle(session, cycle.id).state = "drafted"
        events.note(session, review_id=review_id, kind="cycle.drafted", subject=f"cycle:{cycle.id}", at=now)


def _is_ready(session: Session, protocol: Protocol, cycle: CycleRow, now: datetime) -> bool:
    """Return whether nothing waits for a person any more, or the protocol's days for it are over: then the bulletin says what is pending."""
    if now >= cycle.started_at + timedelta(days=protocol.reviewing.deadline_days):
        return True
    waiting = screening.progress(session, cycle.review_id, cycle.id)["pending"] + len(retrievals.to_assess(session, cycle.review_id))
    return waiting == 0 and sum(studies.pending_work(session, cycle.review_id, cycle.id).values()) == 0


def _known(session: Session, protocol: Protocol) -> bool:
    rows = [row for row in reviews.all_reviews(session) if row.slug == protocol.slug]
    return bool(rows) and reviews.is_current(session, rows[0].id, protocol.sha256)


def _register(database: Database, protocol: Protocol, by: str, now: datetime) -> None:
    """Note a review or a version of its protocol that is new: the version is kept, and what it asks to be judged again is listed."""
    with database.reading() as session:
        old = _kept_protocol(session, protocol.slug)
    asked = judge_again(compare(old, protocol)) if old else ()
    unsaid = unannounced(old, protocol) if old else ()
    with database.writing(by=by) as session:
        review = reviews.ensure(session, slug=protocol.slug, title=protocol.title, at=now)
        blobs.put(session, protocol.document, "application/json")
        version = reviews.activate_protocol(session, review_id=review.id, version=protocol.version, dated=str(protocol.dated),
                                            sha256=protocol.sha256, at=now)
        events.note(session, review_id=review.id, kind="protocol.activated", subject=f"protocol_version:{version.id}",
                    data={"version": protocol.version, "sha256": protocol.sha256, "judge_again": [one.sentence for one in asked],
                          "unannounced": list(unsaid)}, at=now)
    for sentence in (*unsaid, *(one.sentence for one in asked)):
        log.warning("the protocol changed", review=protocol.slug, says=sentence)


def _kept_protocol(session: Session, slug: str) -> Protocol | None:
    rows = [row for row in reviews.all_reviews(session) if row.slug == slug]
    return load_document(blobs.get(session, reviews.current_protocol_version(session, rows[0].id).sha256)[0]) if rows else None


def _begin(tools: Tools, protocol: Protocol, period: str, by: str) -> CycleRow:
    now = tools.clock()
    review_id = state(tools.database, protocol=protocol, by=by, now=now).review_id
    with tools.database.reading() as session:
        known = reviews.cycle_of_period(session, review_id, period)
    if known is not None:
        return known
    with tools.database.writing(by=by) as session:
        version = reviews.current_protocol_version(session, review_id)
        cycle = reviews.begin_cycle(session, review_id=review_id, period=period, protocol_version_id=version.id, at=now)
        events.note(session, review_id=review_id, kind="cycle.begun", subject=f"cycle:{cycle.id}", data={"period": period}, at=now)
        return cycle


def _search(tools: Tools, protocol: Protocol, cycle: CycleRow, by: str, patience: timedelta) -> tuple[SearchAccount, ...]:
    """Search every source that has an interface; one that fails keeps no other from its turn."""
    found = []
    for plan in protocol.sources:
        if plan.kind != "api":
            continue
        failed = failed_lately(tools.database, cycle_id=cycle.id, source=plan.name, since=tools.clock() - patience)
        found.append(failed or _ask(tools, protocol, cycle, plan, by))
    return tuple(found)


def _ask(tools: Tools, protocol: Protocol, cycle: CycleRow, plan: SourcePlan, by: str) -> SearchAccount:
    """Ask one source for what the protocol wants of it: new records, citations of and by confirmed studies, or notices."""
    source = tools.sources[plan.name]
    common = {"database": tools.database, "review_id": cycle.review_id, "cycle_id": cycle.id, "by": by, "now": tools.clock()}
    if isinstance(source, Watch):
        return watch(source=source, plan=plan, **common)
    if plan.purpose == "citations":
        with tools.database.reading() as session:
            plan = following(plan, confirmed(session, cycle.review_id))
    return search(source=source, plan=plan, known=tools.known_items.get(protocol.slug, ()), **common)


def _take_in_starting_set(tools: Tools, protocol: Protocol, cycle: CycleRow, by: str) -> None:
    """Take in the review's starting data as candidates, once: what becomes public later is for the searches to find."""
    if cycle.number == 1:
        import_starting_set(database=tools.database, review_id=cycle.review_id, protocol=protocol,
                            rows=tools.starting_sets.get(protocol.slug, ()), available_until=cycle.window_to.date(), by=by, now=tools.clock())


def _take_in_watched(tools: Tools, cycle: CycleRow, by: str) -> tuple[str, ...]:
    """Take in the files of the watched folder `<source>/…`, and return a sentence for each file or record that could not be taken.

    A file that came in an earlier cycle was told of then; it may lie there for years.
    """
    taken = import_folder(database=tools.database, review_id=cycle.review_id, cycle_id=cycle.id, folder=tools.watched, by=by, now=tools.clock())
    return tuple(sentence for one in taken if one.account.cycle_id == cycle.id for sentence in one.sentences)


def _end_search(tools: Tools, account: CycleAccount, by: str) -> None:
    assert account.cycle_id is not None
    with tools.database.writing(by=by) as session:
        row = reviews.cycle(session, account.cycle_id)
        row.degraded = bool(account.failed)
        row.account = {"searches": [asdict(one) for one in account.searches], "flagged": account.flagged,
                       "refused_files": list(account.refused_files)}
        if row.state == "searching":
            row.state = "reviewing"
            events.note(session, review_id=row.review_id, kind="cycle.searched", subject=f"cycle:{row.id}",
                        data={"failed": [one.source for one in account.failed], "refused_files": list(account.refused_files)},
                        at=tools.clock())


