"""One tree of errors. The docstring of each is its default message; a message says what, where, what is allowed, what next."""


class PerennialError(Exception):
    """Something went wrong that a person can mend."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class SettingsError(PerennialError):
    """A setting is wrong."""


class ProtocolError(PerennialError):
    """The protocol of a review is wrong."""


class NotFoundError(PerennialError):
    """There is no such thing here."""


class RefusedError(PerennialError):
    """This person may not do that."""


class ConflictError(PerennialError):
    """Somebody else changed this meanwhile. Load the page again and decide on what it shows now."""


class InvalidInputError(PerennialError):
    """What was entered cannot be taken."""


class EffectSizeError(InvalidInputError):
    """The numbers of a study do not give an effect."""


class SynthesisError(PerennialError):
    """These effects cannot be pooled."""


class SourceError(PerennialError):
    """A source did not answer as it should. Nothing is known about what is new in it."""


class SourceUnavailableError(SourceError):
    """A source could not be reached, or asked us to come back later."""


class UnreadableFileError(InvalidInputError):
    """A file could not be read as any format that is known."""


class ClassifierError(PerennialError):
    """The ranker could not do its work."""


class DatabaseError(PerennialError):
    """The database could not do what was asked."""


class SchemaError(DatabaseError):
    """The database was made by another version. Run:  ./perennial migrate"""


class MailError(PerennialError):
    """A mail could not be handed over."""


class MailRefusedError(MailError):
    """The mail server refused this mail for good. Do not send it again."""


class TooOftenError(PerennialError):
    """That was asked for too often. Try again later."""

    def __init__(self, message: str | None = None, *, after: int = 60) -> None:
        """after: seconds to wait at least."""
        super().__init__(message)
        self.after = after


class LinkError(RefusedError):
    """This link is not valid (any more). Ask the review team for a new one."""
