"""Removes foreign errors and the locals of frames from errors, since both may hold the message."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


def rebuilt(
    call: Callable[[], T],
    *,
    by: Callable[[Exception], Exception],
    of: type[Exception] | tuple[type[Exception], ...] = Exception,
) -> T:
    """Returns what a call returns, and replaces an error that it raises by the one that `by` makes of it.

    Errors of libraries quote what passed through them: URLs with tokens, bodies, plaintexts. So the new error is made
    of safe facts, and raised outside of the except block: inside, or with `from None`, Python would keep the old error
    as its context, where trackers of errors find it. Errors that are not `of` the named classes pass as they are.
    """
    try:
        return call()
    except of as error:
        replacement = by(error)
    try:
        raise replacement
    finally:
        del call, by, replacement  # the traceback leads to this frame


def drop_frames(error: E) -> E:
    """Clears the locals of all frames that an error and its causes passed: they hold the message."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__
    return error
