"""Tokens: short, derived, bound to their purpose, and alive after a change of keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import LinkError
from bot.links import PATHS, LinkKeys, fingerprint, path, token
from db import links, people, reviews

KEYS = LinkKeys(current="link-0001", keys={"link-0001": b"a" * 32})
NEWER = LinkKeys(current="link-0002", keys={"link-0001": b"a" * 32, "link-0002": b"b" * 32})


def test_a_token_has_43_characters_and_is_the_same_each_time() -> None:
    assert len(token(KEYS, "link-0001", "round", 7)) == 43
    assert token(KEYS, "link-0001", "round", 7) == token(KEYS, "link-0001", "round", 7)


def test_a_token_is_bound_to_its_purpose_and_its_row() -> None:
    made = {token(KEYS, "link-0001", purpose, row) for purpose in PATHS for row in (1, 2)}
    assert len(made) == 2 * len(PATHS)


def test_a_purpose_and_a_row_cannot_be_shifted_into_each_other() -> None:
    assert token(KEYS, "link-0001", "round1", 2) != token(KEYS, "link-0001", "round", 12)


def _person(database, now):
    with database.writing(by="system:test") as session:
        review_id = reviews.ensure(session, slug="bcg", title="BCG", at=now).id
        person = people.add(session, review_id=review_id, name="Ada", email="ada@example.org", role="reviewer", at=now)
        return review_id, person.id


def _made(database, now, keys=KEYS, **more):
    review_id, person_id = _person(database, now)
    with database.writing(by="system:test") as session:
        row = links.create(session, keys, review_id=review_id, purpose="round", person_id=person_id, subject_id=3, at=now, **more)
        return row, token(keys, row.key_id, "round", row.id)


def test_a_link_opens_its_row_and_the_token_is_stored_nowhere(database, now) -> None:
    row, text = _made(database, now)
    with database.reading() as session:
        found = links.resolve(session, text, "round", now)
    assert found.id == row.id and found.token_sha256 == fingerprint(text) and text not in str(vars(found))


def test_the_same_link_asked_for_twice_is_one(database, now) -> None:
    assert _made(database, now)[0].id == _made(database, now)[0].id


def test_a_link_of_another_purpose_is_not_known(database, now) -> None:
    _, text = _made(database, now)
    with database.reading() as session, pytest.raises(LinkError, match="not known"):
        links.resolve(session, text, "sign", now)


@pytest.mark.parametrize("damage", [lambda t: t[:-1], lambda t: t + "A", lambda t: "A" + t[1:], lambda t: t[:-1] + "\u00e4", lambda t: ""])
def test_an_altered_link_opens_nothing(database, now, damage) -> None:
    _, text = _made(database, now)
    if damage(text) == text:
        pytest.skip("the damage happened to change nothing")
    with database.reading() as session, pytest.raises(LinkError):
        links.resolve(session, damage(text), "round", now)


def test_a_link_ends_on_its_day_and_says_so(database, now) -> None:
    _, text = _made(database, now, expires_at=now + timedelta(days=14))
    with database.reading() as session:
        links.resolve(session, text, "round", now + timedelta(days=13))
        with pytest.raises(LinkError, match="ended on 16 November 2026"):
            links.resolve(session, text, "round", now + timedelta(days=14))


def test_links_end_with_the_persons_access(database, now) -> None:
    row, text = _made(database, now)
    with database.writing(by="system:test") as session:
        people.person(session, row.person_id).state = "revoked"
    with database.reading() as session, pytest.raises(LinkError, match="withdrawn"):
        links.resolve(session, text, "round", now)


def test_a_change_of_keys_ends_no_link(database, now) -> None:
    _, text = _made(database, now)
    review_id, person_id = _person(database, now)
    with database.writing(by="system:test") as session:
        again = links.create(session, NEWER, review_id=review_id, purpose="sign", person_id=person_id, subject_id=1, at=now)
    with database.reading() as session:
        assert links.resolve(session, text, "round", now)
        assert links.resolve(session, token(NEWER, "link-0002", "sign", again.id), "sign", now)


def test_every_purpose_has_a_path_of_its_own() -> None:
    paths = [path(purpose, "T") for purpose in PATHS]
    assert len(set(paths)) == len(paths)
