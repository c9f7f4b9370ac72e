"""Who failed goes last for a while; nobody is left out."""

import pytest

from notifyhub.delivery.cooldown import REPEATEDLY, Cooldown
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderUnusable, RecipientRejected, RefusedHere
from notifyhub.provider import ProviderReceipt
from notifyhub.testing.contracts.ledger import ManualClock
from tests.support.hub import Hub, settings_of, signing_up

NAMES = ["first", "second", "third"]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def cooldown(clock):
    return Cooldown(60, clock=clock)


def test_without_failures_the_order_stays(cooldown):
    assert cooldown.order(NAMES) == NAMES


def test_the_unusable_goes_last_until_it_has_cooled_down(cooldown, clock):
    cooldown.note("first", ProviderUnusable("acme"))
    assert cooldown.order(NAMES) == ["second", "third", "first"]
    clock.advance(59)
    assert cooldown.order(NAMES) == ["second", "third", "first"]
    clock.advance(2)
    assert cooldown.order(NAMES) == NAMES


def test_when_all_cool_down_all_are_left_in_their_order(cooldown):
    for name in NAMES:
        cooldown.note(name, ProviderUnusable("acme"))
    assert cooldown.order(NAMES) == NAMES


@pytest.mark.parametrize("failure", [NotSent, OutcomeUnknown])
def test_the_repeatedly_failing_goes_last(failure, cooldown):
    for _ in range(REPEATEDLY - 1):
        cooldown.note("first", failure("acme"))
    assert cooldown.order(NAMES) == NAMES
    cooldown.note("first", failure("acme"))
    assert cooldown.order(NAMES)[-1] == "first"


@pytest.mark.parametrize("answer", [ProviderReceipt(), RefusedHere("acme"), RecipientRejected("acme")])
def test_who_answers_works(answer, cooldown):
    for _ in range(REPEATEDLY - 1):
        cooldown.note("first", NotSent("acme"))
    cooldown.note("first", answer)
    cooldown.note("first", NotSent("acme"))
    assert cooldown.order(NAMES) == NAMES
    cooldown.note("first", ProviderUnusable("acme"))
    cooldown.note("first", answer)
    assert cooldown.order(NAMES) == NAMES


def test_who_asked_for_a_wait_goes_last_as_long(cooldown, clock):
    asked = NotSent("acme")
    asked.retry_after = 20
    cooldown.note("first", asked)
    assert cooldown.order(NAMES)[-1] == "first"
    clock.advance(21)
    assert cooldown.order(NAMES) == NAMES


@pytest.mark.parametrize("asked", [1e6, 1e300])
def test_no_wait_is_longer_than_the_cool_down(asked, cooldown, clock):
    error = NotSent("acme")
    error.retry_after = asked
    cooldown.note("first", error)
    clock.advance(61)
    assert cooldown.order(NAMES) == NAMES


def test_without_a_cool_down_the_order_never_changes(clock):
    cooldown = Cooldown(0, clock=clock)
    cooldown.note("first", ProviderUnusable("acme"))
    assert cooldown.order(NAMES) == NAMES


def test_the_next_messages_try_the_unusable_last_and_still_reach_it():
    hub = Hub(settings_of(email=("first", "second")))
    hub.providers["first"].fail_with(ProviderUnusable)
    hub.dispatcher.dispatch(signing_up())
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert [attempt.provider for attempt in delivery.attempts] == ["second"]
    hub.providers["second"].fail_with(RefusedHere)
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert [attempt.provider for attempt in delivery.attempts] == ["second", "first"]


def test_the_cool_down_is_configured():
    hub = Hub(settings_of(email=("first", "second"), delivery={"cooldown_s": 0}))
    hub.providers["first"].fail_with(ProviderUnusable)
    hub.dispatcher.dispatch(signing_up())
    assert hub.dispatcher.dispatch(signing_up()).deliveries[0].provider == "first"
