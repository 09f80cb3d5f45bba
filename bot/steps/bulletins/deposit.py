"""Deposit a published bulletin's ZIP in Zenodo: once, however often this is killed and run again. Publishing there is a person's choice.

Before Zenodo is asked for a deposition, that is taken down; where no answer came, Zenodo is asked what it has before it is asked again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.errors import ConflictError, InvalidInputError, NotFoundError, RefusedError, TooOftenError
from bot.exchange import bulletin_files
from bot.exchange.zenodo import Deposition, Zenodo, checksum, described
from db import blobs, bulletins, deposits, events
from db.bulletins import BulletinRow
from db.deposits import DepositRow
from db.session import Database

# So long may it take until a new deposition stands in Zenodo's own list.
SETTLES = timedelta(minutes=1)
LOOK_AGAIN, LOOKS = 10.0, 6
REAL = "zenodo.org"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is deposited: the file with its name, and what Zenodo is told of it."""

    bulletin: BulletinRow
    name: str
    content: bytes
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deposited:
    """How far a deposit came. state: `uploaded` (a draft that a person may look at and publish) or `published`; is_new: published now."""

    state: str
    number: str
    doi: str
    page: str
    is_new: bool


def parcel(*, database: Database, review_id: int, number: int) -> Parcel:
    """Return what would be deposited of a bulletin. Raises NotFoundError if there is none of this number."""
    with database.reading() as session:
        row = bulletins.by_number(session, review_id, number)
        files = {one.name: blobs.get(session, one.sha256)[0] for one in bulletins.files(session, row.id)}
        before = [doi for earlier, doi in deposits.dois(session, review_id).items() if earlier < number]
    name = f"{row.content['review']['slug']}-bulletin-{number}.zip"
    return Parcel(row, name, bulletin_files.everything(row.content, files), described(row.content, version_of=before[-1] if before else ""))


def deposit(*, database: Database, archive: Zenodo, given: Parcel, publish: bool, by: str, clock: Callable[[], datetime],
            wait: Callable[[float], None] = time.sleep) -> Deposited:
    """Bring a bulletin to Zenodo as a draft, and publish it there if that is asked for; what is done already is not done again.

    Raises RefusedError for a demonstration's bulletin, ConflictError while another process deposits it, and what Zenodo's client raises.
    """
    if given.bulletin.content["notice"] and urlsplit(archive.address).hostname == REAL:
        raise RefusedError("A demonstration's bulletin is not deposited in Zenodo itself. Try its sandbox: "
                           "PERENNIAL_ZENODO_ADDRESS=https://sandbox.zenodo.org/api")
    with database.lock(f"deposit-{given.bulletin.id}") as got:
        if not got:
            raise ConflictError(f"Another process deposits bulletin {given.bulletin.number} just now. Run the same again when it has ended.")
        return _Deposit(database, archive, given, by, clock, wait).run(publish=publish)


class _Deposit:
    """One run over one bulletin's deposit; everything that must survive it stands in the row."""

    def __init__(self, database: Database, archive: Zenodo, given: Parcel, by: str, clock: Callable[[], datetime],
                 wait: Callable[[float], None]) -> None:
        self.database, self.archive, self.given, self.by, self.clock, self.wait = database, archive, given, by, clock, wait

    def run(self, *, publish: bool) -> Deposited:
        """Go on from where the row says that it stands."""
        row = self._row()
        if row is not None and row.state == "published":
            return Deposited("published", row.number, row.doi, row.page, is_new=False)
        found = self._there(row) or self._create()
        if not found.is_published:
            self._fill(found)
            if not publish:
                return Deposited("uploaded", found.id, found.doi, found.page, is_new=False)
            found = self.archive.publish(found.id)
        if not found.doi or not found.is_published:
            raise ConflictError(f"Zenodo published deposition {found.id} without saying its DOI. Run the same again in a minute.")
        self._note("published", found)
        return Deposited("published", found.id, found.doi, found.page, is_new=True)

    def _row(self) -> DepositRow | None:
        with self.database.reading() as session:
            return deposits.of_bulletin(session, self.given.bulletin.id, self.archive.address)

    def _there(self, row: DepositRow | None) -> Deposition | None:
        """Return the deposition that an earlier run made, None if there certainly is none."""
        if row is None or row.state == "refused":
            return None
        if row.number:
            try:
                return self.archive.look(row.number)
            except NotFoundError as error:
                self._note("refused", None)
                raise ConflictError(f"{error} Somebody deleted the draft there. To make a new one, run the same again.") from error
        # The answer to an earlier try never came. A new deposition may be missing from the list for a moment.
        found = self._find()
        for _ in range(LOOKS):
            if found is not None or self.clock() >= row.begun_at + SETTLES:
                break
            self.wait(LOOK_AGAIN)
            found = self._find()
        if found is not None:
            self._note("created", found)
        return found

    def _find(self) -> Deposition | None:
        return self.archive.find(self.given.bulletin.content["address"])

    def _create(self) -> Deposition:
        self._note("begun", None)
        try:
            found = self.archive.create(self.given.metadata)
        except (RefusedError, InvalidInputError, TooOftenError):
            self._note("refused", None)
            raise
        self._note("created", found)
        return found

    def _fill(self, found: Deposition) -> None:
        if found.md5.get(self.given.name) != checksum(self.given.content):
            self.archive.upload(found, self.given.name, self.given.content)
        self.archive.describe(found.id, self.given.metadata)
        self._note("uploaded", found)

    def _note(self, state: str, found: Deposition | None) -> None:
        """Take down how far it came, with its event; what stands there already is not noted again."""
        now, bulletin = self.clock(), self.given.bulletin
        with self.database.writing(by=self.by) as session:
            row = deposits.of_bulletin(session, bulletin.id, self.archive.address)
            if row is None:
                row = deposits.add(session, review_id=bulletin.review_id, bulletin_id=bulletin.id, archive=self.archive.address, at=now)
            elif row.state == state and state != "begun":
                return
            row.state, row.sha256 = state, hashlib.sha256(self.given.content).hexdigest()
            row.number, row.doi, row.page = (found.id, found.doi, found.page) if found else ("", "", "")
            row.begun_at = now if state == "begun" else row.begun_at
            row.published_at = now if state == "published" else None
            events.note(session, review_id=bulletin.review_id, kind=f"deposit.{state}", subject=f"bulletin:{bulletin.id}",
                        data={"archive": row.archive, "number": row.number, "doi": row.doi, "sha256": row.sha256}, at=now)
