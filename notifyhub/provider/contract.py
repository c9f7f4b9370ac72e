"""The contract between notifyhub and a provider plugin.

A plugin subclasses `Provider` in one file, names it in the entry point group `notifyhub.providers`, and inherits
`notifyhub.testing.ProviderContract` in its test.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from notifyhub.clients.reply import seconds
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable, RefusedHere, UnsupportedContent
from notifyhub.redaction.showable import is_code
from notifyhub.settings.fields import BaseUrl
from notifyhub.settings.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from notifyhub.channels import Channel
    from notifyhub.clients.reply import Reply
    from notifyhub.deadline import Deadline
    from notifyhub.messages import Message

ENTRY_POINT_GROUP = "notifyhub.providers"
TOO_MANY_REQUESTS = 429

E = TypeVar("E", bound=ProviderError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Declares what a provider can do beyond sending a text.

    Attributes:
        needs_secret: reads `message.secret`, because the vendor's API takes the bare code and not a text.
        idempotency: how long the vendor recognises a repeated `context.idempotency_key`; None where it never does.
        keeps_deadline: all that `send` waits for ends with `context.deadline`, whatever the peer does, which is true of
            what goes through `toolkit.http`. The call then needs no thread of its own that could be left behind.
        expiry: hands `context.dead_after` to the vendor, who drops the message when that has passed.
        development_only: writes messages where anybody may read them; refused inside Lambda unless allowed by name.
    """

    needs_secret: bool = False
    idempotency: timedelta | None = None
    keeps_deadline: bool = False
    expiry: bool = False
    development_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendContext:
    """Tells a provider about the attempt: its deadline, its number, its idempotency key.

    Attributes:
        deadline: the time that this attempt has.
        idempotency_key: the same for every attempt at this message, hexadecimal, 64 characters.
        dead_after: when the message is of no use any more; None where it never expires.
        attempt: 1 for the first call of this provider for this message.
    """

    deadline: Deadline
    idempotency_key: str
    dead_after: datetime | None = None
    attempt: int = 1

    def seconds_left(self, *, shortest: int, longest: int) -> int | None:
        """Returns whole seconds until `dead_after`, within the vendor's bounds; None if the message never expires."""
        if self.dead_after is None:
            return None
        return max(shortest, min(longest, int((self.dead_after - datetime.now(UTC)).total_seconds())))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReceipt:
    """Says that the vendor accepted the message; `message_id` is the vendor's."""

    message_id: str | None = None


class ProviderSettings(Section):
    """A provider's table in the configuration. Secrets are SecretStr fields and may be written as references."""


class HttpSettings(ProviderSettings):
    """Settings of a provider behind an HTTP API; subclasses set the vendor's address as the default."""

    base_url: BaseUrl


