"""Hand messages to a mail server. Which messages, and what becomes of them: bot/steps/mail/deliver.py."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import NoReturn

from bot.errors import MailError, MailRefusedError
from bot.mail.message import RETURNS_TO
from bot.mail.transport import MailUnsureError

OFFLINE = (smtplib.SMTPServerDisconnected, OSError, ssl.SSLError)


@dataclass
class SmtpTransport:
    """A mail server. security: "starttls" (its certificate is checked), "tls" or "none" (loopback only)."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0
    _server: smtplib.SMTP | None = field(default=None, init=False, repr=False)

    def send(self, message: EmailMessage, *, handing_over: Callable[[], None]) -> None:
        """Hand one message over; see bot/mail/transport.py."""
        server = self._connected()
        sender, recipient = message["From"].addresses[0].addr_spec, message["To"].addresses[0].addr_spec
        if message[RETURNS_TO]:
            # The envelope says it; RFC 5321 wants it in no message that is on its way.
            sender = str(message[RETURNS_TO]).strip("<>")
            del message[RETURNS_TO]
        try:
            self._expect(server.mail(sender), "the sender")
            self._expect(server.rcpt(recipient), "the recipient")
        except OFFLINE as error:
            self._drop()
            raise MailError(f"the mail server {self.host}:{self.port} hung up before the message: {error}") from error
        handing_over()
        try:
            code, answer = server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            self._refused(error.smtp_code, error.smtp_error, "the message")
        except OFFLINE as error:
            self._drop()
            raise MailUnsureError(f"the mail server {self.host}:{self.port} hung up while it took the message: {error}") from error
        self._expect((code, answer), "the message")

    def connect(self) -> None:
        """Come as far as a message could be handed over. Raises MailError."""
        self._connected()

    def close(self) -> None:
        """Say goodbye to the server."""
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            try:
                if self._server.rset()[0] == 250:
                    return self._server
            except OFFLINE:
                pass
            self._drop()
        try:
            self._server = self._connect()
        except (*OFFLINE, smtplib.SMTPException) as error:
            self._drop()
            raise MailError(f"the mail server {self.host}:{self.port} cannot be used: {error}. See PERENNIAL_SMTP_HOST and its kin") from error
        return self._server

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        self._server = server
        if self.security == "starttls":
            server.starttls(context=context)
        if self.user:
            server.login(self.user, self.password)
        else:
            server.ehlo_or_helo_if_needed()
        return server

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None

    def _expect(self, reply: tuple[int, bytes], what: str) -> None:
        if reply[0] not in (250, 251):
            self._refused(reply[0], reply[1], what)

    def _refused(self, code: int, answer: bytes | str, what: str) -> NoReturn:
        words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        sentence = f"the mail server {self.host}:{self.port} did not take {what}: {code} {words[:200]}"
        if code == 421:
            self._drop()
        raise (MailRefusedError if 500 <= code < 600 else MailError)(sentence)
