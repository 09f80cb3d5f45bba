"""What a reviewer may send, and what a mail may say: bot/steps/screening/{forms,letters}.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decisions import Decision
from bot.errors import InvalidInputError
from bot.steps.screening.forms import read
from bot.steps.screening.letters import plain

CRITERIA = ("design", "peers")


def test_each_verdict_is_read():
    assert read({"verdict": "include", "version": "0"}, CRITERIA).decision == Decision("include")
    assert read({"verdict": "unsure", "version": "0", "note": " no abstract "}, CRITERIA).decision == Decision("unsure", "", "no abstract")
    assert read({"verdict": "exclude", "criterion": "peers", "version": "3"}, CRITERIA).decision == Decision("exclude", "peers")


def test_a_criterion_left_standing_beside_another_verdict_is_dropped():
    assert read({"verdict": "include", "criterion": "peers", "version": "0"}, CRITERIA).decision.criterion == ""


@pytest.mark.parametrize(("sent", "sentence"), [
    ({"version": "0"}, "Choose one: Include, Exclude or Unsure."),
    ({"verdict": "exclude", "version": "0"}, "Choose the criterion that fails"),
    ({"verdict": "exclude", "criterion": "none of them", "version": "0"}, "Choose the criterion that fails"),
    ({"verdict": "include"}, "Open the record again"),
    ({"verdict": "include", "version": "0", "note": "x" * 2001}, "at most 2,000 characters"),
    ({"verdict": "include", "version": "0", "person": "7"}, "does not belong to this page"),
])
def test_what_cannot_be_taken_is_answered_with_what_to_do(sent, sentence):
    with pytest.raises(InvalidInputError, match=sentence):
        read(sent, CRITERIA)


@given(st.text(max_size=200))
def test_no_note_carries_signs_that_a_database_or_a_page_stumbles_over(note):
    kept = read({"verdict": "unsure", "version": "0", "note": note}, CRITERIA).decision.note
    assert all(letter in "\n\t" or letter.isprintable() for letter in kept)


@given(st.text(max_size=600))
def test_a_title_in_a_mail_is_one_line_without_marks_of_direction(title):
    line = plain(title)
    assert len(line) <= 300 and len(line.splitlines()) <= 1
    assert not set(line) & set("\x00\r\n\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
