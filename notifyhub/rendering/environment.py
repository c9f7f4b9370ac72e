"""The Jinja environment, and the template files that it reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from notifyhub.rendering.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2

_USED = re.compile(r"""\{%[-+]?\s*(?:extends|include|import|from)\s+["']([^"']+)["']""")


def make_environment(roots: Sequence[Path]) -> jinja2.Environment:
    """Makes the environment; templates are named `<root's number>!<path>`, or `<path>` for the first root with it."""
    import jinja2

    def load(name: str) -> tuple[str, str, None] | None:
        number, bang, path = name.rpartition("!")
        for root in [roots[int(number)]] if bang else roots:
            file = root / path
            if not _outside(path) and file.is_file():
                return read_source(file), str(file), None
        return None

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        # The default select_autoescape() does not know `.html.j2`.
        autoescape=lambda name: bool(name and name.endswith(".html.j2")),  # noqa: S701 - texts must not escape
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters["duration"] = jinja2.pass_context(
        lambda context, value: format_duration(value, str(context.get("locale", "en")))
    )
    return environment


def find_used(file: str) -> list[str]:
    """Finds the templates that a file extends, includes or imports by name; misses computed names."""
    try:
        return _USED.findall(read_source(Path(file)))
    except (OSError, UnicodeDecodeError):
        return []  # loading it raises the error that says so


def read_source(file: Path) -> str:
    """Reads the text of a template file."""
    return file.read_text(encoding="utf-8-sig")  # Windows' editors begin it with a mark


def _outside(path: str) -> bool:
    return Path(path).is_absolute() or ".." in Path(path).parts
