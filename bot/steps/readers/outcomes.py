"""Which outcomes a reader may follow, and what a form says of them. None chosen, or all: the whole review, also what is added to it later."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from bot.domain.protocols import Protocol
from bot.errors import InvalidInputError

WHOLE_REVIEW: Mapping[str, str] = MappingProxyType({})


def offered(protocol: Protocol) -> dict[str, str]:
    """Return the outcomes that lead by the protocol, id → label, in its order."""
    labels = {one.id: one.label for one in protocol.outcomes}
    return {row.outcome: labels[row.outcome] for row in protocol.leading}


def chosen(protocol: Protocol, sent: Collection[str]) -> dict[str, str]:
    """Return what is followed, id → label; empty for the whole review. Raises InvalidInputError for an outcome that is not offered."""
    known = offered(protocol)
    if not set(sent) <= set(known):
        raise InvalidInputError(f"Choose among these outcomes: {', '.join(known.values())}. Tick none for the whole review.")
    return {} if set(sent) == set(known) else {one: label for one, label in known.items() if one in sent}


def labels(protocol: Protocol, followed: Collection[str]) -> list[str]:
    """Return the labels of the outcomes that a reader follows; empty for the whole review. One that the protocol dropped is left out."""
    return [one.label for one in protocol.outcomes if one.id in followed]
