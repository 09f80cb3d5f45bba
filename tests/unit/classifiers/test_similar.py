"""Which decided records a new one is most like."""

from __future__ import annotations

from classifiers import Document
from classifiers.similar import similar

DECIDED = [Document("Copper wire fatigue"), Document("Peer support online for depression"), Document("Peer support after birth")]


def test_the_likest_come_first_and_what_shares_no_word_has_none() -> None:
    assert similar([Document("Online peer support in depression"), Document("Zebra"), Document("")], DECIDED) == [(1, 2), (), ()]


def test_without_decisions_or_words_nothing_is_similar() -> None:
    assert similar([Document("Peer support")], []) == [()]
    assert similar([Document("")], [Document("")]) == [()] and similar([], DECIDED) == []
