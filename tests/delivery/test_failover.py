"""Which provider is tried after which outcome, and the time that each one has."""

import math
from typing import Any

import pytest

from notifyhub.deadline import Deadline
from notifyhub.delivery.failover import CALLS
from notifyhub.errors import (
    ConfigurationError,
    DecryptionError,
    DeliveryFailed,
    NotifyHubError,
    NotSent,
    OutcomeUnknown,
    ProviderUnusable,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
    UnsupportedContent,
)
from notifyhub.provider import ProviderReceipt
from notifyhub.testing import RecordingProvider, assert_absent, traces_of
from tests.support.hub import CODE, EMAIL, Hub, settings_of, signing_up

THREE = settings_of(email=("first", "second", "third"))


class Forgetful(RecordingProvider):
    """A plugin whose author forgot the receipt."""

    def send(self, message, context):
        super().send(message, context)


@pytest.mark.parametrize(
    ("failure", "noted"),
    [
        (NotSent, "NotSent"),
        (ProviderUnusable, "ProviderUnusable"),
        (RefusedHere, "RefusedHere"),
        (UnsupportedContent, "UnsupportedContent"),
        (OutcomeUnknown, "OutcomeUnknown"),
        (ConfigurationError("set it", path="providers.first.key"), "ProviderUnusable"),
        (KeyError("its text"), "OutcomeUnknown"),
        (TimeoutError(), "OutcomeUnknown"),
        (DecryptionError("key", "not a provider's error"), "OutcomeUnknown"),
    ],
)
def test_the_next_provider_is_tried_after_every_failure_but_a_verdict(failure, noted):
    hub = Hub(THREE)
    hub.providers["first"].fail_with(failure, times=CALLS)
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert (delivery.status, delivery.provider) == ("accepted", "second")
    calls = CALLS if failure is NotSent else 1
    assert [(a.provider, a.outcome) for a in delivery.attempts] == [("first", noted)] * calls + [("second", "accepted")]
    assert [len(hub.sent(name)) for name in ("first", "second", "third")] == [0, 1, 0]


def test_a_verdict_on_the_recipient_stops_at_once():
    hub = Hub(THREE)
    hub.providers["first"].fail_with(RefusedHere)
    hub.providers["second"].fail_with(RecipientRejected("second", status=400, code="21211"))
    with pytest.raises(Undeliverable, match="code 21211") as caught:
        hub.dispatcher.dispatch(signing_up())
    assert caught.value.reason == "recipient_rejected"
    assert isinstance(caught.value.__cause__, RecipientRejected)
    assert hub.sent("third") == []


def test_when_all_fail_the_error_keeps_every_attempt():
    hub = Hub(THREE)
    hub.providers["first"].fail_with(RefusedHere("acme", status=422, code="E1", request_id="req-1"))
    hub.providers["second"].fail_with(ProviderUnusable)
    hub.providers["third"].fail_with(OutcomeUnknown)
    with pytest.raises(DeliveryFailed) as caught:
        hub.dispatcher.dispatch(signing_up())
    assert [(a.provider, a.outcome) for a in caught.value.attempts] == [
        ("first", "RefusedHere"),
        ("second", "ProviderUnusable"),
        ("third", "OutcomeUnknown"),
    ]
    first = caught.value.attempts[0]
    assert (first.status, first.code, first.request_id, first.detail) == (
        422,
        "E1",
        "req-1",
        "acme: status 422, code E1",
    )
    assert caught.value.receipt is not None
    assert caught.value.receipt.deliveries[0].attempts == caught.value.attempts
    assert str(caught.value).count(";") == 2


def test_a_provider_that_cannot_be_built_is_passed_over(monkeypatch):
    """The variable behind its key is missing: that is found when the first message needs it."""
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    broken = {"use": "sendgrid", "api_key": "env:NO_SUCH_VARIABLE", "sender": "a@acme.example"}
    hub = Hub(settings_of(email=("broken", "mail"), providers={"broken": broken}))
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert delivery.provider == "mail"
    assert delivery.attempts[0].outcome == "ProviderUnusable"
    assert "providers.broken.api_key" in str(delivery.attempts[0].detail)


def test_a_plugin_whose_constructor_fails_surely_sent_nothing(monkeypatch):
    hub = Hub(THREE)
    monkeypatch.setattr(hub.dispatcher.providers, "get", constructor_of(hub.dispatcher.providers.get, broken="first"))
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert (delivery.provider, delivery.attempts[0].outcome) == ("second", "ProviderUnusable")
    assert "KeyError" in str(delivery.attempts[0].detail)


def test_a_plugin_that_returns_no_receipt_may_have_sent_it():
    hub = Hub(THREE, providers={"first": Forgetful()})
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert (delivery.provider, delivery.attempts[0].outcome) == ("second", "OutcomeUnknown")
    assert "NoneType" in str(delivery.attempts[0].detail)


def test_what_a_plugin_raises_by_mistake_is_not_shown(caplog):
    caplog.set_level(0)
    hub = Hub(settings_of())
    hub.providers["mail"].fail_with(KeyError(f"{CODE} for {EMAIL}"))
    with pytest.raises(DeliveryFailed, match="the plugin raised KeyError") as caught:
        hub.dispatcher.dispatch(signing_up())
    logged = [text for record in caplog.records for text in (record.getMessage(), repr(vars(record)))]
    assert_absent([CODE, EMAIL], [*traces_of(caught.value), *logged])


