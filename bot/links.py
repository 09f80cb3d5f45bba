"""Tokens of the links in mails: derived from a key and a row, so that they are written nowhere. The rows: db/links.py."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

PATHS = {
    "round": "/r/{token}",
    "extract": "/x/{token}",
    "verify": "/v/{token}",
    "starting_set": "/c/{token}",
    "appraise": "/a/{token}",
    "questions": "/q/{token}",
    "certainty": "/g/{token}",
    "sign": "/e/{token}",
    "remark": "/l/{token}",
    "import": "/i/{token}",
    "interests": "/d/{token}",
    "sign_in": "/in/{token}",
    "subscribe": "/s/{token}",
    "unsubscribe": "/u/{token}",
}


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """The keys that links are made with. `current` names the one for new links; the older ones keep old links alive."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)


def token(keys: LinkKeys, key_id: str, purpose: str, row_id: int) -> str:
    """Return the token of a link's row: base64url(HMAC-SHA256(key, purpose, row id)), 43 characters."""
    message = f"{purpose}\x00{row_id}".encode()
    digest = hmac.new(keys.keys[key_id], message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def fingerprint(token_text: str) -> str:
    """Return the SHA-256 by which a token is looked up; the token itself is never stored."""
    return hashlib.sha256(token_text.encode()).hexdigest()


def pseudonym(keys: LinkKeys, kind: str, text: str) -> str:
    """Return a name for a text, such as an address, that is always the same and that only this site can make: 32 hexadecimal digits."""
    return hmac.new(keys.keys[keys.current], f"{kind}\x00{text}".encode(), hashlib.sha256).hexdigest()[:32]


def path(purpose: str, token_text: str) -> str:
    """Return the path that a link of this purpose opens."""
    return PATHS[purpose].format(token=token_text)
