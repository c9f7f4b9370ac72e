"""Any mail server that takes submissions over SMTP, with TLS unless it is switched off by name.

Replies: RFC 5321, 4.2; enhanced codes: RFC 3463 and 2034; AUTH: RFC 4954; STARTTLS: RFC 3207; SMTPUTF8: RFC 6531.
Left out on purpose: HELO for servers of before 1995, AUTH methods beyond PLAIN and LOGIN, client certificates, pooled
connections, `message.tags`, which mail has no header for.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from notifyhub.deadline import Deadline
from notifyhub.errors import (
    ConfigurationError,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    ProviderUnusable,
    RecipientRejected,
    RefusedHere,
)
from notifyhub.provider import Provider, ProviderReceipt, rebuilt
from notifyhub_providers._mime import LetterWriter
from notifyhub_providers._smtp_session import Session, SmtpSettings

if TYPE_CHECKING:
    from notifyhub.messages import Message
    from notifyhub.provider import Reply, SendContext, Toolkit
    from notifyhub_providers._mime import Letter

PROBE_S = 10.0
"""Seconds that `probe` has."""
_CREDENTIALS = frozenset({530, 534, 535, 538})
"""RFC 4954, 6: log in first, or otherwise, or with other credentials."""
_ACCOUNT = _CREDENTIALS | {421}
"""RFC 5321: 421 service not available."""
_ACCOUNT_AT_OPENING = frozenset({432, 454})
"""Said of TLS or of AUTH only; later, 454 is how Amazon SES throttles, which passes."""
_NO_RECIPIENT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""RFC 3463, 3.2 and 3.3, RFC 7505: no such mailbox, domain or syntax, moved, takes no mail, disabled. A full mailbox
(5.2.2) may be emptied, 5.7.x is policy, and a bare 550 may be either (RFC 5321, 4.2.3)."""
_OPENING = frozenset({"connect", "ehlo", "starttls", "login", "auth"})


class Smtp(Provider):
    """Sends mail through an SMTP server, on one connection per message."""

    name = "smtp"
    channels = ("email",)

    Settings = SmtpSettings

    settings: SmtpSettings

    def __init__(self, settings: SmtpSettings, toolkit: Toolkit) -> None:
        super().__init__(settings, toolkit)
        self._writer = LetterWriter(self, settings.sender)
        self._tls = None if settings.security == "none" else _context(settings)

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Writes the mail and hands it over; its own Message-ID is the id, since servers' ids have no common form."""
        letter = self._writer.write(message, context.idempotency_key)
        self._converse(context.deadline, letter)
        return ProviderReceipt(message_id=letter.message_id)

    def probe(self) -> None:
        """Connects, encrypts and logs in as `send` would, and leaves."""
        self._converse(Deadline.after(PROBE_S), None)

    def classify(self, reply: Reply) -> ProviderError | None:
        """The reply's verdict depends on the step that it answers, which the session notes in `headers`."""
        stage = reply.headers["stage"]
        if _is_positive(stage, reply):
            return None
        return self.error(_class_of(stage, reply), reply, message=f"at {stage}")

    def refuses_credentials(self, reply: Reply) -> bool:
        """By the codes of AUTH, which a server may also give at MAIL or RCPT."""
        return reply.status in _CREDENTIALS

    def _converse(self, deadline: Deadline, letter: Letter | None) -> None:
        session = Session(self, self.settings, self._tls, deadline)

        def converse() -> None:
            session.open()
            if letter:
                session.deliver(letter)

        try:
            rebuilt(
                converse,
                by=lambda error: self._explain(error, session.stage),
                of=(OSError, ValueError),  # smtplib's, ssl's and socket's are OSErrors, those of codecs ValueErrors
            )
        finally:
            session.leave()

    def _explain(self, error: Exception, stage: str) -> ProviderError:
        """A broken connection, or what cannot be written: until the final dot has left, nothing was accepted."""
        untrusted = isinstance(error, ssl.SSLCertVerificationError)
        hint = "; is the host's name right, or a ca_file needed?" if untrusted else ""
        error_class = OutcomeUnknown if stage == "dot" else NotSent if isinstance(error, OSError) else RefusedHere
        return error_class(self.name, f"{type(error).__name__} at {stage}{hint}")


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    return rebuilt(
        lambda: ssl.create_default_context(cafile=settings.ca_file),
        by=lambda error: ConfigurationError(
            f"no certificate can be read from this file ({type(error).__name__})", path="ca_file"
        ),
        of=OSError,
    )


def _is_positive(stage: str, reply: Reply) -> bool:
    """RFC 5321, 4.3.2, and RFC 4954, 4: a 3xx asks for more, which is right at two steps only."""
    expected = {"data": 354, "login": 334}
    return reply.status == expected[stage] if stage in expected else reply.successful


def _class_of(stage: str, reply: Reply) -> type[ProviderError]:
    if reply.status in _ACCOUNT or (stage in _OPENING and reply.status in _ACCOUNT_AT_OPENING):
        return ProviderUnusable
    match reply.status // 100:
        case 4:
            return NotSent
        case 5:
            return _refusal(stage, reply.code or "")
    # Not a reply of SMTP at all.
    return OutcomeUnknown if stage == "dot" else NotSent


def _refusal(stage: str, code: str) -> type[ProviderError]:
    if stage == "rcpt" and code in _NO_RECIPIENT:
        return RecipientRejected
    # A sender that policy refuses (5.7.x) is the account's matter; a recipient that it refuses need not be.
    if stage in _OPENING or (stage == "mail" and code.startswith("5.7.")):
        return ProviderUnusable
    return RefusedHere
