"""Ask the name server of this machine for TXT records: what a domain says of its mails. What is made of them: bot/doctor.py."""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PORT, TXT, OPT, INTERNET = 53, 16, 41, 1
LARGEST_ANSWER = 1232
NO_ERROR, NO_SUCH_NAME = 0, 3
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class TextRecords:
    """What a name server said. exists: whether the name, or one below it, is there at all (RFC 8020)."""

    exists: bool
    texts: tuple[str, ...] = ()


def name_servers(path: Path = Path("/etc/resolv.conf")) -> list[str]:
    """Return the addresses of the name servers that this machine is set up with."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [words[1] for line in lines if len(words := line.split()) >= 2 and words[0] == "nameserver"]


def text_records(name: str, *, servers: list[str], port: int = PORT, seconds: float = SECONDS) -> TextRecords | None:
    """Return the TXT records of a name (RFC 1035); None if no server gave an answer that can be read."""
    number = secrets.randbelow(1 << 16)
    try:
        question = _question(number, name)
    except UnicodeError:
        return None
    for server in servers[:2]:
        try:
            with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as line:
                line.settimeout(seconds)
                line.connect((server, port))
                line.send(question)
                found = _read(line.recv(65_535), number)
        except (OSError, struct.error, IndexError, ValueError):
            continue
        if found is not None:
            return found
    return None


def _question(number: int, name: str) -> bytes:
    labels = [part.encode("idna") for part in name.rstrip(".").split(".")]
    asked = b"".join(bytes([len(part)]) + part for part in labels) + b"\x00"
    # The second part lets the answer be longer than 512 bytes (RFC 6891).
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 1) + asked + struct.pack(">2H", TXT, INTERNET) + b"\x00" + struct.pack(
        ">2HLH", OPT, LARGEST_ANSWER, 0, 0)


def _read(answer: bytes, number: int) -> TextRecords | None:
    got, flags, questions, answers, _, _ = struct.unpack(">6H", answer[:12])
    code, at = flags & 15, 12
    if got != number or not flags & 0x8000 or code not in (NO_ERROR, NO_SUCH_NAME):
        return None
    for _ in range(questions):
        at = _behind_name(answer, at) + 4
    texts = []
    for _ in range(answers):
        at = _behind_name(answer, at)
        kind, _, _, length = struct.unpack(">2HLH", answer[at:at + 10])
        at += 10
        if kind == TXT:
            texts.append(b"".join(_strings(answer[at:at + length])).decode("utf-8", "replace"))
        at += length
    return TextRecords(code == NO_ERROR, tuple(texts))


def _behind_name(answer: bytes, at: int) -> int:
    """Return where a name ends that begins at a place: by a zero, or by a pointer to where it stood before."""
    while (length := answer[at]) and length < 0xC0:
        at += length + 1
    return at + (1 if not length else 2)


def _strings(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        yield data[at + 1:at + 1 + data[at]]
        at += data[at] + 1
