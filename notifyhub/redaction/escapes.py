"""Finds a text inside another, also where it is escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPED = re.compile(r"[%&\\\\]")
"""What HTML, URLs, JSON and Python begin an escape with; a text without any can hold another only as it is."""


def contains_escaped(text: str, needle: str) -> bool:
    """Whether a text holds another, as it is or escaped."""
    return needle in text or (_ESCAPED.search(text) is not None and any(form in text for form in _escape(needle)))


def _escape(needle: str) -> Iterator[str]:
    """Yields the text as HTML, a URL, JSON and Python's repr write it."""
    import json
    from urllib.parse import quote, quote_plus

    html = needle.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for quotation, apostrophe in (("&quot;", "&#39;"), ("&#34;", "&#39;"), ("&quot;", "&#x27;"), ('"', "'")):
        yield html.replace('"', quotation).replace("'", apostrophe)
    yield from (quote(needle, safe=""), quote(needle), quote_plus(needle))
    yield from (json.dumps(needle)[1:-1], json.dumps(needle, ensure_ascii=False)[1:-1])
    # Inside another text's repr an apostrophe is escaped only where that text holds both kinds of quotation marks.
    parts = [repr(f'"{part}')[2:-1] for part in needle.split("'")]
    yield from ("'".join(parts), "\\'".join(parts))
