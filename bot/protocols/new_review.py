"""Make the folder of a new review from a dozen answers: a draft that passes `check`, and what a person must still do.

The questions themselves: bot/interview.py. What a published abstract gives: published_abstract.py. The words: templates/protocol.
"""

from __future__ import annotations

import datetime
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from bot.errors import ConflictError, InvalidInputError
from bot.protocols.check import SLUG, check
from bot.protocols.explain import explain
from bot.protocols.findings import key_in_words
from bot.protocols.forms import Form, Name, OptionalText, Text
from bot.protocols.outcome_forms import InstrumentForm, Measure, MidForm
from bot.protocols.published_abstract import FoundEstimate, PublishedReview
from bot.protocols.strategy_drafts import SOURCES, Concept, SourceDraft, draft_strategy
from bot.rendering import Renderer

HARM = {"label": "Serious adverse events", "measure": "RR", "direction": "lower", "importance": "critical", "harm": True}
NOT_REGISTERED = "not registered"
COUNTED = {"RR", "OR", "RD"}


class ConceptAnswer(Form):
    """One part of the question with the words by which reports of it are found."""

    name: Text
    words: list[Annotated[str, StringConstraints(pattern=r"^[^\"“”\[\]()]+$", min_length=2)]] = Field(min_length=1)


class OutcomeAnswer(Form):
    """One outcome. instruments: in the order of preference; absent for counted events."""

    label: Text
    id: Name | None = None
    phrase: OptionalText = ""
    definition: OptionalText = ""
    measure: Measure = "SMD"
    direction: Literal["lower", "higher"] = "lower"
    importance: Literal["critical", "important", "limited"] = "critical"
    harm: bool = False
    mid: MidForm | None = None
    instruments: list[InstrumentForm] = Field(default=[])


class Answers(Form):
    """What `./perennial init` asks, or reads from a file. Every key without a default must be there."""

    slug: Annotated[str, StringConstraints(pattern=SLUG.pattern, max_length=60)]
    title: Text
    short_title: Text
    question: Text
    population: Text
    intervention: Text
    comparator: Text
    setting: Text = "Any setting"
    randomised_only: bool = True
    concepts: list[ConceptAnswer] = Field(min_length=1, description="population and intervention, each with its search words")
    outcomes: list[OutcomeAnswer] = Field(min_length=1)
    sources: list[Text] = Field(default=["pubmed"], min_length=1)
    people: Literal["one", "two"] = "two"
    registration: Text = NOT_REGISTERED
    author: Text
    time_zone: Text = "UTC"


@dataclass(frozen=True, slots=True)
class NewReview:
    """What was made. to_do: sentences, the most important first."""

    folder: Path
    to_do: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    id: str
    answer: OutcomeAnswer
    published: FoundEstimate | None = field(default=None)


def read_answers(given: Mapping[str, Any], name: str) -> Answers:
    """Return checked answers. Raises InvalidInputError that names every key which is wrong. name: of the file, for the sentence."""
    try:
        return Answers.model_validate(given)
    except ValidationError as error:
        faults = [f"{key_in_words(fault.path, dict(given))}: {fault.message}" + (f". Allowed: {fault.allowed}" if fault.allowed else "")
                  for fault in explain(error, Answers, name)]
        raise InvalidInputError(f"{name}: " + "; ".join(faults)) from error


def make_review(answers: Answers, *, reviews: Path, renderer: Renderer, today: datetime.date,
                published: PublishedReview | None = None) -> NewReview:
    """Write the folder `reviews`/<slug>, whole or not at all.

    published: an earlier review to start from. Raises ConflictError where the folder is there already, InvalidInputError for a source that
    is not known or outcomes of the same name.
    """
    folder = reviews / answers.slug
    if folder.exists():
        raise ConflictError(f"there is a review {answers.slug!r} already, in {folder}; give another slug, or change its files")
    outcomes = _outcomes(answers, published)
    files = _files(answers, outcomes, renderer, today, published)
    reviews.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=reviews, prefix=".new-") as place:
        draft = Path(place) / answers.slug
        for name, text in files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_text(text, encoding="utf-8")
        findings = check(draft)
        if findings:
            raise InvalidInputError("; ".join(str(one) for one in findings[:3]))
        shutil.move(draft, folder)
    return NewReview(folder, tuple(_to_do(answers, outcomes, published)))


