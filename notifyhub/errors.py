"""Every error that notifyhub raises.

```
NotifyHubError
├─ ConfigurationError ─ ConfigurationNotFound · ProviderNotFound · ProviderConflict · MissingExtra
├─ EventError · DecryptionError · RecipientLookupError · LedgerError
├─ TemplateError ─ TemplateNotFound · UndefinedVariable
├─ NoRoute · InProgress
├─ Undeliverable              a verdict on this message
├─ DeliveryFailed             the plan is exhausted
└─ ProviderError              one attempt
   ├─ NotSent                 surely not accepted, passing
   ├─ ProviderUnusable        surely not accepted, the account's state
   ├─ RefusedHere             this provider refuses this message ─ UnsupportedContent
   ├─ RecipientRejected       a documented verdict on the recipient
   └─ OutcomeUnknown          may have been accepted
```

Errors carry their data as attributes, and neither a secret, nor a credential, nor a full recipient.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from notifyhub.distribution import install_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifyhub.channels import Channel
    from notifyhub.receipts import Attempt, Delivery, Receipt


class NotifyHubError(Exception):
    """The base of all errors of notifyhub."""

    receipt: Receipt | None = None
    """The outcome of each channel of the event; set by the dispatcher on what it raises."""
    recipient: str | None = None
    """The masked recipient of the message that it is about; set by the dispatcher once that is known."""
    attempts: tuple[Attempt, ...] = ()
    """The calls of providers that led to it."""

    def as_delivery(self, channel: Channel) -> Delivery:
        """The entry of the receipt for a channel that ended in this error."""
        from notifyhub.receipts import Delivery

        return Delivery(
            channel=channel,
            status="failed",
            attempts=self.attempts,
            recipient=self.recipient,
            error=f"{type(self).__name__}: {self}",
        )


class ConfigurationError(NotifyHubError):
    """The configuration cannot work; the message names the setting and the remedy."""

    def __init__(self, message: str, *, path: str | None = None) -> None:
        self.path = path
        super().__init__(f"{path}: {message}" if path else message)


class ConfigurationNotFound(ConfigurationError):
    """There is no configuration file, neither named nor in the usual places."""


class ProviderNotFound(ConfigurationError):
    """No installed package offers a provider of that name."""

    def __init__(self, name: str, *, found: Sequence[str]) -> None:
        self.name = name
        self.found = tuple(found)
        known = ", ".join(found) or "none"
        super().__init__(f"no provider is called {name!r}; found: {known}")


class ProviderConflict(ConfigurationError):
    """Two installed packages offer a provider under one name."""

    def __init__(self, name: str, *, offered_by: Sequence[str]) -> None:
        self.name = name
        self.offered_by = tuple(offered_by)
        super().__init__(f"provider {name!r} is offered by {' and '.join(offered_by)}; uninstall all but one")


class MissingExtra(ConfigurationError):
    """A library that an extra brings is not installed."""

    def __init__(self, extra: str, *, module: str) -> None:
        self.extra = extra
        self.module = module
        super().__init__(f"{module} is not installed; run: {install_command(extra)}")


class EventError(NotifyHubError):
    """The event cannot be read; `path` says where, in the wire's own spelling."""

    def __init__(self, message: str, *, path: str = "") -> None:
        self.path = path
        super().__init__(f"{path}: {message}" if path else message)


class DecryptionError(NotifyHubError):
    """The secret could not be decrypted; `check` names what failed, the message what to do."""

    def __init__(self, check: str, message: str) -> None:
        self.check = check
        super().__init__(message)


