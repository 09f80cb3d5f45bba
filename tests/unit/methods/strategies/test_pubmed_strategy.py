"""A PubMed strategy of numbered lines as the one query that E-utilities take."""

from __future__ import annotations

import pytest

from bot.errors import InvalidInputError
from bot.methods.strategies.pubmed import numbered_lines, whole_query


def test_references_become_their_lines_in_brackets():
    assert whole_query("#1 a[ti] OR b[ti]\n#2 c[ti]\n#3 (#1 AND #2) NOT #1") == "((a[ti] OR b[ti]) AND (c[ti])) NOT (a[ti] OR b[ti])"


def test_a_line_goes_on_until_the_next_number():
    assert numbered_lines("#1 a\n   OR b\n\n#10 c") == {1: "a OR b", 10: "c"}


def test_references_of_references_are_followed():
    assert whole_query("#1 a\n#2 #1 OR b\n#3 #2 AND c") == "((a) OR b) AND c"


def test_a_number_in_quotes_is_no_reference():
    assert whole_query('#1 a\n#2 "step #1"[ti] OR #1') == '"step #1"[ti] OR (a)'


def test_text_without_numbers_is_the_query():
    assert whole_query("  a[ti]\n OR b[ti] ") == "a[ti] OR b[ti]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#1 a\n#2 #3", "line #2 refers to #3; the lines before it are: #1"),
        ("#1 #1 OR a", "line #1 refers to #1; the lines before it are: none"),
        ("#1 a\n#1 b", "line #1 occurs twice"),
        ("a\n#1 b", "something stands before line #1"),
        ("", "empty"),
        ("#1 \n#2 a", "line #1 is empty"),
    ],
)
def test_a_strategy_that_cannot_be_joined_is_refused(text, message):
    with pytest.raises(InvalidInputError, match=message):
        whole_query(text)
