"""Put messages into a folder as `.eml` files: what is done until a mail server is set. They are shown on the web, on loopback only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path


@dataclass
class FolderTransport:
    """A folder of `.eml` files, named by Message-ID: the same mail written again is the same file."""

    folder: Path

    def send(self, message: EmailMessage, *, handing_over: Callable[[], None]) -> None:
        """Write one message; see bot/mail/transport.py."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handing_over()
        identity = message["Message-ID"].strip("<>").partition("@")[0]
        target = self.folder / f"{identity}.eml"
        half = target.with_suffix(".part")
        half.write_bytes(message.as_bytes())
        half.replace(target)

    def close(self) -> None:
        """Nothing is open."""
