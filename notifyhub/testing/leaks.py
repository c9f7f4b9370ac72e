"""Searches what an operation left behind for texts that must not be there."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def traces_of(outcome: object) -> list[str]:
    """Collects all texts that an object or an exception, with its causes and contexts, can show of itself."""
    if isinstance(outcome, BaseException):
        return [text for error in _chain(outcome) for text in _collect_texts(error)]
    return [str(outcome), repr(outcome)]


def assert_absent(needles: Iterable[str], haystack: Iterable[str]) -> None:
    """Fails, without showing the needle, when a text holds one of them."""
    texts = list(haystack)
    for number, needle in enumerate(needles):
        assert needle, f"needle {number} is empty: the search could not fail"
        found = [index for index, text in enumerate(texts) if needle in text]
        assert not found, f"needle {number} shows in text {found}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yields the error, its causes and contexts; `from None` hides suppressed ones only from a traceback."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        if (current := pending.pop()) is not None and id(current) not in seen:
            seen.add(id(current))
            yield current
            pending += [current.__cause__, current.__context__]


def _collect_texts(error: BaseException) -> list[str]:
    shown = [str(error), repr(error), repr(error.args), repr(vars(error)), *getattr(error, "__notes__", ())]
    return [*shown, "".join(traceback.format_exception(error))]
