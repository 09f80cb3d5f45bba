"""`./perennial bench NAME args…`: run benchmarks/NAME.py. The last line of its standard output is one JSON object."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def names() -> list[str]:
    """Return the benchmarks there are."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in found if not module.ispkg and not module.name.startswith("_"))


def main(argv: list[str]) -> int:
    """Run the benchmark that the first argument names with the rest; 2 if there is none of that name."""
    if not argv or argv[0] not in names():
        asked = f"There is no benchmark called {argv[0]!r}." if argv else "Which benchmark?"
        print(f"{asked} There are: {', '.join(names())}.\nRun:  ./perennial bench NAME --help", file=sys.stderr)
        return 2
    return int(importlib.import_module(f"benchmarks.{argv[0]}").main(argv[1:]) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
