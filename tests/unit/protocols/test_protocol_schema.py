"""The JSON Schema of a protocol, as editors use it."""

from __future__ import annotations

import json
import tomllib

from bot import paths
from bot.protocols.schema import json_schemas, schema_files


def test_the_schemas_in_docs_are_those_of_the_forms():
    folder = paths.root() / "docs" / "schema"
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    assert there == schema_files(), "write bot.protocols.schema.schema_files() into docs/schema again"


def test_unknown_keys_are_refused_at_every_level():
    for schema in json_schemas().values():
        for table in [schema, *schema.get("$defs", {}).values()]:
            assert table["additionalProperties"] is False


def test_every_file_of_the_shipped_reviews_points_to_its_schema():
    for folder in paths.review_folders().values():
        for path in [folder / "protocol.toml", folder / "published.toml", *folder.glob("outcomes/*.toml")]:
            first = path.read_text(encoding="utf-8").split("\n")[0]
            schema = json.loads((path.parent / first.removeprefix("#:schema ")).read_text(encoding="utf-8"))
            assert set(tomllib.loads(path.read_text(encoding="utf-8"))) <= set(schema["properties"])
