"""What an editor's form may say. What follows from it: sign.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.errors import InvalidInputError

MOST_WORDS = 4000
SENTENCES = {
    "choice": "Choose one: sign the bulletin, or send it back.",
    "reason": f"Say in at most {MOST_WORDS:,} characters what is to be mended.",
}
INCOMPLETE = "This form is not complete. Open the link of your mail again."


class SigningForm(BaseModel):
    """An editor's choice. version: the SHA-256 of the draft that was on the page; reason: what is to be mended; conclusion:
    `changed`, where the editor confirms that the answer itself is another one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    choice: Literal["sign", "send_back", "draft_again"]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    conclusion: Literal["", "changed"] = ""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_WORDS, pattern=r"^[^\x00]*$")] = ""


def read(sent: Mapping[str, str]) -> SigningForm:
    """Return the form as it was sent. Raises InvalidInputError with a sentence for the first thing that is wrong."""
    try:
        form = SigningForm.model_validate(dict(sent))
    except ValidationError as error:
        raise InvalidInputError(SENTENCES.get(str(error.errors()[0]["loc"][0]), INCOMPLETE)) from error
    if form.choice == "send_back" and not form.reason:
        raise InvalidInputError("Say what is to be mended before the bulletin can be signed.")
    return form
