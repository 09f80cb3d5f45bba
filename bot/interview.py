"""The dozen questions of `./perennial init`, asked one after the other on a terminal. What comes of the answers: bot/protocols/new_review.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import typer

from bot.errors import InvalidInputError
from bot.protocols.new_review import Answers, name_of, read_answers
from bot.protocols.prospero import Registered
from bot.protocols.published_abstract import PublishedReview
from bot.protocols.strategy_drafts import SOURCES

MEASURES = {"SMD": "different scales for one thing", "MD": "one scale that all share", "RR": "counted events (risk ratio)", "OR": "odds ratio",
            "RD": "risk difference"}


def ask(published: PublishedReview | None, registered: Registered | None = None) -> Answers:
    """Ask on the terminal and return the answers. A wrong one is asked again at once; what a registration says is what Enter takes."""
    said = registered.parts if registered else {}
    typer.echo("Twelve questions; in [brackets] what Enter takes. Everything can be changed in the files afterwards.\n", err=True)
    known = published.title if published else said.get("title", "")
    title = _ask("1. The title of the review", default=_living(known) if known else None)
    short = _ask("2. A short title, for mails and pages", default=title.split(":")[0][:60])
    given: dict[str, Any] = {
        "title": title, "short_title": short, "slug": _ask("3. Its name in addresses", default=_slug(short), check=_check_slug),
        "question": _ask("4. The question, as one sentence", default=said.get("question")),
        "population": _ask("5. Who are the participants?", default=said.get("population")),
        "intervention": _ask("6. Which intervention?", default=said.get("intervention")),
        "comparator": _ask("7. Compared with what?", default=said.get("comparator", "Any control without it")),
    }
    given["concepts"] = [{"name": part, "words": _words(f"8. Words by which reports name the {part}, with commas")}
                         for part in ("population", "intervention")]
    if registered and registered.outcomes:
        typer.echo(f"   ({registered.number} names: {registered.outcomes})", err=True)
    given["outcomes"] = _outcomes()
    given["randomised_only"] = typer.confirm("10. Only randomised trials?", default=True, err=True)
    given["sources"] = _list(f"11. Sources, with commas ({', '.join(SOURCES)})", default="pubmed", allowed=set(SOURCES))
    given["people"] = "two" if typer.confirm("12. Do two people judge each record? (no: one person, and a random second check)", default=True,
                                             err=True) else "one"
    given["author"] = _ask("And who drafts this protocol?")
    if published and published.registration:
        typer.echo(f"(The published review is registered as {published.registration}; yours needs its own number.)", err=True)
    return read_answers(given, "your answers")


def _ask(text: str, *, default: str | None = None, check: Callable[[str], None] = lambda _: None) -> str:
    while True:
        answer = " ".join(str(typer.prompt(text, default=default, err=True)).split())
        try:
            if not answer:
                raise InvalidInputError("an answer is needed")
            check(answer)
        except InvalidInputError as error:
            typer.echo(f"   {error}", err=True)
        else:
            return answer


def _outcomes() -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = []
    while True:
        default = "" if outcomes else None
        label = str(typer.prompt(f"9. Outcome {len(outcomes) + 1}" + (" (Enter: no more)" if outcomes else ""), default=default,
                                 show_default=False, err=True)).strip()
        if not label:
            return outcomes
        shown = "; ".join(f"{name} {words}" for name, words in MEASURES.items())
        measure = _ask(f"   Its measure: {shown}", default="SMD", check=_one_of(MEASURES))
        direction = _ask("   Which is better, lower or higher?", default="lower", check=_one_of(("lower", "higher")))
        outcomes.append({"label": label, "id": name_of(label), "measure": measure, "direction": direction,
                         "importance": "critical" if len(outcomes) < 2 else "important"})


def _words(text: str) -> list[str]:
    return _list(text, default=None, allowed=None)


def _list(text: str, *, default: str | None, allowed: set[str] | None) -> list[str]:
    def parts(answer: str) -> list[str]:
        return [part.strip().strip('"') for part in answer.split(",") if part.strip()]

    def known(answer: str) -> None:
        unknown = [part for part in parts(answer) if allowed is not None and part not in allowed]
        if unknown:
            raise InvalidInputError(f"{unknown[0]!r} is not known; allowed: {', '.join(sorted(allowed or ()))}")

    return parts(_ask(text, default=default, check=known))


def _one_of(allowed: object) -> Callable[[str], None]:
    names = list(allowed)  # type: ignore[call-overload]

    def check(answer: str) -> None:
        if answer not in names:
            raise InvalidInputError(f"{answer!r} is not known; allowed: {', '.join(names)}")

    return check


def _check_slug(answer: str) -> None:
    if answer != _slug(answer):
        raise InvalidInputError(f"small letters, digits and single -; for example {_slug(answer) or 'sleep'}")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60].strip("-")


def _living(title: str) -> str:
    return title if "living" in title.casefold() else f"{title.rstrip('. ')}: a living systematic review"
