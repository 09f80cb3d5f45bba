"""A real SMTP server on loopback that keeps what it is given: one folder per mailbox, one `.eml` per mail."""

from __future__ import annotations

import asyncio
import itertools
import re
import threading
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

SAFE = re.compile(r"[^a-z0-9@._+-]")


class _Keeper:
    def __init__(self, folder: Path) -> None:
        self.folder, self.numbers = folder, itertools.count(1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        identity = message_from_bytes(content)["Message-ID"].strip("<>").partition("@")[0]
        for recipient in envelope.rcpt_tos:
            box = mailbox(self.folder, recipient)
            box.mkdir(parents=True, exist_ok=True)
            target = box / f"{SAFE.sub('_', identity)}.eml"
            if target.exists():
                # The same mail twice is what must never happen: it is kept under a name that is seen.
                target = box / f"{SAFE.sub('_', identity)}-again-{next(self.numbers)}.eml"
            half = target.with_suffix(".part")
            half.write_bytes(content)
            half.replace(target)
        return "250 kept"


class MailSink:
    """Start it, read the folders, stop it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail sink", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        """Listen on a free port of this machine."""
        self._thread.start()
        # aiosmtpd's own Controller cannot tell which port it was given for port 0.
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """End it."""
        if self._server is not None:
            self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def count(self) -> int:
        """Return how many mails were taken."""
        return len(list(self.folder.glob("*/*.eml")))

    async def _listen(self) -> asyncio.Server:
        keeper = _Keeper(self.folder)
        return await self._loop.create_server(lambda: SMTP(keeper, hostname="127.0.0.1", loop=self._loop), "127.0.0.1", 0)


def mailbox(folder: Path, address: str) -> Path:
    """Return the folder of one address."""
    return folder / SAFE.sub("_", address.lower())
