"""One message for one recipient, with headers that mail programs understand. Faults met: shared/standards/pitfalls.md, Mail."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

import pytest

from bot.errors import InvalidInputError
from bot.mail.message import Attachment, compose, parse_address

WHEN = datetime(2026, 11, 2, 9, tzinfo=UTC)
UNSUBSCRIBE = "https://review.example.org/u/" + "x" * 43


def _message(**more):
    given = {"sender": parse_address("bot@example.org", "Perennial"), "recipient": parse_address("ada@example.org", "Ada"),
             "subject": "Bulletin 2", "text": "Plain words.\n", "html": "<p>Words <img src='cid:forest'></p>", "message_id": "k" * 40,
             "date": WHEN, "unsubscribe": UNSUBSCRIBE} | more
    return compose(**given)


def test_the_unsubscribe_header_is_not_folded_into_encoded_words() -> None:
    raw = _message(unsubscribe="https://a-long-host-name.reviews.example.org/u/" + "x" * 60).as_bytes()
    line = next(line for line in raw.split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
    assert b"=?utf-8?" not in line and line.endswith(b">")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw


@pytest.mark.parametrize("text", ["a@b.c, evil@x.y", "a@b.c\r\nBcc: evil@x.y", "a b@c.d", "a@b@c.d ", "nobody", "@c.d", "a@", "a@b..c",
                                  "a@" + "b" * 260 + ".c", "a;b@c.d", "a@b.c\x00"])
def test_what_is_not_one_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="address"):
        parse_address(text)


def test_a_name_with_a_comma_or_a_newline_stays_one_recipient() -> None:
    message = _message(recipient=parse_address("ada@example.org", 'Lovelace, Ada\r\nBcc: evil@example.org "x"'))
    parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert [one.addr_spec for one in parsed["To"].addresses] == ["ada@example.org"] and parsed["Bcc"] is None


def test_a_subject_with_a_newline_makes_no_second_header() -> None:
    parsed = email.message_from_bytes(_message(subject="News\r\nBcc: evil@example.org").as_bytes(), policy=email.policy.default)
    assert parsed["Bcc"] is None and parsed["Subject"] == "News  Bcc: evil@example.org"


def test_the_same_mail_written_again_is_the_same_bytes() -> None:
    pictures = (Attachment("forest.png", "image/png", b"\x89PNG", "forest"),)
    assert _message(attachments=pictures).as_bytes() == _message(attachments=pictures).as_bytes()


def test_pictures_are_found_by_their_content_id() -> None:
    message = _message(attachments=(Attachment("forest.png", "image/png", b"\x89PNG", "forest"),))
    parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert [part["Content-ID"] for part in parsed.walk() if part.get_content_type() == "image/png"] == ["<forest>"]
    assert parsed.get_body(("plain",)).get_content().strip() == "Plain words."


def test_the_message_id_is_the_key_of_the_outbox() -> None:
    assert _message()["Message-ID"] == f"<{'k' * 40}@example.org>"
