"""A mailbox into which platforms send their alerts, read by IMAP. Nothing in it is changed: mails stay as they are, unread ones unread.

What a mail holds: alerts.py. What becomes of it: bot/steps/records/read_mailbox.py.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.errors import SourceError, SourceUnavailableError

SECONDS = 30
MAX_BYTES = 60_000_000
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it lies there. key: the mailbox's validity and the mail's UID, which name it for good; raw: b"" if it is too large to fetch."""

    key: str
    raw: bytes
    size: int


@dataclass(frozen=True)
class Mailbox:
    """Where alerts arrive. security: `tls`, `starttls` or `none` (on this machine alone); folder: as the server names it."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"

    @property
    def name(self) -> str:
        """Name the mailbox in the audit, without its password."""
        return f"{self.user}@{self.host}/{self.folder}"

    def letters(self, *, is_known: Callable[[str], bool]) -> Iterator[Letter]:
        """Return the mails that are not known by their key, oldest first. Raises SourceError if the server does not do it."""
        with self._open() as server:
            validity = self._chosen(server)
            for uid in b" ".join(one for one in self._ask(server, "SEARCH", "ALL") if isinstance(one, bytes)).split():
                key = f"{validity}:{int(uid)}"
                if not is_known(key):
                    yield self._letter(server, key, uid)

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4]:
        try:
            context = ssl.create_default_context()
            if self.security == "tls":
                server: imaplib.IMAP4 = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=SECONDS)
            else:
                server = imaplib.IMAP4(self.host, self.port, timeout=SECONDS)
                if self.security == "starttls":
                    server.starttls(context)
            server.login(self.user, self.password)
        except imaplib.IMAP4.error as error:
            raise SourceError(f"the mailbox {self.name} does not let us in ({_said(error)}); see PERENNIAL_IMAP_USER and _PASSWORD") from error
        except OSError as error:
            raise SourceUnavailableError(f"the mail server {self.host}:{self.port} cannot be reached ({error})") from error
        try:
            yield server
        except imaplib.IMAP4.error as error:
            raise SourceUnavailableError(f"the mailbox {self.name} broke off ({_said(error)}); what was read is kept") from error
        except OSError as error:
            raise SourceUnavailableError(f"the mail server {self.host} broke off ({error}); what was read is kept") from error
        finally:
            _close(server)

    def _chosen(self, server: imaplib.IMAP4) -> int:
        quoted = self.folder.replace("\\", "\\\\").replace('"', '\\"')
        state, said = server.select(f'"{quoted}"', readonly=True)
        if state != "OK":
            raise SourceError(f"the mailbox {self.name} cannot be opened ({_said(said)}); see PERENNIAL_IMAP_FOLDER")
        _, validity = server.response("UIDVALIDITY")
        return int(validity[0]) if validity and validity[0] else 0  # type: ignore[arg-type]

    def _letter(self, server: imaplib.IMAP4, key: str, uid: bytes) -> Letter:
        said = self._ask(server, "FETCH", uid.decode(), "(RFC822.SIZE)")
        found = SIZE.search(b" ".join(one if isinstance(one, bytes) else one[0] for one in said))
        size = int(found.group(1)) if found else 0
        if size > MAX_BYTES:
            return Letter(key, b"", size)
        # PEEK: reading a mail must not mark it as read by a person.
        answer = self._ask(server, "FETCH", uid.decode(), "(BODY.PEEK[])")
        raw = next((one[1] for one in answer if isinstance(one, tuple)), b"")
        if not raw or (size and len(raw) < size):
            raise SourceUnavailableError(f"the mailbox {self.name} gave {len(raw):,} of {size:,} bytes of mail {key}; it is asked for again")
        return Letter(key, raw, size)

    def _ask(self, server: imaplib.IMAP4, *words: str) -> list[bytes | tuple[bytes, bytes]]:
        state, said = server.uid(*words)
        if state != "OK":
            raise SourceError(f"the mailbox {self.name} refuses to {words[0]} ({_said(said)})")
        return [one for one in said if one is not None]


def _close(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (imaplib.IMAP4.error, OSError):
        return  # it is gone, which is what was wanted


def _said(words: object) -> str:
    return str(words)[:200]
