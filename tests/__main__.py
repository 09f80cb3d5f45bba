"""`./perennial test`: ruff, the import law, pyright, then pytest. With arguments: pytest alone, with them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = ("bot", "classifiers", "db", "docs", "migrations", "tests", "benchmarks", "deploy")
CHECKS = (
    ("ruff", [sys.executable, "-P", "-m", "ruff", "check", "--quiet", *(str(ROOT / name) for name in CODE)]),
    ("the import law", [sys.executable, "-P", "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()",
                        "--config", str(ROOT / "pyproject.toml"), "--no-cache"]),
    ("pyright", [sys.executable, "-P", "-m", "pyright", "--project", str(ROOT)]),
)


def main() -> int:
    """Run the checks and the tests; return the exit code of the first that fails, pytest last in any case."""
    arguments = sys.argv[1:]
    failed = [] if arguments else [name for name, command in CHECKS if not _passes(name, command)]
    options = arguments or ["-n", "2", "--dist", "loadgroup"] * (importlib.util.find_spec("xdist") is not None)
    targets = [] if any(not argument.startswith("-") for argument in arguments) else [str(ROOT / "tests")]
    result = subprocess.run([sys.executable, "-P", "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT),
                             *options, *targets], check=False)
    if failed:
        print(f"failed before pytest: {', '.join(failed)}", file=sys.stderr)
    return result.returncode or (1 if failed else 0)


def _passes(name: str, command: list[str]) -> bool:
    print(f"checking {name} ...", file=sys.stderr)
    # The linters look for the code from where they stand.
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True,
                            env=os.environ | {"PYTHONPATH": str(ROOT), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"})
    if result.returncode:
        print(f"{name} found:\n{result.stdout}{result.stderr}", file=sys.stderr)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
