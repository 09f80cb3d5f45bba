"""The forms as JSON Schema, so that an editor completes keys and other programs can write a protocol.

The schema knows single keys; what must hold between them is checked by bot/protocols/check.py alone.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from bot.protocols.forms import ProtocolForm
from bot.protocols.outcome_forms import OutcomeForm, PublishedForm

FORMS: dict[str, type[BaseModel]] = {"protocol": ProtocolForm, "outcome": OutcomeForm, "published": PublishedForm}


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return name -> JSON Schema (draft 2020-12) of protocol.toml, outcomes/*.toml and published.toml."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {name: dialect | form.model_json_schema() for name, form in FORMS.items()}


def schema_files() -> dict[str, str]:
    """Return file name -> text of the schemas as they stand in docs/schema."""
    return {f"{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in json_schemas().items()}
