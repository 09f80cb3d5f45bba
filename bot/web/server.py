"""Serve the web: uvicorn on one socket, in this thread or beside it. What is served: bot/web/__init__.py."""

from __future__ import annotations

import errno
import gc
import signal
import socket
import threading
import time
from dataclasses import dataclass

import uvicorn

from bot.app import App
from bot.errors import SettingsError
from bot.web import create

MOST_PORT = 65535
MENDS = {
    errno.EADDRINUSE: "Choose another:  PERENNIAL_PORT=8001  (who has it:  ss -ltnp)",
    errno.EACCES: "Ports below 1024 are for root; choose a higher one, and let a proxy stand in front:  PERENNIAL_PORT=8000",
}


@dataclass(frozen=True)
class Listener:
    """A socket that listens already: a port that is taken is known before anything else starts."""

    socket: socket.socket
    address: str


def listen(host: str, port: int) -> Listener:
    """Listen on host and port (0: any free one). Raises SettingsError if the port is taken, is none, or the host is none of this machine."""
    if not 0 <= port <= MOST_PORT:
        raise SettingsError(f"{port} is no port; allowed: 1 to {MOST_PORT}, 0 for any free one")
    try:
        # Named as TCP, or asyncio leaves Nagle's algorithm on: a small page would then wait 40 ms for the reader's acknowledgement.
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}: this machine has no IPv6 ({error.strerror}). Choose:  PERENNIAL_LISTEN=127.0.0.1") \
            from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        mend = MENDS.get(error.errno or 0, "Choose an address of this machine:  PERENNIAL_LISTEN=127.0.0.1")
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}. {mend}") from error
    listener.listen(256)
    shown = f"[{host}]" if ":" in host else host
    return Listener(listener, f"http://{shown}:{listener.getsockname()[1]}")


class Server:
    """The web of one application on one listener."""

    def __init__(self, app: App, listener: Listener, *, trusted_proxies: str = "127.0.0.1") -> None:
        # What is said of the client in front of us is believed from the proxies that the settings name alone.
        config = uvicorn.Config(create(app), log_level="warning", access_log=False, server_header=False, forwarded_allow_ips=trusted_proxies,
                                lifespan="off")
        self._server, self._listener, self.address = uvicorn.Server(config), listener, listener.address

    def run(self) -> None:
        """Serve until the process is told to stop."""
        if threading.current_thread() is threading.main_thread():
            # uvicorn raises the signal that ended it once more: nobody else would come to an end of their own then.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda _number, _frame: None)
        # What is there from the beginning stays: the collector need not walk through it again in the middle of a page.
        gc.collect()
        gc.freeze()
        self._server.run(sockets=[self._listener.socket])

    def start(self) -> threading.Thread:
        """Serve in a thread, and return it once the first request can come."""
        thread = threading.Thread(target=self.run, name="web", daemon=True)
        thread.start()
        while not self._server.started and thread.is_alive():
            time.sleep(0.01)
        return thread

    def stop(self) -> None:
        """End it."""
        self._server.should_exit = True
