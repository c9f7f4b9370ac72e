"""Mail as the wire wants it (RFC 5322), for the providers that write it themselves.

`email.message.EmailMessage` makes the body. The header lines are made here, since its header classes decode encoded
words in what they are given: up to Python 3.11.9 and 3.12.4 a subject of `=?utf-8?q?a=0aBcc:b?=` became two headers
(https://github.com/python/cpython/pull/122233), and they still encode long links beyond use.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote
from typing import TYPE_CHECKING

from notifyhub.messages import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.messages import Message
    from notifyhub.provider import Provider

_OURS = re.compile(
    r"(content-|mime-version$|message-id$|date$|from$|sender$|to$|cc$|bcc$|reply-to$|subject$|return-path$|received$)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[!-9;-~]{1,70}")
_LONGEST_LINE = 998
"""RFC 5322, 2.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail ready to be sent: the addresses of its envelope, and header and body with CRLF line ends."""

    message_id: str
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def needs_utf8(self) -> bool:
        """Whether an address is outside ASCII, which only servers with SMTPUTF8 (RFC 6531) can take."""
        return not (self.sender + self.recipient).isascii()


class LetterWriter:
    """Writes the letters of one provider; what mail cannot express is its UnsupportedContent."""

    def __init__(self, provider: Provider, sender: str) -> None:
        self._provider = provider
        self._sender = sender

    def write(self, message: Message, key: str) -> Letter:
        """The letter for a message; the same key gives the same Message-ID, and a repeated mail is known as one."""
        author = self._mailbox(message.sender or self._sender, "sender")
        recipient = self._address(message.to, "recipient")
        message_id = f"<{key[:32]}@{author.address.rpartition('@')[2]}>"
        head = {
            "Date": format_datetime(datetime.now(UTC)),
            "Message-ID": message_id,
            "From": _write_mailbox(author),
            "To": recipient,
            "Subject": _encode_header("Subject", message.subject),
            **self._optional(message),
        }
        content = self._head(head) + self._body(message, key)
        return Letter(message_id=message_id, sender=author.address, recipient=recipient, content=content)

    def _optional(self, message: Message) -> dict[str, str]:
        head = {"Reply-To": _write_mailbox(self._mailbox(message.reply_to, "reply_to"))} if message.reply_to else {}
        for name, value in message.headers.items():
            if not _NAME.fullmatch(name):
                raise self._provider.unsupported("the name of a header is not one of RFC 5322")
            if _OURS.match(name):
                raise self._provider.unsupported(f"the header {name} follows from the message and cannot be given")
            head[name] = _encode_header(name, value)
        return head

    def _mailbox(self, text: str, what: str) -> Mailbox:
        try:
            mailbox = Mailbox.parse(text)
        except ValueError:
            mailbox = Mailbox("")
        return Mailbox(self._address(mailbox.address, what), _one_line(mailbox.name))

    def _address(self, text: str, what: str) -> str:
        """The address as the envelope wants it, its domain in ASCII."""
        local, _, domain = text.rpartition("@")
        address = f"{local}@{ascii_domain(domain)}"
        if not _well_formed(address):
            raise self._provider.unsupported(f"the {what} is not a mail address")
        return address

    def _head(self, head: dict[str, str]) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        if max(map(len, lines.encode(errors="replace").split(b"\r\n"))) > _LONGEST_LINE:
            raise self._provider.unsupported(f"a header has a line of more than {_LONGEST_LINE} bytes")
        return self._bytes(lines)

    def _body(self, message: Message, key: str) -> bytes:
        for text in (message.text, message.html or ""):
            self._bytes(text)
        body = EmailMessage(policy=SMTP)
        first, *rest = _parts(message)
        body.set_content(first[0], subtype=first[1], cte="quoted-printable")
        if rest:
            # "=_" cannot stand in quoted-printable text, so no text can end a part.
            body.make_alternative(boundary=f"=_{key[:32]}")
        for text, subtype in rest:
            body.add_alternative(text, subtype=subtype, cte="quoted-printable")
        return body.as_bytes()

    def _bytes(self, text: str) -> bytes:
        try:
            return text.encode()
        except UnicodeEncodeError:
            pass
        # Outside the except block: Python's error holds the whole text.
        raise self._provider.unsupported("a text is not valid Unicode")


def ascii_domain(domain: str) -> str:
    """The domain in ASCII (IDNA), empty where that would be another one: Python's codec turns `ß` into `ss`."""
    if domain.isascii():
        return domain
    try:
        encoded = domain.encode("idna")
        same = encoded.decode("idna") == unicodedata.normalize("NFC", domain).lower()
    except UnicodeError:
        return ""
    return encoded.decode() if same else ""


def _well_formed(address: str) -> bool:
    """Whether it is one address and nothing more, by Python's parser; letters outside ASCII count as letters."""
    if any(map(_is_control, address)):
        return False
    plain = re.sub(r"[^\x00-\x7f]", "x", address)
    try:
        return Address(addr_spec=plain).addr_spec == plain
    except (ValueError, IndexError, MessageError):
        return False


def _parts(message: Message) -> Iterator[tuple[str, str]]:
    """The plain text first: readers show the last part that they can."""
    if message.text or not message.html:
        yield message.text, "plain"
    if message.html:
        yield message.html, "html"


def _write_mailbox(mailbox: Mailbox) -> str:
    if not mailbox.name:
        return mailbox.address
    name = _encode_words(mailbox.name) if _needs_words(mailbox.name) else f'"{quote(mailbox.name)}"'
    return f"{name}\r\n <{mailbox.address}>"


def _encode_header(name: str, value: str) -> str:
    """The value of a header in ASCII, folded where it has spaces."""
    line = _one_line(value)
    return _encode_words(line, name) if _needs_words(line) else Header(line, header_name=name).encode(linesep="\r\n")


def _encode_words(text: str, name: str = "Reply-To") -> str:
    # Replaced surrogates: a header is no place to fail over half an emoji.
    return Header(text.encode(errors="replace").decode(), "utf-8", header_name=name).encode(linesep="\r\n")


def _needs_words(text: str) -> bool:
    """Text that looks like an encoded word is encoded too, so that it arrives as written."""
    return not text.isascii() or "=?" in text


def _one_line(text: str) -> str:
    """The text with control characters and line separators made spaces, so that no header can begin in another."""
    return "".join(" " if _is_control(character) else character for character in text).strip()


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}
