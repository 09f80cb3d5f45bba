"""Read a form whose fields are not known beforehand: one choice for each row of a page. What the fields mean: the steps' own forms."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from fastapi import Depends, Request

MOST_FIELDS = 1000


async def _fields(request: Request) -> dict[str, str]:
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        return {name: printable(value) for name, value in form.items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(_fields)]


def printable(text: str) -> str:
    """Return a text without control characters and halves of characters, with plain line ends."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in plain if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs"))
