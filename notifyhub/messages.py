"""The message that a provider sends, and the addresses in it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from notifyhub.redaction.masking import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifyhub.channels import Channel
    from notifyhub.secret import Secret


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mail address with an optional display name."""

    address: str
    name: str = ""

    @classmethod
    @functools.lru_cache(maxsize=64)
    def parse(cls, text: str) -> Mailbox:
        """Reads `Acme <no-reply@acme.example>` or a bare address; raises ValueError on anything else."""
        name, address = parseaddr(text)
        if "@" not in address or any(character in text for character in "\r\n"):
            raise ValueError("write a mail address, such as Acme <no-reply@acme.example>")
        return cls(address, name)

    def __str__(self) -> str:
        return formataddr((self.name, self.address))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered message to one recipient.

    Attributes:
        to: a mail address, or a phone number in E.164 form (`+15005550006`).
        sender: overrides the sender of the provider's settings, for brands.
        html: the HTML body; None for SMS.
        text: the plain-text body; for SMS the whole message.
        headers: further mail headers.
        tags: labels for the vendor's statistics; never personal data.
        secret: the code or password itself, only for providers that declare `needs_secret`.
        variables: values for vendor-side templates; never the secret.
    """

    channel: Channel
    to: str
    trigger: str
    text: str
    subject: str = ""
    html: str | None = None
    sender: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    locale: str | None = None
    secret: Secret | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def masked_recipient(self) -> str:
        """The recipient as logs may show it."""
        return mask(self.to)

    def without_secret(self) -> Message:
        """Returns this message without the bare secret, for a provider that does not need it."""
        return self if self.secret is None else replace(self, secret=None)

    def __repr__(self) -> str:
        return f"<Message {self.trigger} {self.channel} to {self.masked_recipient}>"
