"""Writes lifetimes of codes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400

# One language so far; a further one is a further entry, singular and plural for each unit.
_WORDS: Mapping[str, Mapping[int, tuple[str, str]]] = {
    "en": {_DAY: ("day", "days"), _HOUR: ("hour", "hours"), _MINUTE: ("minute", "minutes")},
}


def format_duration(duration: timedelta, locale: str = "en") -> str:
    """Writes `3 minutes`, `1 hour 30 minutes`, `24 hours` or `7 days`; less than a minute counts as one."""
    words = _WORDS.get(locale.partition("-")[0], _WORDS["en"])
    left = max(_MINUTE, -(-int(duration.total_seconds()) // _MINUTE) * _MINUTE)
    # People say "24 hours" for a day, and days only from two on.
    units = (_DAY, _HOUR, _MINUTE) if left >= 2 * _DAY else (_HOUR, _MINUTE)
    parts = []
    for unit in units:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {words[unit][count != 1]}")
    return " ".join(parts)
