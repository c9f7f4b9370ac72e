"""Says of an error of a library below whether the request may have left before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.errors import OutcomeUnknown, ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping


def judge(error: Exception, before_send: Mapping[str, type[ProviderError]]) -> type[ProviderError]:
    """The class that an error's name, or that of the nearest base class, has in a table of errors before sending.

    OutcomeUnknown for every other error: it may come after the request left. Tables have names and not classes, since
    releases differ in the classes that they have, and since importing a library is for those who call it.
    """
    names = (base.__name__ for base in type(error).__mro__)
    return next((before_send[name] for name in names if name in before_send), OutcomeUnknown)
