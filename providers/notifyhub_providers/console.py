"""Shows messages on standard output, for development: codes and passwords are there to be read."""

from __future__ import annotations

import sys
import threading
import unicodedata
from typing import TYPE_CHECKING

from notifyhub.errors import ProviderUnusable
from notifyhub.provider import Capabilities, Provider, ProviderReceipt, rebuilt

if TYPE_CHECKING:
    from notifyhub.messages import Message
    from notifyhub.provider import SendContext

_ONE_AT_A_TIME = threading.Lock()


class Console(Provider):
    """Writes each message as one block; the secret in it shows on purpose. The HTML of a mail stays out."""

    name = "console"
    channels = ("email", "sms")
    capabilities = Capabilities(development_only=True)

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Writes the message; ProviderUnusable where nothing reads standard output any more."""
        rebuilt(
            lambda: _write(_block(message)), by=self._explain, of=(OSError, ValueError)
        )  # a broken pipe, a closed file
        return ProviderReceipt()

    def _explain(self, error: Exception) -> ProviderUnusable:
        return ProviderUnusable(self.name, f"standard output cannot be written to: {type(error).__name__}")


def _block(message: Message) -> str:
    head = {"From": message.sender, "To": message.to, "Reply-To": message.reply_to, "Subject": message.subject}
    lines = [f"{name}: {_visible(value)}" for name, value in head.items() if value]
    title = f"── {message.channel} · {message.trigger} ".ljust(72, "─")
    return "\n".join([title, *lines, "", _visible(message.text or message.html or "", keep="\n\t"), "", ""])


def _visible(text: str, *, keep: str = "") -> str:
    """The text without control characters: an attribute of a user could steer the terminal with them."""
    return "".join("�" if unicodedata.category(sign) == "Cc" and sign not in keep else sign for sign in text)


def _write(block: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    with _ONE_AT_A_TIME:
        sys.stdout.write(block.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
