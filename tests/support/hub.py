"""What the tests of the dispatcher share: a configuration of two channels over providers that record."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifyhub.decryption.encryption_sdk import Decryptor, LocalKeyDecryptor
from notifyhub.dispatcher import Dispatcher
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.observability.observer import Observer
from notifyhub.recipients import RecipientResolver
from notifyhub.settings.loading import validate
from notifyhub.settings.model import Settings
from notifyhub.testing import RecordingProvider, forge_event

if TYPE_CHECKING:
    from notifyhub.events.base import Event
    from notifyhub.messages import Message

LOCAL_KEY = bytes(range(32))
CODE = "83920174"
PASSWORD = "Canary<9&qT"
EMAIL = "jane.roe@example.com"
PHONE = "+15005550009"
RECIPIENTS = {"email": EMAIL, "sms": PHONE}
SIGN_UP = "CustomEmailSender_SignUp"


def settings_of(*, email: tuple[str, ...] = ("mail",), sms: tuple[str, ...] = ("text",), **tables: Any) -> Settings:
    """A configuration that routes each channel over these instances."""
    routes = [{"channel": "email", "providers": email}, {"channel": "sms", "providers": sms}]
    own = {name: {"use": "console"} for name in (*email, *sms)}
    providers = {**own, **tables.pop("providers", {})}
    routed = [route for route in routes if route["providers"]]
    table = {"app": {"name": "Acme"}, "providers": providers, "routes": routed, **tables}
    return validate(Settings, table, folder=Path.cwd())


class CountingDecryptor(Decryptor):
    """The real one, under the local key, and how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0
        self._real = LocalKeyDecryptor(LOCAL_KEY)

    def decrypt(self, event, deadline):
        self.calls += 1
        return self._real.decrypt(event, deadline)


class KnownAddresses(RecipientResolver):
    """Every user has the same addresses; take-over events need a resolver that asks nobody."""

    def resolve(self, event, channel, deadline):
        return RECIPIENTS[channel]


class Witness(Observer):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.attempts: list[tuple[str, str]] = []
        self.receipts: list[Any] = []
        self.failures: list[Any] = []

    def on_attempt(self, event, channel, attempt):
        self.attempts.append((attempt.provider, attempt.outcome))

    def on_receipt(self, event, receipt):
        self.receipts.append(receipt)

    def on_failure(self, event, error):
        self.failures.append(error)


class Waiting(RecordingProvider):
    """Accepts when it is let."""

    def __init__(self):
        super().__init__()
        self.let = threading.Event()

    def send(self, message, context):
        self.let.wait(30)
        return super().send(message, context)


class Hub:
    """A dispatcher and all that surrounds it; providers not given are recording ones."""

    def __init__(
        self, settings: Settings | None = None, *, providers: dict[str, Any] | None = None, **parts: Any
    ) -> None:
        settings = settings or settings_of()
        recording = {name: RecordingProvider() for name, table in settings.providers.items() if table.use == "console"}
        self.providers: dict[str, Any] = {**recording, **(providers or {})}
        self.ledger = parts.pop("ledger", None) or MemoryLedger()
        self.decryptor = CountingDecryptor()
        self.witness = Witness()
        observers = [self.witness, *parts.pop("observers", ())]
        parts = {"decryptor": self.decryptor, "ledger": self.ledger, **parts}
        self.dispatcher = Dispatcher(settings, providers=self.providers, observers=observers, **parts)

    @property
    def delivery(self) -> Any:
        """Its failover, to look into: what cools down, what hangs."""
        return self.dispatcher.pipeline.delivery

    def sent(self, name: str = "mail") -> list[Message]:
        """What an instance accepted."""
        messages: list[Message] = self.providers[name].messages
        return messages

    def state(self, event: Event, channel: Any = "email", *, correlation: str = "") -> tuple[str, int]:
        """What the ledger holds of an event: the state that another owner meets, and the attempt."""
        claim = self.ledger.claim(event.key(channel, correlation), owner="somebody else", lease=45)
        return claim.state, claim.attempt


def signing_up(source: str = SIGN_UP, **changes: Any) -> dict[str, Any]:
    """An event with the code under the local key."""
    return forge_event(source, LOCAL_KEY, **{"code": CODE, **changes})
