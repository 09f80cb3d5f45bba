"""Make every file of published bulletins again from their frozen contents, and compare them byte for byte. Writes nothing.

Numbers from their frozen inputs: bot/steps/estimates/reproduce.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.bulletin.compose import as_signed, fingerprint
from bot.bulletin.pictures import svgs
from bot.errors import NotFoundError
from bot.rendering import Renderer, Site
from bot.steps.bulletins.publish import frozen_files
from db import bulletins
from db.bulletins import BulletinRow
from db.session import Database


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One bulletin made again. other: the files whose bytes are others now; is_signed: whether its content is the one that was signed."""

    number: int
    files: int
    other: tuple[str, ...]
    is_signed: bool

    @property
    def sentence(self) -> str:
        """What came of it, in words."""
        if not self.is_signed:
            return f"Bulletin {self.number}: its content is not the one that was signed."
        if self.other:
            return (f"Bulletin {self.number}: {self.files - len(self.other)} of {self.files} files are the same byte for byte; other now: "
                    f"{', '.join(self.other)}. They were made by another version of the program; what is stored is what was published.")
        return f"Bulletin {self.number}: all {self.files} files are the same byte for byte, and the content is the one that was signed."


def rebuild(*, database: Database, review_id: int, templates: Path, site: Site, numbers: Collection[int] = ()) -> tuple[Rebuilt, ...]:
    """Return what came of making bulletins again, all of a review or those named. Raises NotFoundError for a number that none has."""
    with database.reading() as session:
        rows = {row.number: row for row in bulletins.published(session, review_id) if row.number is not None}
        kept = {row.id: {one.name: one.sha256 for one in bulletins.files(session, row.id)} for row in rows.values()}
    for number in numbers:
        if number not in rows:
            raise NotFoundError(f"there is no bulletin {number}; there are: {', '.join(str(one) for one in sorted(rows)) or 'none'}")
    return tuple(_rebuilt(rows[number], kept[rows[number].id], templates, site) for number in sorted(numbers or rows))


def _rebuilt(row: BulletinRow, kept: dict[str, str], templates: Path, site: Site) -> Rebuilt:
    content: dict[str, Any] = row.content
    address = str(content["address"]).split("/reviews/", 1)[0]
    # As it was published: by the name and address that the site had then.
    renderer = Renderer(templates, Site(content.get("site", site.name), address, bool(content["notice"])))
    base = f"/reviews/{content['review']['slug']}/bulletins/{row.number}/"
    made = {one.name: hashlib.sha256(one.content).hexdigest() for one in (*svgs(content), *frozen_files(renderer, content, base))}
    other = tuple(sorted(name for name in kept | made if kept.get(name) != made.get(name)))
    return Rebuilt(row.number or 0, len(kept), other, fingerprint(as_signed(content)) == content["signed"]["sha256"])
