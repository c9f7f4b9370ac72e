"""One SMTP session, step by step, so that it is known at each failure whether the mail's final dot had left."""

from __future__ import annotations

import base64
import contextlib
import io
import re
import smtplib
import socket
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from notifyhub.errors import ProviderUnusable
from notifyhub.messages import Mailbox
from notifyhub.provider import FilePath, MailSender, ProviderSettings, Reply, is_loopback
from notifyhub_providers._mime import ascii_domain

if TYPE_CHECKING:
    import ssl

    from _typeshed import ReadableBuffer, WriteableBuffer

    from notifyhub.deadline import Deadline
    from notifyhub.provider import Provider
    from notifyhub_providers._mime import Letter

CONNECT_TIMEOUT_S = 3.0
STEP_TIMEOUT_S = 30.0
"""What one step may take where the deadline leaves more."""
REPLY_CAP = 64 * 1024
"""Bytes that one reply may have; RFC 5321, 4.5.3.1.5, wants none of more than 512 in a line."""


def _host(text: str) -> str:
    try:
        known = bool(text.encode("idna")) and text.isprintable() and " " not in text
    except UnicodeError:
        known = False
    if not known:
        raise ValueError("write a host name or an IP address, without a port")
    return text


class SmtpSettings(ProviderSettings):
    """`port` is 465 with `security = "tls"`, else 587; `ca_file` is for servers with a private authority."""

    host: Annotated[str, AfterValidator(_host)]
    port: int | None = Field(None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: MailSender
    ca_file: FilePath | None = None

    @model_validator(mode="after")
    def _credentials_are_whole_and_safe(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: give both or neither")
        if self.password is not None and self.security == "none" and not is_loopback(self.host):
            raise ValueError('without TLS the network would see the password; set security to "starttls" or "tls"')
        return self


class Session(smtplib.SMTP):
    """A connection that ends with the deadline, whatever the server does; `stage` is the step that it is at."""

    def __init__(
        self, provider: Provider, settings: SmtpSettings, tls: ssl.SSLContext | None, deadline: Deadline
    ) -> None:
        # smtplib would ask the DNS for this machine's name; servers prefer to be greeted with the sender's domain.
        super().__init__(local_hostname=_domain(settings.sender))
        self.stage = "connect"
        self._provider = provider
        self._settings = settings
        self._tls = tls
        self._deadline = deadline
        self._reply_bytes = 0

    def open(self) -> None:
        """Connects, encrypts and logs in, as the settings say."""
        settings = self._settings
        port = settings.port or (465 if settings.security == "tls" else 587)
        connection = socket.create_connection((settings.host, port), min(CONNECT_TIMEOUT_S, self.seconds_left()))
        # The final dot is a packet of its own, which must not wait for the server's delayed ACK.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = connection
        if settings.security == "tls":
            self._encrypt()
        self._judge(self.getreply())
        self._greet()
        if settings.security == "starttls":
            self._starttls()
        if settings.password is not None:
            self._log_in(settings.username or "", settings.password.get_secret_value())

    def deliver(self, letter: Letter) -> None:
        """Hands over one mail; returns when the server took it."""
        self._step("mail", f"MAIL FROM:<{letter.sender}>{self._utf8() if letter.needs_utf8 else ''}")
        self._step("rcpt", f"RCPT TO:<{letter.recipient}>")
        self._step("data", "DATA")
        self.send(re.sub(rb"(?m)^\.", b"..", letter.content))
        self.seconds_left()  # the last moment to give up with certainty
        self.stage = "dot"
        self.send(b".\r\n")
        self._judge(self.getreply())

    def leave(self) -> None:
        """Says QUIT, if it still can, and does not wait for an answer that could change nothing."""
        with contextlib.suppress(OSError):
            self.putcmd("QUIT")
        self.close()

    def seconds_left(self) -> float:
        """Seconds for the next read or write; raises TimeoutError where there are none."""
        if self._deadline.passed:
            raise TimeoutError
        return min(STEP_TIMEOUT_S, self._deadline.remaining())

    def send(self, s: ReadableBuffer | str) -> None:
        """Sends, in what time is left."""
        if self.sock:
            self.sock.settimeout(self.seconds_left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Reads a reply, in what time is left and up to `REPLY_CAP`: smtplib keeps every line of it."""
        self._reply_bytes = 0
        if self.file is None and self.sock:
            self.file = io.BufferedReader(_Incoming(self, self.sock))
        return super().getreply()

    def count(self, received: int) -> None:
        """Counts bytes of the reply; raises OSError where the server goes on and on."""
        self._reply_bytes += received
        if self._reply_bytes > REPLY_CAP:
            raise OSError("the reply does not end")

    def _step(self, stage: str, command: str) -> None:
        self.stage = stage
        self._judge(self.docmd(command))

    def _judge(self, answer: tuple[int, bytes]) -> None:
        """Raises what the provider makes of a reply; its text stays here, for it may quote the message."""
        status, text = answer
        self._provider.require_accepted(Reply(status, {"stage": self.stage}, code=_find_enhanced_code(status, text)))

    def _greet(self) -> None:
        self.stage = "ehlo"
        self._judge(self.ehlo())

    def _starttls(self) -> None:
        if not self.has_extn("starttls"):
            raise self._unusable('the server offers no STARTTLS; set security = "tls" if it wants TLS from the start')
        self._step("starttls", "STARTTLS")
        self._encrypt()
        self._greet()

    def _encrypt(self) -> None:
        if self.sock and self._tls:
            self.sock.settimeout(self.seconds_left())
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._settings.host)
            # Whatever came in the clear is dropped with its buffer (RFC 3207, 6).
            self.file = None

    def _log_in(self, username: str, password: str) -> None:
        """Written out, since smtplib tries each method in turn with a wrong password, and knows ASCII only."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            identity = _base64("\0" + username + "\0" + password)
            self._step("auth", f"AUTH PLAIN {identity}")
        elif "LOGIN" in offered:
            self._step("login", "AUTH LOGIN")
            self._step("login", _base64(username))
            self._step("auth", _base64(password))
        else:
            raise self._unusable("the server offers neither AUTH PLAIN nor LOGIN; is username needed here?")

    def _utf8(self) -> str:
        if not self.has_extn("smtputf8"):
            raise self._provider.unsupported("the server takes no address outside ASCII (SMTPUTF8)")
        self.command_encoding = "utf-8"
        return " SMTPUTF8 BODY=8BITMIME"

    def _unusable(self, message: str) -> ProviderUnusable:
        return ProviderUnusable(self._provider.name, message)


class _Incoming(io.RawIOBase):
    """What the server sends, each read with what time is left, so that a trickle does not prolong it."""

    def __init__(self, session: Session, connection: socket.socket) -> None:
        self._session = session
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._connection.settimeout(self._session.seconds_left())
        received = self._connection.recv_into(buffer)
        self._session.count(received)
        return received


def _domain(sender: str) -> str:
    domain = ascii_domain(Mailbox.parse(sender).address.rpartition("@")[2])
    return domain if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else "localhost"


def _find_enhanced_code(status: int, text: bytes) -> str | None:
    """The code at the text's beginning, if its class is the status's own (RFC 2034, 4)."""
    found = re.match(rb"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)", text)
    return found[1].decode() if found and text[:1] == str(status)[:1].encode() else None


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
