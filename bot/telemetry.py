"""Logs: structured, to stderr, without addresses and tokens."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

# Whatever page it opens: a new kind of link must not have to be remembered here.
TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE)
ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+")
KEY = re.compile(r"((?:api_?key|password|token|secret)=)[^&\s\"']+", re.IGNORECASE)

WARNINGS = logging.WARNING


def redact(text: str) -> str:
    """Return a text without mail addresses, link and session tokens, API keys and the passwords of addresses."""
    return ADDRESS.sub("<address>", TOKEN.sub("<token>", PASSWORD.sub(r"\1<password>", KEY.sub(r"\1<key>", text))))


def configure(*, least: int = logging.INFO) -> None:
    """Send logs to stderr, one line each. least: from which level on."""
    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacting,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"], drop_missing=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> Any:
    """Return a logger whose lines name `name`."""
    import structlog

    # Not bound yet: a logger that is bound when its module is imported would keep what structlog does before `configure`.
    return structlog.get_logger(part=name)


def _redacting(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}
