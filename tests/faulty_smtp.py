"""An SMTP server on loopback that fails as it is told. A real one that works: bot/demo/sink.py."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from email import message_from_bytes


class FaultySmtp:
    """Takes mails, and fails on those that `fault(number)` names: `rcpt-4xx`, `rcpt-5xx`, `data-4xx`, `data-5xx`, `drop-before`
    (hangs up before the message is complete), `drop-after` (keeps the message, hangs up before the final 250), "" (works).

    number counts the messages that were begun, from 1. kept: the Message-IDs of the messages that were kept.
    """

    def __init__(self, fault: Callable[[int], str] = lambda number: "") -> None:
        self.fault, self.begun, self.kept = fault, 0, []
        # Who each mail was from by its envelope, and the headers it had.
        self.senders: list[str] = []
        self.headers: list[list[str]] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._talk(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> FaultySmtp:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, handler: socketserver.StreamRequestHandler) -> None:
        def say(line: str) -> None:
            handler.wfile.write(f"{line}\r\n".encode())

        say("220 ready")
        fault = ""
        while line := handler.rfile.readline():
            verb = line[:4].upper()
            if verb == b"MAIL":
                self.begun += 1
                self.senders.append(line.decode().partition("<")[2].partition(">")[0])
                fault = self.fault(self.begun)
                say("250 ok")
            elif verb == b"RCPT":
                say({"rcpt-4xx": "451 later", "rcpt-5xx": "550 no such mailbox"}.get(fault, "250 ok"))
            elif verb == b"DATA":
                say("354 go on")
                if not self._take(handler, fault, say):
                    return
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def _take(self, handler: socketserver.StreamRequestHandler, fault: str, say: Callable[[str], None]) -> bool:
        if fault == "drop-before":
            return False
        content = b""
        while (line := handler.rfile.readline()) not in (b".\r\n", b""):
            content += line
        if fault in ("data-4xx", "data-5xx"):
            say("452 full" if fault == "data-4xx" else "554 not wanted")
            return True
        message = message_from_bytes(content)
        self.kept.append(message["Message-ID"])
        self.headers.append(message.keys())
        if fault == "drop-after":
            return False
        say("250 kept")
        return True
