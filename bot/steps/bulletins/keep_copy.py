"""Keep the newest bulletin of a review as plain files beside the database, to be shown while that cannot be read. The bulletin: publish.py.

Who shows it: bot/web/last_bulletin.py.
"""

from __future__ import annotations

import json
from pathlib import Path

from db import blobs, bulletins, reviews
from db.session import Database

INDEX = "bulletin.json"
FOLDER = "last-bulletins"


def keep_copy(*, database: Database, slug: str, home: Path) -> bool:
    """Write the files of the newest published bulletin if they are not there yet; return whether they were written now.

    The index comes last, and points at files by their hash: what breaks off leaves the copy of the bulletin before.
    """
    folder = home / FOLDER / slug
    with database.reading() as session:
        row = next((one for one in reviews.all_reviews(session) if one.slug == slug), None)
        newest = bulletins.latest_published(session, row.id) if row else None
        if newest is None or ((folder / INDEX).exists() and json.loads((folder / INDEX).read_text())["number"] == newest.number):
            return False
        files = {one.name: (one.sha256, *blobs.get(session, one.sha256)) for one in bulletins.files(session, newest.id)}
    folder.mkdir(parents=True, exist_ok=True)
    for sha256, content, _ in files.values():
        _write(folder / sha256, content)
    index = {"number": newest.number, "files": {name: {"sha256": sha256, "media_type": kind} for name, (sha256, _, kind) in files.items()}}
    _write(folder / INDEX, json.dumps(index, indent=1).encode())
    for old in folder.iterdir():
        if old.name != INDEX and old.name not in {sha256 for sha256, *_ in files.values()}:
            old.unlink()
    return True


def _write(path: Path, content: bytes) -> None:
    half = path.with_name(f".{path.name}.part")
    half.write_bytes(content)
    half.replace(path)
