"""Tell the operator of a trouble, once, and once when it is over. What is known lies in a file: the database may be the trouble itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any

from bot.errors import MailError
from bot.mail.message import compose
from bot.steps.mail.deliver import Post
from bot.telemetry import logger, redact

# What goes away by itself in this time is in the log alone.
GRACE = timedelta(minutes=2)
FILE = "troubles.json"
log = logger("operator")


@dataclass(frozen=True, slots=True)
class Told:
    """How many troubles the operator was told of now, and how many of them are over."""

    begun: int = 0
    over: int = 0


def tell_operator(*, troubles: Mapping[str, str], home: Path, post: Post, operator: Address, now: datetime) -> Told:
    """Mail what began and lasts, and what is over since it was mailed. troubles: name → sentence, as they are now.

    A mail that cannot be sent is tried again the next time. A crash between mail and file sends the same mail again, under the same id.
    """
    file = home / FILE
    known: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    before, begun, over = json.dumps(known), 0, 0
    for what, says in troubles.items():
        one = known.setdefault(what, {"since": now.isoformat(), "mailed": False})
        one["says"] = redact(says)
        if not one["mailed"] and now - datetime.fromisoformat(one["since"]) >= GRACE:
            one["mailed"] = _mailed(what, one, post, operator, now, is_over=False)
            begun += one["mailed"]
    for what in sorted(set(known) - set(troubles)):
        if not known[what]["mailed"] or _mailed(what, known[what], post, operator, now, is_over=True):
            over += known.pop(what)["mailed"]
    if json.dumps(known) != before:
        half = file.with_suffix(".part")
        half.write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
        half.replace(file)
    return Told(begun, over)


def _mailed(what: str, one: Mapping[str, Any], post: Post, operator: Address, now: datetime, *, is_over: bool) -> bool:
    words = post.renderer.mail("trouble", {
        "what": what, "says": one["says"], "since": datetime.fromisoformat(one["since"]), "now": now, "is_over": is_over,
        "review": {"short_title": post.renderer.site.name}})
    name = hashlib.sha256(f"{what}\x00{one['since']}\x00{is_over}".encode()).hexdigest()[:40]
    message = compose(sender=post.sender, recipient=operator, subject=words.subject, text=words.text, html=words.html, message_id=name, date=now)
    try:
        post.transport.send(message, handing_over=lambda: None)
    except MailError as error:
        log.warning("the operator could not be told", what=what, error=str(error))
        return False
    finally:
        post.transport.close()
    return True
