"""A reader of chosen outcomes: state, news, answers and pictures are those of these outcomes alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.bulletin.compose import compose
from bot.bulletin.digest import attachments, digest
from bot.bulletin.followed import followed
from bot.bulletin.material import Told
from bot.errors import InvalidInputError
from bot.steps.readers.choose import wanted_by
from bot.steps.readers.outcomes import chosen, labels, offered
from tests.unit.bulletin.sample_material import month_two, protocol, published_one, published_two


def test_the_state_of_a_bulletin_is_that_of_the_outcomes_that_are_followed() -> None:
    whole = published_two()
    assert (whole["status"], followed(whole, ["depression"])["status"]) == ("estimate updated", "estimate updated")
    anxiety = followed(whole, ["anxiety", "personal_recovery"])
    assert (anxiety["status"], anxiety["headline"], anxiety["follows"]) == ("no change", "no change", ["Anxiety", "Personal recovery"])
    assert followed(published_one(), ["anxiety"])["status"] == "first"


@pytest.mark.parametrize(("wants", "outcomes", "gets"), [
    ("changes", [], True), ("changes", ["depression"], True), ("changes", ["anxiety"], False), ("every", ["anxiety"], True),
    ("changes", ["anxiety", "depression"], True), ("quarterly", ["depression"], False), ("changes", ["no such outcome any more"], True)])
def test_a_change_of_another_outcome_is_no_news(wants: str, outcomes: list[str], gets: bool) -> None:
    # The bulletin of August changes depression alone.
    assert wanted_by(wants, followed(published_two(), outcomes)) is gets


def test_a_conclusion_that_changed_counts_for_those_alone_who_follow_it() -> None:
    content: dict[str, Any] = published_two()
    outcomes = [one | {"change": one["change"] | {"conclusion": "The conclusion changed."}} if one["id"] == "depression" else one
                for one in content["outcomes"]]
    whole = content | {"outcomes": outcomes, "status": "conclusion changed"}
    assert followed(whole, ["depression"])["status"] == "conclusion changed" and wanted_by("quarterly", followed(whole, ["depression"]))
    assert not wanted_by("quarterly", followed(whole, ["anxiety"]))


def test_a_retraction_is_news_for_those_who_follow_an_outcome_of_the_study_and_for_all_where_nobody_knows() -> None:
    told = (Told("Ellis 2011", "retraction"), )
    content = compose(replace(month_two(), told=told))
    assert content["told"][0]["outcomes"] == ["anxiety"]
    assert wanted_by("changes", followed(content, ["anxiety"])) and not wanted_by("changes", followed(content, ["personal_recovery"]))
    unknown = compose(replace(month_two(), told=(Told("A study without a number", "retraction"),)))
    assert wanted_by("changes", followed(unknown, ["personal_recovery"]))


def test_the_mail_brings_the_answers_changes_caveats_and_pictures_of_these_outcomes_alone() -> None:
    whole = published_two()
    stored = {f"forest-{name}.png": ("image/png", "0" * 64) for name in ("depression", "anxiety")}
    mail = digest(followed(whole, ["anxiety"]))
    assert [one["label"] for one in mail["answers"]] == ["Anxiety"] and mail["follows"] == ["Anxiety"]
    assert (mail["changes"], mail["still"], mail["silent"], mail["caveats"]) == ([], ["Anxiety"], [], [])
    assert {one["name"] for one in attachments(followed(whole, ["anxiety"]), stored)} <= {"forest-anxiety.png"}
    assert [one["study"] for one in digest(followed(whole, ["depression"]))["caveats"]] == ["Sebela 2025"]
    assert digest(whole)["follows"] == []


def test_the_outcomes_that_lead_are_offered_and_none_or_all_is_the_whole_review() -> None:
    every = offered(protocol())
    assert list(every)[:2] == ["depression", "anxiety"] and len(every) == 7
    assert chosen(protocol(), []) == chosen(protocol(), list(every)) == {}
    assert chosen(protocol(), ["anxiety", "depression", "anxiety"]) == {"depression": "Depression", "anxiety": "Anxiety"}
    assert labels(protocol(), ["anxiety", "gone"]) == ["Anxiety"]
    for wrong in ("", "DEPRESSION", "drop_out", "x" * 10_000, "\x00"):
        with pytest.raises(InvalidInputError, match="Choose among"):
            chosen(protocol(), [wrong])