class RecipientLookupError(NotifyHubError):
    """The recipient's address could not be asked for just now; `code` is the AWS error code if there was a reply."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        self.code = code
        super().__init__(message)


class LedgerError(NotifyHubError):
    """The ledger could not be asked or told; the message names the remedy.

    `operation` is one of: claim, settle, release, probe. `code` is the error code of AWS or SQLite where there was one.
    """

    def __init__(self, message: str, *, operation: str, code: str | None = None) -> None:
        self.operation = operation
        self.code = code
        super().__init__(f"{operation}: {message}")


class TemplateError(NotifyHubError):
    """A template does not load or does not render; carries its file and line, never a value."""

    def __init__(self, message: str, *, template: str, line: int | None = None) -> None:
        self.template = template
        self.line = line
        where = template if line is None else f"{template}:{line}"
        super().__init__(f"{where}: {message}")


class TemplateNotFound(TemplateError):
    """No root holds a body for this trigger and channel."""

    def __init__(self, template: str, *, roots: Sequence[str]) -> None:
        self.roots = tuple(roots)
        super().__init__(f"no such template in {', '.join(roots)}", template=template)


class UndefinedVariable(TemplateError):
    """A template uses a name that the message has no value for."""

    def __init__(self, variable: str | None, *, template: str, line: int | None, known: Sequence[str]) -> None:
        self.variable = variable
        self.known = tuple(known)
        what = f"{variable!r} has no value here" if variable else "a value is missing here"
        hint = f"test it with `is defined`, or use one of: {', '.join(known)}"
        super().__init__(f"{what}; {hint}", template=template, line=line)


class NoRoute(NotifyHubError):
    """No route of the configuration takes this event."""

    def __init__(self, *, channel: str, trigger: str) -> None:
        self.channel = channel
        self.trigger = trigger
        super().__init__(f'no route takes {channel} for {trigger}; add a [[routes]] with channel = "{channel}"')


class InProgress(NotifyHubError):
    """Another invocation holds this message; whether it gets through is not known yet."""


class Undeliverable(NotifyHubError):
    """A verdict on this message that trying again cannot change.

    `reason` is one of: no_code, no_usable_address, expired, recipient_rejected, and outcome_unknown, which only
    `on_unknown = "stop"` makes a verdict. `attempts` are those that led to it.
    """

    def __init__(self, reason: str, message: str, *, attempts: Sequence[Attempt] = ()) -> None:
        self.reason = reason
        self.attempts = tuple(attempts)
        super().__init__(message)

    def as_delivery(self, channel: Channel) -> Delivery:
        """The entry of the receipt, with the reason."""
        return replace(super().as_delivery(channel), status="undeliverable", reason=self.reason)


class DeliveryFailed(NotifyHubError):
    """Every provider of the plan was tried, or the time is up; `attempts` keeps each one."""

    def __init__(self, attempts: Sequence[Attempt], *, message: str = "no provider accepted the message") -> None:
        self.attempts = tuple(attempts)
        tried = "; ".join(str(attempt) for attempt in attempts) or "none was tried"
        super().__init__(f"{message}: {tried}")


class ProviderError(NotifyHubError):
    """One attempt that did not end in acceptance.

    Attributes:
        provider: the provider's name (the class's, such as `sendgrid`).
        status: the reply's HTTP or SMTP status, if there was a reply.
        code: the vendor's own error code.
        request_id: what the vendor's support asks for.
    """

    provider: str = "unknown"
    status: int | None = None
    code: str | None = None
    request_id: str | None = None

    def __init__(
        self,
        provider: str,
        message: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        self.provider = provider
        self.status = status
        self.code = code
        self.request_id = request_id
        facts = [f"status {status}" if status else "", f"code {code}" if code else "", message]
        super().__init__(f"{provider}: {', '.join(filter(None, facts)) or 'failed'}")


class NotSent(ProviderError):
    """Surely not accepted, and passing: connection, DNS, rate limit, 503. `retry_after` is in seconds."""

    retry_after: float | None = None


class ProviderUnusable(ProviderError):
    """Surely not accepted because of the account: credentials, quota, suspension.

    `authentication` says that the vendor refused the credentials: a secret that was rotated is worth fetching again.
    """

    authentication: bool = False


class RefusedHere(ProviderError):
    """This provider refuses this message; another may take it."""


class UnsupportedContent(RefusedHere):
    """The provider cannot express this message, and says so before sending it."""


class RecipientRejected(ProviderError):
    """A documented verdict on the recipient: unknown, opted out, inactive."""


class OutcomeUnknown(ProviderError):
    """The request left and no usable reply came back: it may have been accepted."""
