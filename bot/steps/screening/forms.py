"""What a reviewer may send: one verdict, and the criterion that fails where it is an exclusion. The step that takes it: decide.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.domain.decisions import EXCLUDE, Decision
from bot.errors import InvalidInputError

LONGEST_NOTE = 2000
MESSAGES = {
    "verdict": "Choose one: Include, Exclude or Unsure.",
    "criterion": "Choose the criterion that fails: it is the reason for the exclusion.",
    "note": f"A note has at most {LONGEST_NOTE:,} characters. Shorten it.",
    "version": "This form is not complete. Open the record again from your list.",
}


class DecisionForm(BaseModel):
    """A vote as it comes from the web. version: the number of the vote that the page showed, 0 for none."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    verdict: Literal["include", "exclude", "unsure"]
    criterion: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=LONGEST_NOTE)
    version: int = Field(ge=0, lt=2**31)

    @field_validator("note", "criterion")
    @classmethod
    def _printable(cls, text: str) -> str:
        return "".join(letter for letter in text if letter in "\n\t" or (letter.isprintable() and not 0xD800 <= ord(letter) <= 0xDFFF))

    @property
    def decision(self) -> Decision:
        """The decision, without a criterion unless it is an exclusion: the page may still hold one that was chosen before."""
        return Decision(self.verdict, self.criterion if self.verdict == EXCLUDE else "", self.note)


def read(fields: Mapping[str, Any], criteria: Sequence[str]) -> DecisionForm:
    """Return the form. criteria: the ids that may be named. Raises InvalidInputError with what to do."""
    try:
        form = DecisionForm.model_validate(dict(fields))
    except ValidationError as error:
        wrong = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
        raise InvalidInputError(" ".join(MESSAGES.get(name, "This form does not belong to this page.") for name in wrong)) from error
    check(form.decision, criteria)
    return form


def check(decision: Decision, criteria: Sequence[str]) -> None:
    """Raise InvalidInputError unless an exclusion, and nothing else, names one of the criteria."""
    if decision.verdict != EXCLUDE and not decision.criterion:
        return
    if decision.verdict != EXCLUDE or decision.criterion not in criteria:
        raise InvalidInputError(MESSAGES["criterion"])


def shown_again(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what was sent, as far as the page can show it again, so that nothing a person chose is lost."""
    return {name: cast(str, fields.get(name) or "")[:LONGEST_NOTE] for name in ("verdict", "criterion", "note")}