class Talkative(RecordingProvider):
    """A plugin whose author says too much."""

    says: Any = None

    def send(self, message, context):
        raise self.says(message)


ECHOES = {
    "code": lambda message: NotSent("it", status=429, code=CODE, request_id="r-1"),
    "request id": lambda message: OutcomeUnknown("it", status=429, code="E1", request_id=f"r-{CODE}-{EMAIL}"),
    "text": lambda message: RefusedHere("it", f"cannot send {message.text} to {message.to}", status=429),
    "configuration": lambda message: ConfigurationError(f"cannot send {message.text}"),
    "own class": lambda message: type("Mine", (RefusedHere,), {"__init__": lambda self: None})(),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_what_quotes_the_message_is_not_kept(caplog, echo):
    """A code of the vendor and a code of the user look alike; only the message tells."""
    caplog.set_level("DEBUG")
    provider = Talkative()
    provider.says = ECHOES[echo]
    hub = Hub(settings_of(email=("first",)), providers={"first": provider})
    with pytest.raises(NotifyHubError) as caught:
        hub.dispatcher.dispatch(signing_up())
    assert_absent([CODE, EMAIL], [*traces_of(caught.value), caplog.text])
    assert caught.value.receipt is not None


def test_what_does_not_quote_it_is_kept_beside_what_does():
    hub = Hub(settings_of(email=("first",)))
    failure = NotSent("it", status=429, code=CODE, request_id="r-1")
    failure.retry_after = 60.0
    hub.providers["first"].fail_with(failure)
    with pytest.raises(DeliveryFailed) as caught:
        hub.dispatcher.dispatch(signing_up())
    (attempt,) = caught.value.attempts
    assert (attempt.outcome, attempt.status, attempt.code, attempt.request_id) == ("NotSent", 429, None, "r-1")


@pytest.mark.parametrize("message_id", [f"Your code is {CODE}", CODE, f"<{EMAIL}>", "a\nb", {"sid": 1}, "x" * 201, ""])
def test_an_id_that_is_none_is_not_kept(message_id):
    class Odd(RecordingProvider):
        def send(self, message, context):
            return ProviderReceipt(message_id=message_id)

    hub = Hub(settings_of(email=("first",)), providers={"first": Odd()})
    assert hub.dispatcher.dispatch(signing_up()).deliveries[0].message_id is None


def test_an_error_class_of_a_plugins_own_does_not_stop_the_next_provider():
    first = Talkative()
    first.says = ECHOES["own class"]
    providers = {"first": first, "second": RecordingProvider()}
    hub = Hub(settings_of(email=("first", "second")), providers=providers)
    assert hub.dispatcher.dispatch(signing_up()).deliveries[0].provider == "second"


def test_a_plugin_that_cannot_tell_its_capabilities_is_passed_over():
    class Broken(RecordingProvider):
        def __getattribute__(self, name):
            if name == "capabilities":
                raise KeyError
            return super().__getattribute__(name)

    providers = {"first": Broken(), "second": RecordingProvider()}
    hub = Hub(settings_of(email=("first", "second")), providers=providers)
    assert hub.dispatcher.dispatch(signing_up()).deliveries[0].provider == "second"


def test_the_time_left_is_shared_among_the_providers_left():
    hub = Hub(THREE)
    for name in ("first", "second"):
        hub.providers[name].fail_with(RefusedHere)
    hub.dispatcher.dispatch(signing_up(), deadline=Deadline.after(9))
    budgets = [hub.providers[name].contexts[0].deadline.remaining() for name in ("first", "second", "third")]
    assert budgets == pytest.approx([3.0, 4.5, 9.0], abs=1.0)


def test_no_provider_gets_more_than_the_configured_time():
    hub = Hub(settings_of(delivery={"attempt_timeout_s": 2}))
    hub.dispatcher.dispatch(signing_up(), deadline=Deadline.after(60))
    hub.dispatcher.dispatch(signing_up())
    assert [c.deadline.remaining() for c in hub.providers["mail"].contexts] == pytest.approx([2.0, 2.0], abs=1.0)
    assert not any(math.isinf(context.deadline.remaining()) for context in hub.providers["mail"].contexts)


def test_without_any_time_nothing_is_sent():
    hub = Hub(THREE)
    with pytest.raises(DecryptionError) as caught:
        hub.dispatcher.dispatch(signing_up(), deadline=Deadline.after(0))
    assert caught.value.check == "deadline"
    assert [hub.providers[name].contexts for name in ("first", "second", "third")] == [[], [], []]


def test_all_providers_of_one_message_are_given_its_one_key():
    hub, event = Hub(THREE), signing_up()
    hub.providers["first"].fail_with(OutcomeUnknown)
    hub.dispatcher.dispatch(event)
    hub.dispatcher.dispatch(signing_up())
    keys = [hub.providers[n].contexts[0].idempotency_key for n in ("first", "second")]
    assert keys[0] == keys[1] != hub.providers["first"].contexts[1].idempotency_key
    assert len(keys[0]) == 64


def constructor_of(get, *, broken):
    """Stands for a third party's constructor that fails in its own way."""

    def failing(name):
        if name == broken:
            raise KeyError("region")
        return get(name)

    return failing
