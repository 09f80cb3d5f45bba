"""What hands a message over: a mail server (smtp.py) or a folder (folder.py). One interface, in two phases."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from typing import Protocol

from bot.errors import MailError


class MailUnsureError(MailError):
    """The mail server stopped answering after the message was handed over: it may have gone out or not."""


class Transport(Protocol):
    """Hands over one message at a time."""

    def send(self, message: EmailMessage, *, handing_over: Callable[[], None]) -> None:
        """Hand `message` over; call `handing_over` once, just before the message's content goes out.

        Raises MailRefusedError (for good), MailError (try again later; nothing went out) or MailUnsureError (nobody knows).
        """
        ...

    def close(self) -> None:
        """End what is open."""
        ...
