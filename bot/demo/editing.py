"""What the scripted editor does: judge the starting set, read a draft, sign it."""

from __future__ import annotations

from bot.demo.browser import Visitor


def confirm_starting_set(visitor: Visitor, link: str) -> None:
    """Confirm every row that waits: the demonstration's rows are those of its own starting set."""
    page = visitor.open(link)
    waiting = [form for form in page.forms() if any(name.startswith("row_") and name not in form.ticked for name in form.choices)]
    for form in waiting[:1]:
        visitor.send(form, dict.fromkeys(form.choices, "confirm"))


def sign(visitor: Visitor, link: str) -> None:
    """Open the draft, make the choice that the page asks for, and send it."""
    for form in visitor.open(link).forms():
        if "sign" in form.choices.get("choice", ()):
            visitor.send(form, {"choice": "sign"})
            return
