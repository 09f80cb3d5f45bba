"""Every file of a published bulletin can be made again from its content, byte for byte; a content that was altered is found."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from sqlalchemy import text

from bot import paths
from bot.errors import NotFoundError
from bot.steps.bulletins.rebuild import Rebuilt, rebuild
from db.session import Database
from tests.fixtures_bulletins import Press, two_months


def made(one: Press, *numbers: int) -> tuple[Rebuilt, ...]:
    return rebuild(database=one.desk.database, review_id=one.desk.review_id, templates=paths.templates(), site=one.renderer.site,
                   numbers=numbers)


def test_every_file_comes_back_byte_for_byte(sqlite: Database, now: datetime) -> None:
    one = two_months(sqlite, now)
    found = made(one)
    assert [(each.number, each.other, each.is_signed) for each in found] == [(1, (), True), (2, (), True)]
    assert found[1].files > 20 and "all" in found[1].sentence
    assert [each.number for each in made(one, 2)] == [2]
    with pytest.raises(NotFoundError, match="there is no bulletin 9; there are: 1, 2"):
        made(one, 9)


def test_an_altered_content_is_not_the_one_that_was_signed(sqlite: Database, now: datetime) -> None:
    one = two_months(sqlite, now)
    with sqlite.writing(by="system:attacker") as session:
        stored = json.loads(session.execute(text("select content from bulletin where number = 1")).scalar_one())
        stored["outcomes"][0]["ours"] = stored["outcomes"][0]["answer"] = "It works."
        session.execute(text("update bulletin set content = :content where number = 1"), {"content": json.dumps(stored)})
    first, second = made(one)
    assert not first.is_signed and "not the one that was signed" in first.sentence and second.is_signed
    assert "bulletin.html" in first.other and "bulletin.json" in first.other
