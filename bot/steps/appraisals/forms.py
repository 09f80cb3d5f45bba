"""What the pages of an appraisal send, distrusted: one answer, one judgement. What is stored: answer.py, judge.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.errors import InvalidInputError
from bot.methods.appraisal.rules import ANSWERS

LONGEST = 2000
DIRECTIONS = {
    "favours experimental": "in favour of the intervention", "favours comparator": "in favour of the comparison",
    "towards null": "towards no difference", "away from null": "away from no difference", "unpredictable": "cannot be told",
}

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST)]


class AnswerForm(BaseModel):
    """An answer to one question. version: the number of the answer that the page showed, 0 for none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answer: Line = ""
    quote: Paragraph = ""
    page: Line = ""
    note: Paragraph = ""
    version: int = 0


class JudgementForm(BaseModel):
    """A judgement of a domain or of all. version: the number of the judgement that the page showed, 0 for none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    judgement: Line = ""
    reason: Paragraph = ""
    direction: Line = ""
    version: int = 0


def read_answer(sent: Mapping[str, str]) -> AnswerForm:
    """Return what was sent. Raises InvalidInputError with a sentence for the person."""
    form = _read(AnswerForm, sent)
    if form.answer not in ANSWERS:
        raise InvalidInputError("Choose an answer. An empty one is not kept, and is not taken for “no information”.")
    if form.answer not in ("NI", "NA") and not (form.quote or form.note):
        raise InvalidInputError("Give the sentence of the report that the answer rests on, or say in a note why it is so.")
    return form


def read_judgement(sent: Mapping[str, str]) -> JudgementForm:
    """Return what was sent. Raises InvalidInputError with a sentence for the person."""
    form = _read(JudgementForm, sent)
    if form.direction and form.direction not in DIRECTIONS:
        raise InvalidInputError("Choose one of the directions that are offered, or none.")
    return form


Form = TypeVar("Form", bound=BaseModel)


def _read(kind: type[Form], sent: Mapping[str, str]) -> Form:
    try:
        return kind.model_validate({name: value for name, value in sent.items() if name in kind.model_fields})
    except ValidationError as error:
        fault = error.errors()[0]
        raise InvalidInputError(f"{str(fault['loc'][0]).capitalize()}: at most {LONGEST:,} characters (100 for a page); shorten it."
                                if fault["type"] == "string_too_long" else "What was sent does not fit this page. Load it again.") from error