def _outcomes(answers: Answers, published: PublishedReview | None) -> list[_Outcome]:
    given = list(answers.outcomes)
    if not any(one.harm for one in given):
        given.append(OutcomeAnswer.model_validate(HARM))
    found: dict[str, _Outcome] = {}
    for one in given:
        outcome_id = one.id or name_of(one.label)
        if outcome_id in found:
            raise InvalidInputError(f"two outcomes are called {outcome_id!r}; each needs a name of its own")
        found[outcome_id] = _Outcome(outcome_id, one, published.estimate_of(one.label, one.measure) if published else None)
    if all(one.answer.importance == "limited" for one in found.values()):
        raise InvalidInputError("no outcome is critical or important: at least one must be")
    return list(found.values())


def name_of(label: str) -> str:
    """Return an id for a label: "Quality of life" → quality_of_life. Raises InvalidInputError where no letter is left."""
    found = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")
    if not found[:1].isalpha():
        raise InvalidInputError(f"{label!r} gives no name of letters a-z; give the outcome an id of its own, such as: weight_loss")
    return found


def _files(answers: Answers, outcomes: Sequence[_Outcome], renderer: Renderer, today: datetime.date,
           published: PublishedReview | None) -> dict[str, str]:
    sources = _sources(answers)
    words: dict[str, Any] = {"given": answers, "outcomes": outcomes, "today": today, "sources": sources, "published": published}
    files = {"protocol.toml": renderer.protocol_file("protocol.toml", **words)}
    for one in outcomes:
        instruments = one.answer.instruments or _first_instrument(one.answer)
        files[f"outcomes/{one.id}.toml"] = renderer.protocol_file("outcome.toml", outcome=one.answer, instruments=instruments, **words)
    concepts = [Concept(one.name, tuple(one.words)) for one in answers.concepts]
    for name, source in sources.items():
        files[f"searches/{name}.txt"] = draft_strategy(concepts, syntax=source.syntax, trials_only=answers.randomised_only)
    if published is not None and published.is_citable:
        files["published.toml"] = renderer.protocol_file("published.toml", **words)
    return files


def _sources(answers: Answers) -> dict[str, SourceDraft]:
    unknown = [name for name in answers.sources if name not in SOURCES]
    if unknown:
        raise InvalidInputError(f"sources: {unknown[0]!r} is not known; allowed: {', '.join(SOURCES)}")
    return {name: SOURCES[name] for name in SOURCES if name in answers.sources}


def _first_instrument(outcome: OutcomeAnswer) -> list[InstrumentForm]:
    phrase = outcome.phrase or outcome.label.lower()
    if outcome.measure in COUNTED:
        return [InstrumentForm(name=f"participants with {phrase}", kind="events", higher_is_better=outcome.direction == "higher")]
    return [InstrumentForm(name=outcome.label, higher_is_better=outcome.direction == "higher",
                           note="A placeholder: list the instruments by name, the preferred one first.")]


def _to_do(answers: Answers, outcomes: Sequence[_Outcome], published: PublishedReview | None) -> list[str]:
    by_hand = [source.label for source in _sources(answers).values() if source.kind == "file"]
    without = [one.answer.label for one in outcomes if one.answer.mid is None]
    unnamed = [one.answer.label for one in outcomes if not one.answer.instruments and one.answer.measure not in COUNTED]
    to_do = ["Read protocol.toml from top to bottom: the criteria are drafted from your answers, and reviewers will judge by them.",
             "The strategies in searches/ are drafts that nobody has run: let an information specialist complete and review them (PRESS)."]
    if by_hand:
        to_do.append(f"{', '.join(by_hand)}: run the strategy there each month and import the export (./perennial import, or a watched folder).")
    if unnamed:
        to_do.append(f"Name the instruments of: {', '.join(unnamed)}, the preferred one first, with their ranges.")
    if without:
        to_do.append(f"State the smallest difference that matters, with its source, for: {', '.join(without)}.")
    if answers.registration == NOT_REGISTERED:
        to_do.append("Register the protocol (PROSPERO or OSF) and put the number into protocol.toml.")
    to_do.append("Invite the team:  ./perennial people add ADDRESS --name NAME --role reviewer|third_reviewer|extractor|editor")
    to_do.append("List help in a crisis under [crisis] if the topic asks for it; funding and interests under [publishing].")
    return [*to_do, *(published.to_do if published else ())]
