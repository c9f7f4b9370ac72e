"""Writes messages to a folder, for development and tests: `.eml` for mail, `.txt` for SMS.

The files hold codes and passwords, so only their owner may read them.
"""

from __future__ import annotations

import contextlib
import errno
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from notifyhub.errors import ProviderUnusable
from notifyhub.provider import Capabilities, FilePath, MailSender, Provider, ProviderReceipt, ProviderSettings, rebuilt
from notifyhub_providers._mime import LetterWriter

if TYPE_CHECKING:
    from notifyhub.messages import Message
    from notifyhub.provider import SendContext, Toolkit


class File(Provider):
    """Keeps one file per message; a repeated attempt at the same message replaces its file."""

    name = "file"
    channels = ("email", "sms")
    capabilities = Capabilities(development_only=True)

    class Settings(ProviderSettings):
        """`path` is the folder, made if it is missing; `sender` stands in mails that name no other."""

        path: FilePath
        sender: MailSender = "notifyhub <no-reply@notifyhub.invalid>"

    settings: Settings

    def __init__(self, settings: Settings, toolkit: Toolkit) -> None:
        super().__init__(settings, toolkit)
        self._writer = LetterWriter(self, settings.sender)

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Writes the file, whose name is the id; ProviderUnusable, with the errno's name, where the disk refuses.

        A file that cannot be written whole is not there at all, so nothing was accepted, and every message fares alike.
        """
        key = context.idempotency_key
        content = self._writer.write(message, key).content if message.channel == "email" else _text(message)
        name = _name(message, key)
        rebuilt(lambda: _replace(self.settings.path / name, content), by=self._explain, of=(OSError, ValueError))
        return ProviderReceipt(message_id=name)

    def _explain(self, error: Exception) -> ProviderUnusable:
        number = error.errno if isinstance(error, OSError) else errno.EINVAL  # a path with a NUL is a ValueError
        code = errno.errorcode.get(number or 0)
        return ProviderUnusable(self.name, "the folder of `path` cannot be written to", code=code)


def _name(message: Message, key: str) -> str:
    """`SignUp.email.5f5f5f5f5f5f5f5f.eml`: sorted by trigger, and nothing in it can lead to another folder."""
    suffix = "eml" if message.channel == "email" else "txt"
    parts = (re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in (message.trigger, message.channel, key[:16]))
    return ".".join([*parts, suffix])


def _text(message: Message) -> bytes:
    head = {"From": message.sender, "To": message.to, "Trigger": message.trigger}
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    return "\n".join([*lines, "", message.text, ""]).encode(errors="backslashreplace")


def _replace(target: Path, content: bytes) -> None:
    """Writes beside the target and renames, so that no reader sees half a message."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A temporary file is readable by its owner only, and the name that it gets does not change that.
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".tmp", delete=False) as draft:
        try:
            draft.write(content)
            draft.close()
            Path(draft.name).replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                Path(draft.name).unlink()
            raise
