"""The matrix of providers in docs/providers/README.md, made from the classes.

`make docs` (`python -m tests.meta.provider_matrix`) writes it; test_providers_are_whole.py compares it.
"""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

from notifyhub.provider import ENTRY_POINT_GROUP

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "providers" / "README.md"
START = "<!-- matrix: `make docs` writes it from the classes -->\n"
END = "<!-- end of matrix -->\n"
HEAD = (
    "provider",
    "sends",
    "takes the bare code",
    "recognises repeats",
    "hands over expiry",
    "keeps the deadline itself",
    "development only",
    "settings, those **required** first",
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED: dict[str, str] = PROJECT["entry-points"][ENTRY_POINT_GROUP]


def provider_class(name):
    """The class that the entry point of that name leads to."""
    module, _, attribute = DECLARED[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def matrix():
    """The whole table as Markdown."""
    rows = [HEAD, ("---",) * len(HEAD), *(_row(name, provider_class(name)) for name in sorted(DECLARED))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _row(name, provider):
    can = provider.capabilities
    return (
        f"[`{name}`]({name}.md)",
        ", ".join(provider.channels),
        _mark(can.needs_secret),
        f"for {can.idempotency}" if can.idempotency else "",
        _mark(can.expiry),
        _mark(can.keeps_deadline),
        _mark(can.development_only),
        _settings(provider.Settings.model_fields),
    )


def _mark(has):
    return "✓" if has else ""


def _settings(fields):
    required = [f"**`{key}`**" for key, field in fields.items() if field.is_required()]
    return ", ".join([*required, *(f"`{key}`" for key, field in fields.items() if not field.is_required())]) or "none"


def with_matrix(page, table):
    """The page with the table between its two markers; raises ValueError where they are missing."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{PAGE.name} has lost the markers around the matrix")
    return f"{before}{start}\n{table}\n{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_matrix(PAGE.read_text(encoding="utf-8"), matrix()), encoding="utf-8")
