"""How many published pages a site serves in a second: one web process, several readers who ask on open connections, both on this machine.

--folder is a demonstration that came to its end (`./perennial demo --folder FOLDER`): its last bulletin is what is asked for.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REVIEW = "/reviews/digital-peer-support"
PAGES = {"bulletin": f"{REVIEW}/bulletins/2", "review": REVIEW, "home": "/", "api": "/api/v1/reviews"}
READERS = 4
ROOT = Path(__file__).resolve().parents[1]


def main(argv: list[str]) -> int:
    """Print pages a second and end with one JSON object: page → per_second, bytes, packed bytes, first answer in ms."""
    parser = argparse.ArgumentParser(prog="perennial bench pages", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args(argv)
    with served(options.folder) as host:
        found = {name: measured(host, path, options.seconds) for name, path in PAGES.items()}
    for name, one in found.items():
        print(f"{name}: {one['per_second']:,.0f} a second, {one['bytes']:,} bytes, {one['packed']:,} packed")
    print(json.dumps({"pages": found, "readers": READERS, "seconds": options.seconds}))
    return 0


@contextmanager
def served(folder: Path, *, database: str = "") -> Iterator[str]:
    """Serve a site's folder on loopback; gives host and port."""
    port = free_port()
    command, host = [sys.executable, "-P", "-m", "bot", "serve", "--web-only", "--port", str(port)], f"127.0.0.1:{port}"
    environment = os.environ | {"PERENNIAL_HOME": str(folder), "PYTHONPATH": str(ROOT)}
    environment |= {"PERENNIAL_DATABASE": database} if database else {}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as serving:
        try:
            wait_for(host, serving)
            yield host
        finally:
            serving.send_signal(signal.SIGTERM)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(host: str, serving: subprocess.Popen[bytes]) -> None:
    """Wait until the site answers. Raises RuntimeError if it ends before."""
    while serving.poll() is None:
        try:
            asked(http.client.HTTPConnection(host, timeout=5), "/")
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the site ended with {serving.returncode}; its folder is to be a demonstration that came to its end")


def measured(host: str, path: str, seconds: float) -> dict[str, Any]:
    """Return how often a page was answered in a second by readers side by side."""
    start = time.perf_counter()
    plain = asked(http.client.HTTPConnection(host, timeout=30), path)
    first = (time.perf_counter() - start) * 1000
    packed = asked(http.client.HTTPConnection(host, timeout=30), path, {"Accept-Encoding": "gzip"})
    counts, end = [0] * READERS, time.perf_counter() + seconds

    def read(place: int) -> None:
        connection = http.client.HTTPConnection(host, timeout=30)
        while time.perf_counter() < end:
            asked(connection, path, {"Accept-Encoding": "gzip"})
            counts[place] += 1

    readers = [threading.Thread(target=read, args=(place,)) for place in range(READERS)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    return {"per_second": round(sum(counts) / seconds, 1), "bytes": plain, "packed": packed, "first_ms": round(first, 1)}


def asked(connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None) -> int:
    """Ask for a page and return how many bytes came. Raises RuntimeError for anything but 200."""
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return len(body)
