"""Is a file a whole PDF? Told from its content; its name and what a browser says of it count for nothing."""

from __future__ import annotations

from bot.errors import InvalidInputError

MOST_BYTES = 25_000_000
# The header may stand behind a little rubbish, and the end before a little (ISO 32000, implementation notes of readers).
HEAD, TAIL = 1024, 2048


def require_pdf(content: bytes) -> None:
    """Raise InvalidInputError, with a sentence that says what to do, unless this is a whole PDF of a size that is kept."""
    if not content:
        raise InvalidInputError("The file is empty. Choose the PDF again.")
    if len(content) > MOST_BYTES:
        raise InvalidInputError(f"The file has {len(content) / 1e6:.0f} MB; at most {MOST_BYTES // 1_000_000} MB are kept. "
                                "Save it smaller, or say where you read it.")
    if b"%PDF-" not in content[:HEAD]:
        what = "a web page" if content.lstrip()[:1] == b"<" else "another kind of file"
        raise InvalidInputError(f"This is {what}, not a PDF. Often a site shows a page to sign in instead: open it in the browser, "
                                "save the PDF itself, and attach that.")
    if b"%%EOF" not in content[-TAIL:]:
        raise InvalidInputError("The PDF is not whole: its end is missing. Download it again.")
