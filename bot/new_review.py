"""`./perennial init`: from a terminal, a file of answers, a published abstract or an example to a folder in PERENNIAL_HOME/reviews."""

from __future__ import annotations

import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from bot import paths
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.interview import ask
from bot.protocols.new_review import Answers, NewReview, make_review, read_answers
from bot.protocols.published_abstract import PublishedReview, read_published
from bot.protocols.syntax import syntax_finding, unreadable_finding
from bot.rendering import Renderer, Site
from bot.sources.files import read


def from_answers(answers: Path | None, abstract: Path | None, *, home: Path) -> NewReview:
    """Make a review from a file of answers, or by asking. abstract: a file with the record of one published review."""
    published = _published(abstract) if abstract else None
    given = _answers(answers) if answers else ask(published)
    renderer = Renderer(paths.templates(), Site(name="", address="", demo=False))
    made = make_review(given, reviews=home / "reviews", renderer=renderer, today=datetime.now(UTC).date(), published=published)
    return NewReview(made.folder, (*made.to_do, *_alone(made.folder.name)))


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


def _answers(path: Path) -> Answers:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
        return read_answers(tomllib.loads(text), path.name)
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
