"""Where a word of a ranking stands in a record."""

from __future__ import annotations

import pytest

from bot.domain.records import Record
from bot.methods.screening.fields import fields_with, shown_word

RECORD = Record(source="pubmed", source_id="1", title="Entraide en ligne: une étude", abstract="Peers met online.", journal="J Examples",
                keywords=("peer support",), mesh=("Social Support",), publication_types=("Randomized Controlled Trial",))


@pytest.mark.parametrize(("term", "fields"), [
    ("etude", ("title",)), ("support", ("keywords", "MeSH")), ("peer support", ("keywords",)), ("randomized", ("publication type",)),
    ("peers online", ("abstract",)), ("in_j_examples", ("journal",)), ("nowhere", ()), ("", ()),
])
def test_a_word_is_found_in_the_fields_that_have_it(term: str, fields: tuple[str, ...]) -> None:
    assert fields_with(term, RECORD) == fields


def test_the_word_of_a_journal_is_shown_as_its_name() -> None:
    assert shown_word("in_j_examples", RECORD) == "J Examples" and shown_word("support", RECORD) == "support"
