"""The web around a review at work, and its mails as they are written: what the tests of the reviewers' pages begin with."""

from __future__ import annotations

from bot import links as tokens
from bot import paths
from bot.app import App
from bot.mail.folder import FolderTransport
from bot.mail.message import parse_address
from bot.rendering import MailText, Renderer, Site
from bot.steps.mail.deliver import Post
from db import links, outbox
from tests.asgi import Browser
from tests.fixtures_screening import KEYS, REPOSITORY, Desk

SITE = "http://review.example.org"


def browser(one: Desk) -> Browser:
    """Return a browser that opens the whole web application of this review."""
    return one.browser(application(one))


def application(one: Desk) -> App:
    """Return the application around a review at work; its clock is the review's."""
    renderer = Renderer(paths.templates(), Site(name="Perennial", address=SITE, demo=False))
    words = {one.protocol.slug: {"slug": one.protocol.slug, "title": one.protocol.title, "short_title": one.protocol.short_title}}
    post = Post(renderer=renderer, keys=KEYS, transport=FolderTransport(REPOSITORY / "no-mail-is-sent"), sender=parse_address("a@example.org"),
                review_words=words)
    return App(database=one.database, protocols={one.protocol.slug: one.protocol}, sources={}, renderer=renderer, keys=KEYS, post=post,
               clock=lambda: one.now, home=REPOSITORY, mail_folder=None, starting_sets={}, is_loopback=lambda _: False)


def written_mail(one: Desk, name: str, template: str) -> MailText:
    """Return the words of the one mail of this kind that waits for a person, as delivery writes them."""
    with one.database.reading() as session:
        (row,) = [mail for mail in outbox.in_state(session, "pending")
                  if mail.template == template and mail.recipient_id == one.people[name].id]
        link = links.by_id(session, row.data["links"]["round"])
    app = application(one)
    address = SITE + tokens.path("round", tokens.token(KEYS, link.key_id, link.purpose, link.id))
    return app.renderer.mail(template, {**row.data, "review": app.post.review_words[one.protocol.slug], "recipient": {"name": name},
                                        "urls": {"round": address}, "now": row.created_at})
