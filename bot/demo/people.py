"""The scripted people, in a process of their own: they read their mailboxes, follow the links and fill what the pages ask.

They know the mails they got, what bot/demo/knowledge.py says, and nothing of the database. Run by bot/demo/run.py.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from bot.demo import editing, extracting, knowledge
from bot.demo.browser import Page, Visitor
from bot.demo.sink import mailbox

LINK = re.compile(r"https?://[^\s<>\"]+")
PAUSE_SECONDS = 0.05
MOST_RECORDS = 2000

TEAM = {
    "reviewer-a": ("Demo reviewer A", ("reviewer",)),
    "reviewer-b": ("Demo reviewer B", ("reviewer",)),
    "reviewer-c": ("Demo reviewer C", ("third_reviewer",)),
    "extractor-d": ("Demo extractor D", ("extractor",)),
    "extractor-e": ("Demo extractor E", ("extractor",)),
    "editor-f": ("Demo editor F", ("editor",)),
}
READERS = ("reader-clinician", "reader-patient", "reader-guideline")
LEAVES_AFTER_FIRST = "reader-guideline"
DOMAIN = "demo.invalid"


def address_of(name: str) -> str:
    """Return the mail address of somebody in the demonstration."""
    return f"{name}@{DOMAIN}"


@dataclass
class Person:
    """Somebody with a mailbox. work: what they do with a mail's links, by the letter of the link's path."""

    name: str
    visitor: Visitor
    work: dict[str, Callable[[Visitor, str], None]]
    done: set[str] = field(default_factory=set)

    def read_mail(self, mailboxes: Path) -> int:
        """Read what is new in the mailbox, act on it, and return how many mails that were."""
        here = sorted(mailbox(mailboxes, address_of(self.name)).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        new = [path for path in here if path.name not in self.done]
        for path in new:
            self._act(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
            self.done.add(path.name)
        return len(new)

    def _act(self, message: EmailMessage) -> None:
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        seen: set[tuple[str, str]] = set()
        for link in LINK.findall(text):
            parts = link.rstrip(".,)").removeprefix(self.visitor.site).split("/")
            # One link opens a whole round; the mail names some of its records besides.
            if len(parts) >= 3 and parts[1] in self.work and (parts[1], parts[2]) not in seen:
                seen.add((parts[1], parts[2]))
                self.work[parts[1]](self.visitor, f"{self.visitor.site}/{parts[1]}/{parts[2]}")


def screening(opinions: dict[str, knowledge.Judgement], part: str) -> Callable[[Visitor, str], None]:
    """Return what a reviewer does with a round: read one record after the other, and vote."""

    def work(visitor: Visitor, link: str) -> None:
        page = visitor.open(link)
        for _ in range(MOST_RECORDS):
            onward = _next_record(page)
            if onward is None:
                return
            page = _vote(visitor, onward if isinstance(onward, Page) else visitor.open(onward), opinions, part)

    return work


def _next_record(page: Page) -> Page | str | None:
    """Return the page itself if it asks for a vote, the link to the next record if it offers one, None if all is done."""
    if any("verdict" in form.choices for form in page.forms()) and not page.tree.xpath("//*[@id='decide']//details[summary='Change it']"):
        return page
    onward = page.tree.xpath("//a[contains(@class, 'button')]/@href | //p[@class='onward']/a[contains(., 'ext record')]/@href")
    return urljoin(page.address, onward[0]) if onward else None


def _vote(visitor: Visitor, page: Page, opinions: dict[str, knowledge.Judgement], part: str) -> Page:
    form = next(form for form in page.forms() if "verdict" in form.choices)
    opinion = opinions.get(knowledge.normalised(page.heading()))
    if opinion is None:
        return visitor.send(form, {"verdict": "unsure", "note": "Not among the citations that the demonstration knows."})
    verdict, criterion = getattr(opinion, part)
    return visitor.send(form, {"verdict": verdict} | ({"criterion": criterion} if criterion else {}))


def subscribe(site: str, slug: str, name: str) -> None:
    """Do what a reader does who finds the site: ask for the bulletins."""
    visitor = Visitor(site)
    page = visitor.open(f"{site}/reviews/{slug}/subscribe")
    form = next(form for form in page.forms() if "email" in form.typed)
    visitor.send(form, {"email": address_of(name)})


def _press(visitor: Visitor, link: str) -> None:
    """Open a link and press the button that does what the link is for; one that was pressed before is gone."""
    for form in visitor.open(link).forms():
        if form.method == "post" and urlsplit(form.action).path == urlsplit(link).path:
            visitor.send(form, {})
            return


def declare(visitor: Visitor, link: str) -> None:
    """Say that there is nothing to declare."""
    for form in visitor.open(link).forms():
        if "none" in form.choices.get("has_any", ()):
            visitor.send(form, {"has_any": "none"})
            return


def _look(visitor: Visitor, link: str) -> None:
    visitor.open(link)


def cast(site: str, demo_folder: Path, starting_set: Path) -> list[Person]:
    """Return everybody, each with what they do."""
    opinions = knowledge.judgements(demo_folder)
    results = knowledge.results(starting_set)
    parts = {"reviewer-a": "first", "reviewer-b": "second", "reviewer-c": "third"}
    people = [Person(name, Visitor(site), {"d": declare, "r": screening(opinions, part)}) for name, part in parts.items()]
    for name in ("extractor-d", "extractor-e"):
        people.append(Person(name, Visitor(site), {"d": declare, "x": extracting.extraction(results), "v": extracting.verification(results),
                                                   "c": editing.confirm_starting_set}))
    people.append(Person("editor-f", Visitor(site), {"d": declare, "e": editing.sign, "c": editing.confirm_starting_set}))
    for name in READERS:
        leave = _press if name == LEAVES_AFTER_FIRST else _look
        people.append(Person(name, Visitor(site), {"s": _press, "u": leave}))
    return people


def main() -> int:
    """Go on until standard input ends: then whoever started us is done, or dead."""
    arguments = argparse.ArgumentParser()
    for option in ("--mailboxes", "--site", "--slug", "--demo-folder", "--starting-set"):
        arguments.add_argument(option, required=True)
    given = arguments.parse_args()
    for name in READERS:
        subscribe(given.site, given.slug, name)
    people = cast(given.site, Path(given.demo_folder), Path(given.starting_set))
    with ThreadPoolExecutor(len(people)) as pool:
        for _ in _until_told():
            list(pool.map(lambda person: person.read_mail(Path(given.mailboxes)), people))
    return 0


def _until_told() -> Iterator[None]:
    import select

    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        yield


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:
        traceback.print_exc()
        sys.exit(1)
