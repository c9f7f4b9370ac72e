"""The Jinja environment: where templates are read from, and what they can do."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

from notifyhub.errors import ConfigurationError
from notifyhub.rendering.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2

_USED = re.compile(r"""\{%[-+]?\s*(?:extends|include|import|from)\s+["']([^"']+)["']""")


def built_in_root() -> Path:
    """The folder of the templates that come with notifyhub."""
    spec = importlib.util.find_spec("notifyhub_templates")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("the package notifyhub_templates is missing; install the whole distribution")
    return Path(next(iter(spec.submodule_search_locations)))


def make_environment(roots: Sequence[Path]) -> jinja2.Environment:
    """Makes the environment over folders in order of precedence.

    A template's name is a path below a root, or `<root's number>!<path>` for a file of just that root.
    """
    import jinja2

    def load(name: str) -> tuple[str, str, None] | None:
        number, bang, path = name.rpartition("!")
        for root in [roots[int(number)]] if bang else roots:
            file = root / path
            if not _leads_outside(path) and file.is_file():
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


def find_used_templates(file: str) -> list[str]:
    """Finds the templates that a file extends, includes or imports by name; nothing where it cannot be read."""
    try:
        return _USED.findall(read_source(Path(file)))
    except (OSError, UnicodeDecodeError):
        return []  # loading it says why


def read_source(file: Path) -> str:
    """Reads a template's text; raises OSError, or UnicodeDecodeError where it is no UTF-8."""
    return file.read_text(encoding="utf-8-sig")  # Windows' editors begin it with a mark


def _leads_outside(path: str) -> bool:
    return Path(path).is_absolute() or ".." in Path(path).parts
