"""The face in code: from a raw event to a receipt."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from notifyhub.clock import now
from notifyhub.deadline import Deadline
from notifyhub.decryption.decryptor import Decryptor
from notifyhub.decryption.factory import make_decryptor
from notifyhub.delivery.factory import make_delivery, make_expiry
from notifyhub.errors import EventError, NotifyHubError
from notifyhub.events.parsing import handles, parse_event
from notifyhub.hooks import load_events, require
from notifyhub.ledger.base import Ledger
from notifyhub.ledger.claims import Claims
from notifyhub.ledger.factory import make_ledger
from notifyhub.observability.factory import make_reporter
from notifyhub.outcomes import conclude, describe, unexpected
from notifyhub.pipeline import Pipeline, Run
from notifyhub.provider.instances import ConfiguredProviders
from notifyhub.provider.toolkit import Clients
from notifyhub.recipients.factory import make_resolver
from notifyhub.recipients.resolver import RecipientResolver
from notifyhub.redaction.tracebacks import drop_frames
from notifyhub.rendering.factory import make_renderer
from notifyhub.routing.router import Router
from notifyhub.settings.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.events.notification import NotificationEvent
    from notifyhub.observability.observer import Observer
    from notifyhub.observability.reporter import EventReporter, MessageReporter
    from notifyhub.outcomes import Outcome
    from notifyhub.provider.contract import Provider
    from notifyhub.receipts import Receipt
    from notifyhub.settings.model import Settings


class Dispatcher:
    """Delivers events; safe to use from many threads. Parts given by keyword take the configuration's place."""

    def __init__(
        self,
        settings: Settings,
        *,
        events: Sequence[type[NotificationEvent]] = (),
        providers: Mapping[str, Provider] | None = None,
        decryptor: Decryptor | None = None,
        ledger: Ledger | None = None,
        resolver: RecipientResolver | None = None,
        observers: Sequence[Observer] = (),
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.clients = Clients.of(settings.longest_timeout_s())
        self.own_events = load_events(settings.hooks, events)
        self.providers = ConfiguredProviders(settings, self.clients, given=providers)
        aws = self.clients.aws
        self.pipeline = Pipeline(
            settings=settings,
            router=Router(settings.routes),
            renderer=make_renderer(settings),
            decryptor=require(decryptor, Decryptor) or make_decryptor(settings.decryption, aws, folder=settings.folder),
            recipients=require(resolver, RecipientResolver) or make_resolver(settings.hooks, aws),
            claims=Claims(
                ledger=require(ledger, Ledger) or make_ledger(settings.ledger, aws, clock),
                lease_s=settings.delivery.lease_s,
                work_s=settings.delivery.work_s,
                reserve_s=settings.delivery.reserve_ms / 1000,
                clock=clock,
                sleep=sleep,
            ),
            delivery=make_delivery(settings, self.providers, clock, sleep),
            expiry=make_expiry(settings, clock),
        )
        self._reporter = make_reporter(settings.observability, settings.hooks, observers)
        self.pipeline.router.check(self.providers.provider_class)

    @classmethod
    def from_config(cls, path: str | Path | None = None) -> Dispatcher:
        """A dispatcher from a `notifyhub.toml` and the environment; see `load_settings` for where it is looked for."""
        return cls(load_settings(path))

    def close(self) -> None:
        """Closes the connections that are kept for the next message; a Lambda function never needs to."""
        self.clients.close()

    def handles(self, raw: object) -> bool:
        """Whether the event is meant for notifyhub, for functions that serve other triggers too."""
        return handles(raw, own=self.own_events)

    def warm_up(self) -> None:
        """Builds what the first message needs, for processes that have time before it comes."""
        router = self.pipeline.router
        for name in router.primaries():
            self.providers.prewarm(name)
        self.pipeline.renderer.warm_up(router.channels())

    def dispatch(
        self, raw: object, *, deadline: Deadline | None = None, correlation: str | None = None, again: bool = False
    ) -> Receipt:
        """Delivers an event on all of its channels, each by itself, and returns the receipt.

        `correlation` is the request's id, the same when the event comes again. `again` sends what is settled once more;
        a message that another invocation is sending just now is not. Raises Undeliverable for a verdict that
        trying again cannot change, any other NotifyHubError for what may be tried again; its `receipt` shows all
        channels.
        """
        with self._reporter.open(correlation) as reporter:
            event = self._parse(raw, reporter)
            owner = uuid.uuid4().hex
            run = Run(owner=owner, correlation=correlation or owner, deadline=deadline or Deadline.never(), again=again)
            reporter.event(event, run.correlation)
            return conclude(event, self._deliver_all(event, run), reporter)

    def _parse(self, raw: object, reporter: EventReporter) -> Event:
        try:
            return parse_event(raw, own=self.own_events)
        except EventError as error:
            reporter.unreadable(error)
            raise

    def _deliver_all(self, event: Event, run: Run) -> dict[Channel, Outcome]:
        outcomes: dict[Channel, Outcome] = {}
        for number, channel in enumerate(event.all_channels):
            share = run.deadline.share(len(event.all_channels) - number)  # none may eat the next one's time
            with self._reporter.bind(event, channel, run.correlation) as reporter:
                outcome = self._deliver(event, channel, replace(run, deadline=share), reporter)
                error = outcome if isinstance(outcome, NotifyHubError) else None
                reporter.delivery(describe(channel, outcome), error)
            outcomes[channel] = outcome
        return outcomes

    def _deliver(self, event: Event, channel: Channel, run: Run, reporter: MessageReporter) -> Outcome:
        """Takes one channel's message down the path; an error is returned, so that it does not stop the next."""
        try:
            return self.pipeline.run(event, channel, run, reporter)
        except NotifyHubError as error:
            return _name_recipient(drop_frames(error), reporter.recipient)
        except Exception as error:  # noqa: BLE001 - a hook's defect must not stop the other channel
            return _name_recipient(unexpected(error), reporter.recipient)


def _name_recipient(error: NotifyHubError, recipient: str | None) -> NotifyHubError:
    error.recipient = error.recipient or recipient
    return error
