"""A provider that keeps messages instead of sending them, for the tests of applications.

```python
mail = RecordingProvider()
dispatcher = Dispatcher(load_settings("notifyhub.toml"), providers={"mail": mail})
dispatcher.dispatch(event)
assert "839201" in mail.messages[0].text
```
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING

from notifyhub.provider.contract import Provider, ProviderReceipt, ProviderSettings
from notifyhub.provider.toolkit import Clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.errors import ProviderError
    from notifyhub.messages import Message
    from notifyhub.provider.contract import SendContext

_OUTBOXES: list[list[Message]] = []


class RecordingProvider(Provider):
    """Accepts and keeps messages of both channels; opens no socket, safe to use from many threads.

    In the place of a provider that declares capabilities, subclass it and set the class attribute.

    Attributes:
        messages: those that it accepted, in order.
        contexts: of every call, also of those that `fail_with` made fail.
    """

    name = "recording"
    channels = ("email", "sms")

    def __init__(self) -> None:
        super().__init__(ProviderSettings(), Clients().toolkit(self.name))
        self.messages: list[Message] = []
        self.contexts: list[SendContext] = []
        self._failures: deque[Exception] = deque()
        self._lock = threading.Lock()

    def fail_with(self, error: Exception | type[ProviderError], *, times: int = 1) -> None:
        """Makes the next calls raise an error, given as a class of ProviderError or as any exception."""
        raised = error if isinstance(error, Exception) else error(self.name, "told to fail")
        with self._lock:
            self._failures.extend([raised] * times)

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Keeps the message, or raises what `fail_with` asked for; the id counts the messages."""
        with self._lock:
            self.contexts.append(context)
            if self._failures:
                raise self._failures.popleft()
            self.messages.append(message)
            for outbox in _OUTBOXES:
                outbox.append(message)
            return ProviderReceipt(message_id=f"recorded-{len(self.messages)}")


@contextlib.contextmanager
def outbox() -> Iterator[list[Message]]:
    """Collects every message that any RecordingProvider accepts inside the with block."""
    collected: list[Message] = []
    _OUTBOXES.append(collected)
    try:
        yield collected
    finally:
        _OUTBOXES[:] = [other for other in _OUTBOXES if other is not collected]
