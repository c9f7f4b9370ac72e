"""From a raw event to a receipt."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from notifyhub.clock import now
from notifyhub.deadline import Deadline
from notifyhub.decryption.encryption_sdk import Decryptor
from notifyhub.decryption.factory import make_decryptor
from notifyhub.delivery import Envelope
from notifyhub.delivery.factory import make_courier, make_expiry
from notifyhub.errors import EventError, NotifyHubError, Undeliverable
from notifyhub.events.base import digest
from notifyhub.events.cognito import CognitoEvent
from notifyhub.events.parsing import handles, parse_event
from notifyhub.hooks import load_events, require
from notifyhub.ledger.base import Ledger
from notifyhub.ledger.claims import Claims
from notifyhub.ledger.factory import make_ledger
from notifyhub.observability.factory import make_observers, make_tracer
from notifyhub.observability.observer import Reporter
from notifyhub.provider.registry import ConfiguredProviders
from notifyhub.provider.toolkit import Clients
from notifyhub.recipients.factory import make_resolver
from notifyhub.recipients.resolver import RecipientResolver
from notifyhub.redaction.masking import masked
from notifyhub.redaction.tracebacks import drop_frames
from notifyhub.rendering.factory import make_renderer
from notifyhub.routing.router import Router
from notifyhub.settings.loading import load_settings
from notifyhub.settlement import concerning, concluded, delivery_of, settled, settling, unforeseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.events.notification import NotificationEvent
    from notifyhub.ledger.base import Claim
    from notifyhub.observability.observer import Observer
    from notifyhub.provider.contract import Provider
    from notifyhub.receipts import Delivery, Receipt
    from notifyhub.settings.model import Settings
    from notifyhub.settlement import Outcomes


@dataclass(frozen=True, slots=True)
class _Run:
    """One dispatch of one event."""

    owner: str
    correlation: str
    deadline: Deadline
    again: bool


class Dispatcher:
    """Delivers events; safe to use from many threads. Everything given by keyword takes the configuration's place."""

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
    ) -> None:
        self.settings = settings
        self.clients = Clients.bounded(settings.longest_timeout_s())
        self.own_events = load_events(settings.hooks, events)
        self.providers = ConfiguredProviders(settings, self.clients, given=providers)
        self.router = Router(settings.routes)
        self.renderer = make_renderer(settings)
        aws = self.clients.aws
        self._decryptor = require(decryptor, Decryptor) or make_decryptor(
            settings.decryption, aws, folder=settings.folder
        )
        self._resolver = require(resolver, RecipientResolver) or make_resolver(settings.hooks, aws)
        self._reporter = Reporter(make_observers(settings.observability, settings.hooks, observers))
        self._claims = Claims(
            ledger=require(ledger, Ledger) or make_ledger(settings.ledger, aws, clock),
            lease_s=settings.delivery.lease_s,
            reserve_s=settings.delivery.reserve_ms / 1000,
            clock=clock,
            failed=self._reporter.ledger_failure,
        )
        self._tracer = make_tracer(settings.observability)
        self._courier = make_courier(settings, self.providers, clock, tracer=self._tracer)
        self._expiry = make_expiry(settings, clock)
        self.router.check(self.providers.kind)

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
        for name in self.router.primaries():
            self.providers.build_ahead(name)
        self.renderer.warm_up(self.router.channels())

    def dispatch(
        self, raw: object, *, deadline: Deadline | None = None, correlation: str | None = None, again: bool = False
    ) -> Receipt:
        """Delivers an event on all of its channels, each by itself, and returns the receipt.

        `correlation` is the request's id, the same when the event comes again. `again` sends what is settled once more;
        a message that another invocation is sending just now is not. Raises Undeliverable for a verdict that
        trying again cannot change, any other NotifyHubError for what may be tried again; its `receipt` shows all
        channels.
        """
        with self._tracer.dispatch() as span:
            event = self._parsed(raw, correlation)
            owner = uuid.uuid4().hex
            run = _Run(owner, correlation or owner, deadline or Deadline.never(), again)
            span.parsed(event, run.correlation)
            receipt = self._dispatched(event, run)
            span.concluded(receipt)
            return receipt

    def _dispatched(self, event: Event, run: _Run) -> Receipt:
        outcomes: Outcomes = {}
        for number, channel in enumerate(event.all_channels):
            share = run.deadline.share(len(event.all_channels) - number)  # none may eat the next one's time
            outcomes[channel] = self._outcome(event, channel, replace(run, deadline=share))
        return concluded(event, outcomes, self._reporter)

    def _parsed(self, raw: object, correlation: str | None) -> Event:
        try:
            return parse_event(raw, own=self.own_events)
        except EventError as error:
            self._reporter.unreadable(error, correlation=correlation)
            raise

    def _outcome(self, event: Event, channel: Channel, run: _Run) -> Delivery | NotifyHubError:
        """What became of one channel; an error is returned, so that it does not stop the next."""
        began = time.monotonic()
        with self._tracer.deliver(event, channel, run.correlation) as span:
            outcome = self._tried(event, channel, run)
            error = outcome if isinstance(outcome, NotifyHubError) else None
            delivery = delivery_of(channel, outcome)
            span.delivered(delivery, error)
            duration_ms = (time.monotonic() - began) * 1000
            self._reporter.delivery(event, delivery, correlation=run.correlation, duration_ms=duration_ms, error=error)
        return outcome

    def _tried(self, event: Event, channel: Channel, run: _Run) -> Delivery | NotifyHubError:
        try:
            return self._deliver(event, channel, run)
        except NotifyHubError as error:
            return drop_frames(error)
        except Exception as error:  # noqa: BLE001 - a hook's defect must not stop the other channel
            return unforeseen(error)

    def _deliver(self, event: Event, channel: Channel, run: _Run) -> Delivery:
        """The path of a message."""
        self._check(event, channel, run)
        to = self._resolver.address(event, channel, run.deadline)
        key, recipient = event.key(channel, run.correlation), masked(to)
        watch = self._reporter.watch(event, channel, run.correlation, recipient=recipient)
        claims = self._claims.of_message(run.deadline, failed=watch.ledger_failure)
        with concerning(recipient):
            plan = self.router.plan(event, channel, to=to, key=key)
            claim = _claim(claims, key, run)
        if claim.receipt is not None:
            return settled(claim.receipt, recipient=recipient)
        with settling(claims, claim, channel, recipient=recipient) as settle:
            deadline = run.deadline.within(self.settings.delivery.work_s)
            dead_after = self._expiry.end_of(event, channel, claim.first_seen)
            secret = self._decryptor.secret_of(event, deadline)
            envelope = Envelope(
                message=self.renderer.render(event, channel, to, secret),
                key=claim.key,
                deadline=deadline,
                first_seen=claim.first_seen,
                dead_after=dead_after,
                unknown_at=claim.unknown_at,
                on_unknown=self.settings.trigger(event.trigger).on_unknown,
                accepted_late=partial(claims.settle_late, claim),
            )
            return settle(self._courier.deliver(envelope, plan, watch=watch))

    def _check(self, event: Event, channel: Channel, run: _Run) -> None:
        if event.needs_code and not event.ciphertext:
            raise Undeliverable("no_code", f"{event.trigger} {channel}: the event carries no code; nothing was sent")
        if isinstance(event, CognitoEvent) and not event.known:
            self._reporter.unknown_source(event, channel, correlation=run.correlation)


def _claim(claims: Claims, key: str, run: _Run) -> Claim:
    """The claim; of what is settled another one, where it is to be sent again, which vendors see as new too."""
    claim = claims.take(key, owner=run.owner)
    if claim.receipt is None or not run.again:
        return claim
    # Its life counts from the first sight of the event all the same.
    return replace(claims.take(digest(key, run.owner), owner=run.owner), first_seen=claim.first_seen)