class Http(Protocol):
    """The shared HTTP client, as a provider sees it.

    `post` raises NotSent where the request surely did not arrive, ProviderUnusable where it cannot even be written, and
    OutcomeUnknown where it may have arrived; every answer, refusals included, comes back as a Reply.
    """

    def post(
        self,
        url: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Reply:
        """Sends one POST, not repeated and not redirected; give one of json, form or content."""
        ...


class Aws(Protocol):
    """One AWS service with the function's role, as a provider sees it; one attempt a call."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Reply:
        """Calls an operation by its boto3 name; errors of the service come back as a Reply with its code."""
        ...


class Toolkit(Protocol):
    """The clients that a provider gets to reach its vendor."""

    @property
    def http(self) -> Http:
        """The shared HTTP client."""
        ...

    def aws(self, service: str, region: str | None = None) -> Aws:
        """Returns a client of an AWS service; the region defaults to the function's."""
        ...


class Provider(abc.ABC):
    """Sends messages through one vendor.

    Subclasses set the class attributes and write `send`; most also write `classify`. Instances are shared by threads.
    """

    name: ClassVar[str]
    channels: ClassVar[tuple[Channel, ...]]
    capabilities: ClassVar[Capabilities] = Capabilities()
    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings

    def __init__(self, settings: Any, toolkit: Toolkit) -> None:
        self.settings = settings
        self.toolkit = toolkit

    @abc.abstractmethod
    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Hands the message to the vendor once; returns when it accepted, raises a ProviderError otherwise."""

    def classify(self, reply: Reply) -> ProviderError | None:
        """Returns the error that a reply stands for, None if the vendor accepted. By default the status decides."""
        return self.by_status(reply)

    def require_accepted(self, reply: Reply) -> Reply:
        """Returns the reply if the vendor accepted; raises the error that `classify` makes of it otherwise."""
        if error := self.classify(reply):
            raise error
        return reply

    def by_status(self, reply: Reply, *, code: object = None) -> ProviderError | None:
        """Returns the error that the status stands for, None for 2xx; `code` is the vendor's own code."""
        if reply.successful:
            return None
        return self.error(_class_of(reply.status), reply, code=code)

    def error(self, error_class: type[E], reply: Reply, *, code: object = None, message: str = "") -> E:
        """Makes an error of that class with the reply's facts, but not its text, which may quote the message."""
        error = error_class(
            self.name,
            message,
            status=reply.status,
            code=_keep_code(reply.code if code is None else code),
            request_id=_keep_code(_request_id(reply)),
        )
        if isinstance(error, NotSent):
            error.retry_after = self.wait(reply)
        if isinstance(error, ProviderUnusable):
            error.authentication = self.refuses_credentials(reply)
        return error

    def wait(self, reply: Reply) -> float | None:
        """Returns the wait that the vendor asks for: Retry-After, else at a 429 RateLimit-Reset, in seconds; or None.

        RateLimit-Reset: draft-ietf-httpapi-ratelimit-headers-06, which gives Retry-After precedence. At another status
        it speaks of a limit that was not reached. For fields of its own a vendor's class overrides this with one line
        over `notifyhub.clients.reply.seconds` or `seconds_until`.
        """
        told = reply.retry_after
        limited = told is None and reply.status == TOO_MANY_REQUESTS
        return seconds(reply.headers.get("ratelimit-reset")) if limited else told

    def refuses_credentials(self, reply: Reply) -> bool:
        """Whether the vendor refuses the credentials; by default a 401 says so."""
        return reply.status == 401  # noqa: PLR2004 - RFC 9110, 15.5.2

    def unsupported(self, message: str) -> UnsupportedContent:
        """Makes the error for a message that this vendor's API cannot express; the next provider gets it."""
        return UnsupportedContent(self.name, message)


# RFC 9110, 15.5.9 and 15.5.20, and RFC 8470, 5.2: at 408, 421 and 425 the server did not take the request up. A 303
# (15.4.4) is where to look for the result of a request that was processed.
_BY_STATUS: dict[int, type[ProviderError]] = {
    **dict.fromkeys((408, 421, 425, TOO_MANY_REQUESTS, 503), NotSent),
    **dict.fromkeys((401, 402, 403, 407), ProviderUnusable),
    303: OutcomeUnknown,
}


def _class_of(status: int) -> type[ProviderError]:
    if error_class := _BY_STATUS.get(status):
        return error_class
    if status < 400:  # noqa: PLR2004 - a redirect: the base_url is wrong
        return ProviderUnusable
    return RefusedHere if status < 500 else OutcomeUnknown  # noqa: PLR2004 - the 5xx class


def _request_id(reply: Reply) -> str | None:
    names = ("x-amzn-requestid", "x-request-id", "request-id", "twilio-request-id", "x-message-id")
    return next((reply.headers[name] for name in names if name in reply.headers), None)


def _keep_code(value: object) -> str | None:
    """Returns the value if it looks like a code or an id; anything else may quote the message."""
    text = "" if value is None else str(value)
    return text if is_code(text) else None
