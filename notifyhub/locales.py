"""Spells locales in one way, and finds their wider forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATTERN = r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*"
"""The locales that files and routes may name, as a regular expression."""
LONGEST = 35
"""Characters of the longest locale: RFC 5646, 4.4.1."""


def normalize(locale: str) -> str:
    """Spells a locale in one way: `de_AT` and `de-at` are both `de-at`."""
    return locale.replace("_", "-").lower()


def normalize_all(locales: Iterable[str]) -> Iterator[str]:
    """Yields the locales normalized, without those that are too long: events may ask for anything."""
    return (normalize(locale) for locale in locales if len(locale) <= LONGEST)


def widen(locale: str) -> Iterator[str]:
    """Yields a normalized locale and its wider forms: `zh-hant-tw`, `zh-hant`, `zh`."""
    while locale:
        yield locale
        locale = locale.rpartition("-")[0]
