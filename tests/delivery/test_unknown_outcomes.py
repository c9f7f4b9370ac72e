"""What follows when a provider may have accepted the message, or not."""

from datetime import UTC, datetime, timedelta

import pytest

from notifyhub.deadline import Deadline
from notifyhub.delivery.failover import CALLS
from notifyhub.errors import DeliveryFailed, OutcomeUnknown, RefusedHere, Undeliverable
from notifyhub.events import parse_event
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.provider import Capabilities
from notifyhub.testing import RecordingProvider
from tests.support.hub import Hub, settings_of, signing_up


class Recognising(RecordingProvider):
    """A vendor that knows a repeated key for ten minutes."""

    capabilities = Capabilities(idempotency=timedelta(minutes=10))


def settings(rule=None, providers=("first", "second")):
    return settings_of(email=providers, triggers={"SignUp": {"on_unknown": rule}} if rule else {})


def providers_of(attempts):
    return [attempt.provider for attempt in attempts]


@pytest.mark.parametrize("rule", [None, "failover"])
def test_by_default_the_next_provider_sends_it(rule):
    hub = Hub(settings(rule))
    hub.providers["first"].fail_with(OutcomeUnknown)
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert (delivery.provider, providers_of(delivery.attempts)) == ("second", ["first", "second"])


def test_the_invocation_is_tried_again_where_the_rule_says_so():
    hub, event = Hub(settings("retry_invocation")), parse_event(signing_up())
    hub.providers["first"].fail_with(OutcomeUnknown)
    with pytest.raises(DeliveryFailed, match="on_unknown is retry_invocation") as caught:
        hub.dispatcher.dispatch(event)
    assert providers_of(caught.value.attempts) == ["first"]
    claim = hub.ledger.claim(event.key("email", ""), owner="next", lease=45)
    assert (claim.state, claim.unknown_at) == ("won", ("first",))
    assert hub.sent("second") == []


def test_it_is_left_at_that_where_the_rule_says_so():
    """A second message would be worse than none: nobody sends it again, neither now nor when the event comes again."""
    hub, event = Hub(settings("stop")), signing_up()
    hub.providers["first"].fail_with(OutcomeUnknown)
    for _ in range(2):
        with pytest.raises(Undeliverable, match="on_unknown is stop") as caught:
            hub.dispatcher.dispatch(event)
        assert caught.value.reason == "outcome_unknown"
    assert hub.sent("first") == hub.sent("second") == []


@pytest.mark.parametrize("rule", ["stop", "retry_invocation"])
def test_the_rule_is_about_unknown_outcomes_alone(rule):
    hub = Hub(settings(rule))
    hub.providers["first"].fail_with(RefusedHere)
    assert hub.dispatcher.dispatch(signing_up()).deliveries[0].provider == "second"


def test_the_rule_of_one_trigger_is_not_that_of_others():
    hub = Hub(settings("stop"))
    hub.providers["first"].fail_with(OutcomeUnknown)
    assert hub.dispatcher.dispatch(signing_up("CustomEmailSender_ForgotPassword")).status == "accepted"


def test_a_vendor_that_recognises_the_key_is_asked_again():
    hub = Hub(settings(), providers={"first": Recognising()})
    hub.providers["first"].fail_with(OutcomeUnknown)
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert providers_of(delivery.attempts) == ["first", "first"]
    first, second = hub.providers["first"].contexts
    assert (first.idempotency_key, first.attempt, second.attempt) == (second.idempotency_key, 1, 2)


def test_after_that_the_rule_counts():
    hub = Hub(settings(), providers={"first": Recognising()})
    hub.providers["first"].fail_with(OutcomeUnknown, times=CALLS)
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert providers_of(delivery.attempts) == ["first"] * CALLS + ["second"]


def test_it_is_asked_again_only_if_the_next_one_keeps_its_share():
    hub = Hub(settings(), providers={"first": Recognising()})
    hub.providers["first"].fail_with(OutcomeUnknown)
    (delivery,) = hub.dispatcher.dispatch(signing_up(), deadline=Deadline.after(0.5)).deliveries
    assert providers_of(delivery.attempts) == ["first", "second"]


def failed_at(names, *, hub, event):
    """The event fails once, with the outcome unknown at these."""
    for name in ("first", "second", "third"):
        hub.providers[name].fail_with(OutcomeUnknown if name in names else RefusedHere, times=10)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    for name in ("first", "second", "third"):
        hub.providers[name]._failures.clear()


@pytest.mark.parametrize(
    ("unknown_at", "recognising", "first"),
    [
        (["third"], "third", "third"),
        (["second", "third"], "third", "third"),
        (["third"], "second", "first"),
        (["second"], "third", "first"),
    ],
)
def test_who_may_have_it_and_would_know_it_again_goes_first_next_time(unknown_at, recognising, first):
    names = ("first", "second", "third")
    hub = Hub(settings(providers=names), providers={recognising: Recognising()})
    event = signing_up()
    failed_at(unknown_at, hub=hub, event=event)
    hub.delivery.cooldown._until.clear()
    (delivery,) = hub.dispatcher.dispatch(event).deliveries
    assert delivery.provider == first


def test_a_vendor_that_has_forgotten_the_key_has_no_precedence():
    long_ago = datetime.now(UTC) - timedelta(minutes=11)
    hub = Hub(
        settings(providers=("first", "second", "third")),
        providers={"third": Recognising()},
        ledger=MemoryLedger(clock=lambda: long_ago),
    )
    event = signing_up()
    failed_at(["third"], hub=hub, event=event)
    assert hub.dispatcher.dispatch(event).deliveries[0].provider == "first"


def test_a_second_rendering_is_byte_for_byte_the_first():
    """Else a vendor that recognises the key would find another body under it."""
    hub, event = Hub(settings(), providers={"first": Recognising()}), signing_up()
    hub.providers["first"].fail_with(OutcomeUnknown, times=0)
    hub.dispatcher.dispatch(event)
    hub.dispatcher.dispatch(event, again=True)
    first, second = hub.sent("first")
    assert (first.subject, first.html, first.text) == (second.subject, second.html, second.text)
