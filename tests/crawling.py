"""Walk through a site as link scanners and attackers do: every address that pages and mails name, every form. Not a test itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import html
from sqlalchemy import select

from bot import links as tokens
from db.links import LinkRow
from tests.asgi import Answer, Browser
from tests.fixtures_attack import Target
from tests.fixtures_studies import forms_of

NAMED = re.compile(r"https?://[^\s<>\"]+")
VARYING = re.compile(r"[A-Za-z0-9_-]{43}|[0-9a-f]{40}|(?<=/)[0-9]+(?=/|$)|(?<=-)[0-9]+(?=$|\.)")


@dataclass
class Crawl:
    """What was found. pages: address → answer; of addresses that differ in numbers alone, a few are opened for each token."""

    browser: Browser
    headers: dict[str, str] = field(default_factory=dict)
    most_alike: int = 2
    pages: dict[str, Answer] = field(default_factory=dict)
    alike: Counter[str] = field(default_factory=Counter)

    def walk(self, beginnings: Iterable[str]) -> None:
        """Open these addresses and all that they lead to on this site."""
        waiting = list(beginnings)
        while waiting:
            address = waiting.pop()
            shape = VARYING.sub("*", urlsplit(address).path)
            if address in self.pages or self.alike[shape] >= self.most_alike * (2 if "*" in shape else 1):
                continue
            self.alike[shape] += 1
            answer = self.browser.get(address, headers=self.headers, follow_redirects=False)
            self.pages[address] = answer
            waiting += named_on(address, answer)

    def forms(self) -> Iterator[dict[str, Any]]:
        """Every form of every page, one of each that differ in numbers alone."""
        seen = set()
        for address, answer in self.pages.items():
            for form in forms_of(answer) if is_html(answer) else ():
                action = urljoin(address, form["action"])
                shape = (VARYING.sub("*", action.split("?")[0]), tuple(sorted(form["fields"])))
                if shape not in seen:
                    seen.add(shape)
                    yield form | {"action": action}


def is_html(answer: Answer) -> bool:
    """Return whether an answer is a page."""
    return answer.headers.get("content-type", "").startswith("text/html") and bool(answer.content)


def named_on(address: str, answer: Answer) -> list[str]:
    """Return the addresses of this site that an answer leads to."""
    found = [answer.headers["location"]] if "location" in answer.headers else []
    if is_html(answer):
        tree = html.fromstring(answer.content)
        found += [str(one) for one in tree.xpath("//@href | //img/@src | //source/@srcset | //script/@src | //form[@method='get']/@action")]
    whole = (urlsplit(urljoin(f"http://127.0.0.1:8000{address}", one)) for one in found)
    return [(one.path or "/") + (f"?{one.query}" if one.query else "") for one in whole if one.hostname == "127.0.0.1"]


def every_link(target: Target) -> list[str]:
    """Return the path of every link that there ever was."""
    with target.app.database.reading() as session:
        rows = session.scalars(select(LinkRow).order_by(LinkRow.id)).all()
    return [tokens.path(row.purpose, tokens.token(target.app.keys, row.key_id, row.purpose, row.id)) for row in rows]


def named_in_mails(mailboxes: Path) -> list[str]:
    """Return the paths of this site that the mails name."""
    import email
    import email.policy

    found = []
    for path in sorted(mailboxes.rglob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for part in message.walk():
            if part.get_content_maintype() == "text":
                found += [urlsplit(one.rstrip(".,)")).path or "/" for one in NAMED.findall(part.get_content()) if "127.0.0.1" in one]  # type: ignore[attr-defined]
    return sorted(set(found))
