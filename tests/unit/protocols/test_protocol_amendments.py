"""What changed between two versions of a protocol, and what that asks to be judged again."""

from __future__ import annotations

import pytest

from bot.protocols.amendments import compare, judge_again, unannounced
from bot.protocols.load import load
from tests.unit.protocols import small_review
from tests.unit.protocols.small_review import edit

# file, before, after, key of the difference, kinds and subjects of what it asks for
CHANGES = [
    ("protocol.toml", 'text = "One arm has night lights."', 'text = "One arm has lamps."', "criteria[light].text", [("decisions", "light")]),
    ("protocol.toml", 'intervention = "Night lights"', 'intervention = "Lamps"', "intervention", [("decisions", "intervention")]),
    ("protocol.toml", 'terms = ["ward", "inpatient"]', 'terms = ["ward"]', "criteria[ward].terms", []),
    ("protocol.toml", "since = 2020-01-01", "since = 2010-01-01", "sources[pubmed].since", [("search", "pubmed")]),
    ("protocol.toml", 'estimator = "PM"', 'estimator = "REML"', "pooling.estimator", [("estimates", "estimator")]),
    ("protocol.toml", "seed = 1", "seed = 2", "ranker.seed", []),
    ("protocol.toml", "day = 28", "day = 1", "schedule.day", []),
    ("protocol.toml", "open_ended_months = 1", "open_ended_months = 3", "open_ended_months", [("effects", "all")]),
    ("protocol.toml", 'definition = "Until discharge."', 'definition = "One week."', "windows[stay].definition", [("effects", "stay")]),
    ("outcomes/falls.toml", "value = 1.25", "value = 1.5", "outcomes[falls].mid.value", [("certainty", "falls")]),
    ("outcomes/falls.toml", 'measure = "RR"', 'measure = "OR"', "outcomes[falls].measure", [("effects", "falls"), ("estimates", "falls")]),
    ("outcomes/falls.toml", "higher_is_better = false", "higher_is_better = true",
     "outcomes[falls].instruments[incident reports].higher_is_better", [("effects", "falls")]),
    ("outcomes/falls.toml", 'label = "Falls"', 'label = "Fallers"', "outcomes[falls].label", []),
]


@pytest.mark.parametrize(("file", "before", "after", "key", "asks"), CHANGES)
def test_a_change_names_its_key_and_what_it_asks_for(tmp_path, file, before, after, key, asks):
    review = small_review.write(tmp_path)
    old = load(review)
    edit(review, file, before, after)
    (difference,) = compare(old, load(review))
    assert difference.key == key
    assert [(ask.kind, ask.subject) for ask in difference.asks] == asks


def test_a_changed_strategy_asks_to_search_again_once(tmp_path):
    review = small_review.write(tmp_path)
    old = load(review)
    edit(review, "searches/pubmed.txt", "nightlight", "lamp")
    differences = compare(old, load(review))
    assert [difference.key for difference in differences] == ["sources[pubmed].strategy", "sources[pubmed].strategy_text"]
    assert [(ask.kind, ask.subject) for ask in judge_again(differences)] == [("search", "pubmed")]


def test_what_comes_in_or_goes_out_is_named_whole(tmp_path):
    review = small_review.write(tmp_path)
    old = load(review)
    edit(review, "protocol.toml", '[[leading]]\noutcome = "wakings"\nwindow = "stay"\n', "")
    edit(review, "outcomes/falls.toml", 'importance = "critical"', 'importance = "critical"\nharm = true')
    (review / "outcomes" / "wakings.toml").rename(review / "outcomes" / "noise.toml")
    differences = {difference.key: difference for difference in compare(old, load(review))}
    assert set(differences) == {"outcomes[falls].harm", "outcomes[wakings]", "outcomes[noise]", "leading[wakings]"}
    assert differences["outcomes[noise]"].before == ""
    assert "noise" in differences["outcomes[noise]"].after
    assert [(ask.kind, ask.subject) for ask in differences["outcomes[noise]"].asks] == [("effects", "noise")]


def test_another_order_of_criteria_is_a_difference_and_asks_for_nothing(tmp_path):
    review = small_review.write(tmp_path)
    old = load(review)
    text = (review / "protocol.toml").read_text(encoding="utf-8")
    start, middle, end = text.index("[[criteria]]"), text.rindex("[[criteria]]"), text.index("[[sources]]")
    (review / "protocol.toml").write_text(text[:start] + text[middle:end] + text[start:middle] + text[end:], encoding="utf-8")
    (difference,) = compare(old, load(review))
    assert (difference.key, difference.before, difference.after, difference.asks) == ("criteria.order", "ward, light", "light, ward", ())


def test_the_same_protocol_differs_in_nothing(tmp_path):
    protocol = load(small_review.write(tmp_path))
    assert compare(protocol, protocol) == ()
    assert unannounced(protocol, protocol) == ()


AMENDMENT = '''
[[amendments]]
version = "1.1"
dated = 2024-05-06
what = "Cycles begin earlier."
why = "The night shift asked for it."
by = "A. Author"
after_seeing = "none"
'''


def test_a_change_without_version_and_amendment_is_told_so(tmp_path):
    review = small_review.write(tmp_path)
    old = load(review)
    edit(review, "protocol.toml", "hour = 23", "hour = 20")
    said = unannounced(old, load(review))
    assert len(said) == 2
    assert "give it a higher version" in said[0]
    assert "no amendment for version 1.0" in said[1]


def test_a_change_with_version_and_amendment_is_announced(tmp_path):
    review = small_review.write(tmp_path)
    old = load(review)
    edit(review, "protocol.toml", "hour = 23", "hour = 20")
    edit(review, "protocol.toml", 'version = "1.0"', 'version = "1.1"')
    (review / "protocol.toml").write_text((review / "protocol.toml").read_text(encoding="utf-8") + AMENDMENT, encoding="utf-8")
    assert unannounced(old, load(review)) == ()


def test_version_ten_is_later_than_version_nine_and_old_amendments_stay(tmp_path):
    review = small_review.write(tmp_path)
    edit(review, "protocol.toml", 'version = "1.0"', 'version = "1.9"')
    text = (review / "protocol.toml").read_text(encoding="utf-8") + AMENDMENT.replace("1.1", "1.9")
    (review / "protocol.toml").write_text(text, encoding="utf-8")
    old = load(review)
    edit(review, "protocol.toml", 'version = "1.9"\ndated = 2024-05-06\nregistration', 'version = "1.10"\ndated = 2024-05-06\nregistration')
    text = (review / "protocol.toml").read_text(encoding="utf-8") + AMENDMENT.replace("1.1", "1.10").replace("earlier", "later")
    (review / "protocol.toml").write_text(text.replace("hour = 23", "hour = 20"), encoding="utf-8")
    assert unannounced(old, load(review)) == ()
    edit(review, "protocol.toml", "Cycles begin earlier.", "Nothing much.")
    assert unannounced(old, load(review)) == ("The amendment for version 1.9 was changed or taken out: amendments stay as they were.",)
