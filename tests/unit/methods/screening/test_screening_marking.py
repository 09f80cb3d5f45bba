"""The protocol's words in a record: bot/methods/screening/marking.py."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from bot.methods.screening.marking import pieces


def marked(text: str, *terms: str) -> list[str]:
    return [piece.text for piece in pieces(text, terms) if piece.marked]


def test_words_are_found_whatever_their_capitals_and_hyphens():
    assert marked("Peer-to-peer Support, and PEER SUPPORT", "peer support", "peer to peer") == ["Peer-to-peer", "PEER SUPPORT"]


def test_a_word_inside_another_is_not_marked():
    assert marked("The appeal of an app", "app") == ["app"]


def test_the_longest_phrase_wins():
    assert marked("an online support group", "online", "online support group", "group") == ["online support group"]


def test_a_star_stands_for_any_ending():
    assert marked("randomised, randomly", "random*") == ["randomised", "randomly"]


def test_signs_of_patterns_are_plain_signs():
    assert marked("C++ (and more)", "c++", "(and more)") == ["C++", "(and more)"]
    assert marked("what?", "(", "[a-z]+") == []


@given(st.text(max_size=300), st.lists(st.text(max_size=12), max_size=6))
def test_the_pieces_together_are_the_text(text, terms):
    assert "".join(piece.text for piece in pieces(text, terms)) == text


def test_a_very_long_text_is_marked_quickly():
    begun = time.perf_counter()
    assert len(marked("peer support - " * 20_000, "peer support", "peer", "support group")) == 20_000
    assert time.perf_counter() - begun < 2
