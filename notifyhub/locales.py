"""Locales as templates and routes compare them: one spelling, and each with its wider forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT_IN_LOCALE = "en"
"""The last resort: a message in English is better than none."""
_LONGEST = 35
"""Characters, RFC 5646, 4.4.1; the caller of Cognito may send anything."""


def normalize(locale: str) -> str:
    """Spells `de_AT` and `de-at` alike: `de-at`."""
    return locale.replace("_", "-").lower()


def is_plausible(locale: str) -> bool:
    """Whether a text is short enough for a locale; anything longer is not looked for."""
    return len(locale) <= _LONGEST


def widen(locale: str) -> Iterator[str]:
    """Yields a normalized locale and then its wider forms: `zh-hant-tw`, `zh-hant`, `zh`."""
    while locale:
        yield locale
        locale = locale.rpartition("-")[0]
