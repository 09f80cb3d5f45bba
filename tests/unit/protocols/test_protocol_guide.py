"""The guide explains every key that a protocol may have."""

from __future__ import annotations

import shutil

import pytest

from bot import paths
from bot.protocols.check import check
from bot.protocols.schema import FORMS, json_schemas
from tests.unit.protocols.small_review import edit

TABLES = sorted({(name, table) for name, schema in json_schemas().items() for table in schema.get("$defs", {})})


@pytest.mark.parametrize(("file", "table"), [*((name, "") for name in FORMS), *TABLES])
def test_every_key_is_explained_in_the_guide(file, table):
    guide = (paths.root() / "docs" / "guide" / "protocol.md").read_text(encoding="utf-8")
    schema = json_schemas()[file]
    keys = (schema["$defs"][table] if table else schema)["properties"]
    unexplained = [key for key in keys if f"`{key}`" not in guide and f"[{key}]" not in guide and f".{key}]" not in guide]
    assert unexplained == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("\nhour = 6\n", "\nhuor = 6\n"), ('\ntitle = "Digital peer', '\ntitle = “Digital peer')],
)
def test_the_guide_shows_messages_that_check_really_gives(tmp_path, old, new):
    review = shutil.copytree(paths.reviews() / "digital-peer-support", tmp_path / "digital-peer-support")
    edit(review, "protocol.toml", old, new)
    guide = (paths.root() / "docs" / "guide" / "protocol.md").read_text(encoding="utf-8")
    assert [str(finding) in guide.split("\n") for finding in check(review)] == [True]
