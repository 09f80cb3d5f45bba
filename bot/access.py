"""Who may do what: one table, role by action. Blindness between reviewers is held by the queries themselves."""

from __future__ import annotations

from collections.abc import Iterable

from bot.errors import RefusedError

TABLE: dict[str, frozenset[str]] = {
    "reviewer": frozenset({"decide", "export"}),
    "third_reviewer": frozenset({"decide", "export"}),
    "extractor": frozenset({"import", "export", "answer_questions", "extract", "verify", "appraise", "confirm_starting_set"}),
    "lived_experience": frozenset({"read_drafts"}),
    "editor": frozenset({"import", "export", "move_in", "answer_questions", "confirm_starting_set", "rate", "sign",
                          "invite", "answer_notices", "confirm_studies"}),
    "reader": frozenset({"subscribe", "unsubscribe"}),
    "operator": frozenset({"import", "export", "move_in", "run", "invite", "resolve_mail", "migrate"}),
}


def may(role: str, action: str) -> bool:
    """Return whether a role may do this."""
    return action in TABLE.get(role, frozenset())


def require(roles: Iterable[str], action: str) -> None:
    """Raise RefusedError unless one of the roles may do this."""
    held = sorted(roles)
    if not any(may(role, action) for role in held):
        allowed = ", ".join(sorted(role for role, actions in TABLE.items() if action in actions))
        raise RefusedError(f"To {action.replace('_', ' ')} one must be: {allowed}. You are: {', '.join(held) or 'not in this review'}.")
