"""Removes the code, the recipient and links from the ids and errors that vendors and plugins return.

Codes and ids look alike, so a pattern cannot tell a vendor's error code from a user's; only the message can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub import errors
from notifyhub.errors import NotSent, ProviderError, ProviderUnusable
from notifyhub.provider.contract import ProviderReceipt
from notifyhub.redaction.escapes import contains_escaped
from notifyhub.redaction.showable import is_message_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.messages import Message


def scrub_receipt(receipt: ProviderReceipt, message: Message) -> ProviderReceipt:
    """Removes a message id that does not look like one, or that quotes the message."""
    message_id: object = receipt.message_id
    if isinstance(message_id, str) and is_message_id(message_id) and not _quotes(message_id, message):
        return receipt
    return ProviderReceipt(message_id=None)


def scrub_error(error: ProviderError, message: Message, *, provider: str) -> ProviderError:
    """Removes from an error its causes and frames, and what quotes the message.

    `provider` is the name that an error has which must be made again: a plugin that forgets the first argument puts its
    text in the name's place.
    """
    error.__cause__ = error.__context__ = None
    if _speaks_for_itself(error) or any(_quotes(text, message) for text in _shown_of(error)):
        error = _rebuild(error, message, provider)
    return error.with_traceback(None)  # its frames hold the request


def _speaks_for_itself(error: ProviderError) -> bool:
    """Whether a plugin's class makes its text when it is asked: it may be another each time, and quote anything."""
    own = type(error)
    return own.__str__ is not ProviderError.__str__ or own.__repr__ is not ProviderError.__repr__


def _shown_of(error: ProviderError) -> Iterator[str]:
    """All that logs, receipts and trackers of errors may show of it."""
    yield from (str(error), repr(error), type(error).__name__)
    for value in (*error.args, *vars(error).values(), *getattr(error, "__notes__", ())):
        yield str(value)


def _rebuild(error: ProviderError, message: Message, provider: str) -> ProviderError:
    # A plugin's own subclass may be made in another way; ours are all made alike.
    error_class = next(base for base in type(error).__mro__ if base.__module__ == errors.__name__)
    code, request_id = (
        None if value is None or _quotes(str(value), message) else str(value)
        for value in (error.code, error.request_id)
    )
    status = error.status if isinstance(error.status, int) else None
    scrubbed: ProviderError = error_class(provider, status=status, code=code, request_id=request_id)
    if isinstance(scrubbed, NotSent) and isinstance(error, NotSent):
        scrubbed.retry_after = error.retry_after
    if isinstance(scrubbed, ProviderUnusable) and isinstance(error, ProviderUnusable):
        scrubbed.authentication = error.authentication
    return scrubbed


def _quotes(text: str, message: Message) -> bool:
    """Whether the text holds the secret, the recipient or a link of the message, which may be a credential."""
    if message.secret is not None and message.secret.shows_in(text):
        return True
    links = (word for word in message.text.split() if word.startswith("http") and "?" in word)
    return any(contains_escaped(text, needle) for needle in (message.to.removeprefix("+"), *links))
