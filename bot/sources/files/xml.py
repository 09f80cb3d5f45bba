"""A piece of XML as an element: strictly where it can be, mended where it must. No DTD, no network, no entities of its own."""

from __future__ import annotations

import html
import re
from typing import Any

from lxml import etree  # type: ignore[attr-defined]  compiled, without stubs

from bot.sources.files import text_of

OPTIONS: dict[str, Any] = {"load_dtd": False, "no_network": True, "resolve_entities": False, "remove_comments": True, "remove_pis": True}
STRICT = etree.XMLParser(**OPTIONS)
MENDING = etree.XMLParser(recover=True, **OPTIONS)
# XML knows five names of characters; platforms write HTML's as well.
NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#[xX][0-9a-fA-F]+);)(\w{1,32};)?")
BARE = re.compile(r"<(?![A-Za-z/!?])")
# Characters that XML does not take at all.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def parsed(piece: bytes) -> Any:
    """Return the element of a piece of XML in UTF-8, None if there is none in it. What is not well formed is mended as far as it goes."""
    try:
        return etree.fromstring(piece, STRICT)
    except etree.XMLSyntaxError:
        text = NAMED.sub(_named, FORBIDDEN.sub(" ", text_of(piece)))
        try:
            return etree.fromstring(BARE.sub("&lt;", text).encode(), MENDING)
        except etree.XMLSyntaxError:
            return None


def _named(found: re.Match[str]) -> str:
    """Return what a name that XML does not know stands for; a bare & is one."""
    name = found.group(1)
    character = html.unescape(f"&{name}") if name else ""
    return character if character and not character.startswith("&") else f"&amp;{name or ''}"
