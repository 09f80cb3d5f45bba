"""`./perennial init`: from a terminal, a file of answers, a published abstract or an example to a folder in PERENNIAL_HOME/reviews."""

from __future__ import annotations

import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from bot import paths
from bot.errors import ConflictError, InvalidInputError, NotFoundError, SourceError
from bot.interview import ask
from bot.protocols.new_review import NOT_REGISTERED, Answers, NewReview, make_review, read_answers
from bot.protocols.prospero import Registered, read_number, read_record
from bot.protocols.published_abstract import PublishedReview, read_published
from bot.protocols.syntax import syntax_finding, unreadable_finding
from bot.rendering import Renderer, Site
from bot.sources import Source, Window
from bot.sources.files import read

# More records that name one registration are no single review.
MOST_LOOKED_AT = 5


def from_answers(answers: Path | None, abstract: Path | None, *, home: Path, prospero: str = "", pubmed: Source | None = None) -> NewReview:
    """Make a review from a file of answers, or by asking.

    abstract: a file with the record of one published review. prospero: the number of a registration, or a file with its record; pubmed: is
    asked whether a published review names that number.
    """
    registered = _registered(prospero) if prospero else None
    published = _published(abstract) if abstract else None
    said: tuple[str, ...] = ()
    if registered is not None and published is None and pubmed is not None:
        published, said = _published_under(registered.number, pubmed)
    given = _answers(answers, registered) if answers else ask(published, registered)
    if registered is not None and given.registration == NOT_REGISTERED and published is None:
        given = given.model_copy(update={"registration": f"PROSPERO {registered.number}"})
    renderer = Renderer(paths.templates(), Site(name="", address="", demo=False))
    made = make_review(given, reviews=home / "reviews", renderer=renderer, today=datetime.now(UTC).date(), published=published)
    return NewReview(made.folder, (*made.to_do, *(registered.to_do if registered else ()), *said, *_alone(made.folder.name)))


def _registered(given: str) -> Registered:
    path = Path(given)
    if not path.is_file():
        return read_number(given)
    try:
        return read_record(path.read_bytes().decode("utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path.name} is no plain text: copy the page of the record into an editor, and save it as UTF-8") from error


def _published_under(number: str, pubmed: Source) -> tuple[PublishedReview | None, tuple[str, ...]]:
    """Return the one published review that names a registration, and what a person should know of the look-up."""
    try:
        found = pubmed.ask(f'"{number}"[tiab]', Window(None, datetime.now(UTC).date()))
        records = pubmed.fetch(found.ids[:MOST_LOOKED_AT]).records if found.ids else ()
    except SourceError as error:
        return None, (f"PubMed could not be asked for a review published under {number} ({error}); where there is one, begin again with  "
                      "--abstract FILE",)
    if len(records) == 1:
        review = read_published(records[0])
        return review, (f"{review.short} was published under {number}: this living review needs a registration of its own, or an amendment "
                        "of that one.",)
    return None, (f"PubMed knows {found.hits} reports that name {number}." + (" Export the review among them, and begin again with  "
                                                                           "--abstract FILE" if records else ""),)


def from_example(name: str, *, home: Path) -> NewReview:
    """Copy a shipped example. Raises NotFoundError if there is none of that name, ConflictError if it is there already."""
    folder = paths.examples() / name
    if not name or folder.parent != paths.examples() or not (folder / "protocol.toml").is_file():
        there = sorted(one.name for one in paths.examples().iterdir() if one.is_dir())
        raise NotFoundError(f"there is no example {name!r}; there are: {', '.join(there)}")
    target = home / "reviews" / name
    if target.exists():
        raise ConflictError(f"there is a review {name!r} already, in {target}")
    shutil.copytree(folder, target)
    return NewReview(target, ("Read protocol.toml: the example is a whole review, to be run or to be changed.", *_alone(name)))


def _answers(path: Path, registered: Registered | None) -> Answers:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
        # What the record of the registration says is there already; an answer of one's own takes its place.
        return read_answers(dict(registered.parts if registered else {}) | tomllib.loads(text), path.name)
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{unreadable_finding(path.name, raw, error)}. docs/guide/first-hour.md shows one") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInputError(f"{syntax_finding(path.name, text, error)}. docs/guide/first-hour.md shows one") from error


def _published(path: Path) -> PublishedReview:
    try:
        parsed = read(path.read_bytes(), path.name, "published")
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
    if len(parsed.records) != 1:
        raise InvalidInputError(f"{path.name} has {len(parsed.records)} records; export the published review alone")
    return read_published(parsed.records[0])


def _alone(slug: str) -> tuple[str, ...]:
    return (f"To run this review alone, without the shipped one: PERENNIAL_REVIEWS={slug} in the settings (docs/guide/operators.md).",)
