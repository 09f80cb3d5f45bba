"""Keep bytes under their SHA-256: files taken in, frozen inputs, figures, bulletins. Never changed, never deleted."""

from __future__ import annotations

import hashlib

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base


class BlobRow(Base):
    """Some bytes, named by their hash."""

    __tablename__ = "blob"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


def put(session: Session, content: bytes, media_type: str) -> str:
    """Store `content` and return its SHA-256 in hexadecimal; the same content is stored once."""
    sha256 = hashlib.sha256(content).hexdigest()
    if session.get(BlobRow, sha256) is None:
        session.add(BlobRow(sha256=sha256, media_type=media_type, content=content))
        session.flush()
    return sha256


def get(session: Session, sha256: str) -> tuple[bytes, str]:
    """Return (bytes, media type) of what is stored under `sha256`. Raises NotFoundError."""
    row = session.get(BlobRow, sha256)
    if row is None:
        raise NotFoundError(f"nothing is stored under {sha256[:12]}…")
    return row.content, row.media_type
