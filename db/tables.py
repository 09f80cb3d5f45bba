"""Import every file that has tables, so that migrations and tests know them all. No table of its own."""

from __future__ import annotations

import importlib
import pkgutil

import db

for _module in pkgutil.iter_modules(db.__path__):
    if _module.name not in {"base", "session", "tables"}:
        importlib.import_module(f"db.{_module.name}")
