"""SPF, DKIM and DMARC as ./perennial doctor tells them, asked of a name server that the tests play."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.doctor import domain_says
from bot.mail.dns import TextRecords, text_records

SPF, DMARC = "v=spf1 mx -all", "v=DMARC1; p=reject"
KEYS = TextRecords(exists=True)


@contextmanager
def name_server(texts: dict[str, list[str]], *, spoil: bytes | None = None) -> Iterator[int]:
    """Answer for TXT records on a port of this machine; a text beyond 255 bytes goes in pieces. spoil: what it answers instead."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                asked, who = line.recvfrom(2000)
            except OSError:
                return
            end = asked.index(b"\x00", 12) + 5
            labels, at = [], 12
            while asked[at]:
                labels.append(asked[at + 1:at + 1 + asked[at]].decode())
                at += asked[at] + 1
            name = ".".join(labels)
            rows = b""
            for text in texts.get(name, []):
                pieces = b"".join(bytes([len(part)]) + part for part in (text[n:n + 255].encode() for n in range(0, len(text), 255)))
                rows += b"\xc0\x0c" + struct.pack(">2HLH", 16, 1, 60, len(pieces)) + pieces
            head = asked[:2] + struct.pack(">5H", 0x8180 | (0 if name in texts else 3), 1, len(texts.get(name, [])), 0, 0)
            line.sendto(spoil if spoil is not None else head + asked[12:end] + rows, who)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield line.getsockname()[1]
    finally:
        line.close()


def test_a_name_server_is_asked_for_texts_that_come_in_pieces() -> None:
    long = "v=spf1 " + "ip4:192.0.2.1 " * 40 + "-all"
    with name_server({"example.org": [long, "other"]}) as port:
        assert text_records("example.org", servers=["127.0.0.1"], port=port) == TextRecords(True, (long, "other"))
        assert text_records("_dmarc.example.org", servers=["127.0.0.1"], port=port) == TextRecords(exists=False)


@pytest.mark.parametrize("spoil", [b"", b"\x00" * 12, b"\xff" * 40, b"\xc0" * 500])
def test_an_answer_that_is_none_is_no_answer(spoil: bytes) -> None:
    with name_server({}, spoil=spoil) as port:
        assert text_records("example.org", servers=["127.0.0.1"], port=port, seconds=0.2) is None
    assert text_records("example.org", servers=[]) is None
    assert text_records("a..b", servers=["127.0.0.1"], port=9, seconds=0.1) is None


@pytest.mark.parametrize(("says", "expected"), [
    ({"d.example": TextRecords(True, (SPF,)), "_domainkey.d.example": KEYS, "_dmarc.d.example": TextRecords(True, (DMARC,))},
     {"SPF": "ok", "DKIM": "ok", "DMARC": "ok"}),
    ({"d.example": TextRecords(True, ("v=spf1 +all",))}, {"SPF": "bad", "DKIM": "warn", "DMARC": "warn"}),
    ({"d.example": TextRecords(True, (SPF, SPF)), "_dmarc.d.example": TextRecords(True, (DMARC, DMARC))},
     {"SPF": "bad", "DKIM": "warn", "DMARC": "warn"}),
    ({"d.example": TextRecords(True, ("v=spf10 -all", "other"))}, {"SPF": "bad", "DKIM": "warn", "DMARC": "warn"}),
    ({}, {"SPF, DKIM, DMARC": "warn"})])
def test_each_record_that_a_domain_lacks_is_named_with_its_mend(says: dict[str, TextRecords], expected: dict[str, str]) -> None:
    found = list(domain_says("d.example", lambda name: says.get(name) or (TextRecords(exists=False) if says else None)))
    assert {one.what: one.state for one in found} == expected
    assert all(one.mend for one in found if one.state != "ok")
