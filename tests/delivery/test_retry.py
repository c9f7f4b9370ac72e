"""When the same provider is asked again, and after how long."""

import math
import random

import pytest

from notifyhub.deadline import Deadline
from notifyhub.delivery import backoff
from notifyhub.delivery.failover import CALLS, CALLS_OF_THE_LAST
from notifyhub.errors import DeliveryFailed, NotSent, ProviderUnusable, RefusedHere
from tests.support.hub import Hub, settings_of, signing_up

TWO = settings_of(email=("first", "second"))


@pytest.fixture
def slept():
    """The waits, which take no time."""
    return []


@pytest.fixture
def hub(slept):
    return Hub(TWO, sleep=slept.append)


def throttled(retry_after):
    error = NotSent("acme", status=429)
    error.retry_after = retry_after
    return error


def outcomes(hub, **options):
    (delivery,) = hub.dispatcher.dispatch(signing_up(), **options).deliveries
    return [(attempt.provider, attempt.outcome) for attempt in delivery.attempts]


def test_what_passes_is_tried_again_at_the_same_provider(hub, slept):
    hub.providers["first"].fail_with(NotSent, times=2)
    assert outcomes(hub) == [("first", "NotSent"), ("first", "NotSent"), ("first", "accepted")]
    assert [context.attempt for context in hub.providers["first"].contexts] == [1, 2, 3]
    assert len(slept) == 2


def test_what_does_not_pass_goes_to_the_next(hub, slept):
    hub.providers["first"].fail_with(NotSent, times=10)
    assert outcomes(hub)[-1] == ("second", "accepted")
    assert len(hub.providers["first"].contexts) == CALLS


@pytest.mark.parametrize("failure", [RefusedHere, ProviderUnusable])
def test_what_would_only_be_said_again_is_not_tried_again(failure, hub, slept):
    hub.providers["first"].fail_with(failure)
    assert [provider for provider, _ in outcomes(hub)] == ["first", "second"]
    assert slept == []


def test_the_wait_that_a_vendor_asks_for_is_kept(hub, slept):
    hub.providers["first"].fail_with(throttled(3.5))
    assert outcomes(hub) == [("first", "NotSent"), ("first", "accepted")]
    assert slept == [pytest.approx(3.5, abs=0.02)], "and a little more by chance"
    assert slept[0] >= 3.5


@pytest.mark.parametrize("asked", [9.9, 60.0, 1e12])
def test_a_wait_beyond_the_budget_is_the_next_providers_turn(asked, hub, slept):
    """The budget of one call is 10 s here."""
    hub.providers["first"].fail_with(throttled(asked))
    assert outcomes(hub) == [("first", "NotSent"), ("second", "accepted")]
    assert slept == []


def test_no_wait_eats_the_next_ones_share(hub, slept):
    hub.providers["first"].fail_with(throttled(2.5))
    assert outcomes(hub, deadline=Deadline.after(4)) == [("first", "NotSent"), ("second", "accepted")]
    assert slept == []


def test_a_vendor_that_asks_for_no_wait_is_not_asked_again_within_a_moment(hub, slept, monkeypatch):
    """By a clock that is behind, a reset has passed before it comes; six calls at once would use up all that there are."""
    monkeypatch.setattr(backoff, "BASE_S", 0.25)
    random.seed(3)
    for name in ("first", "second"):
        hub.providers[name].fail_with(throttled(0.0), times=10)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(signing_up())
    assert len(slept) == CALLS + CALLS_OF_THE_LAST - 2
    assert sum(slept) > 1


@pytest.mark.parametrize("asked", [-1.0, math.nan, math.inf, "3", True, object()])
def test_what_is_no_wait_counts_as_none(asked, hub, slept):
    """What a plugin gives must not keep the next provider from its turn."""
    hub.providers["first"].fail_with(throttled(asked), times=10)
    assert outcomes(hub)[-1] == ("second", "accepted")
    assert len(hub.providers["first"].contexts) == CALLS
    assert all(0 <= seconds < 1 for seconds in slept)


def test_the_last_provider_is_asked_more_often_but_not_for_ever(slept, hub):
    """Behind it there is nobody else."""
    for name in ("first", "second"):
        hub.providers[name].fail_with(NotSent, times=10)
    with pytest.raises(DeliveryFailed) as caught:
        hub.dispatcher.dispatch(signing_up())
    asked = [attempt.provider for attempt in caught.value.attempts]
    assert asked == ["first"] * CALLS + ["second"] * CALLS_OF_THE_LAST
    assert len(slept) == len(asked) - 2


def test_without_a_vendors_wait_it_is_full_jitter(monkeypatch):
    monkeypatch.setattr(backoff, "BASE_S", 0.25)
    random.seed(7)
    for attempt, most in ((1, 0.25), (2, 0.5), (3, 1.0), (20, backoff.LONGEST_S)):
        drawn = [backoff.delay(None, attempt=attempt, left=60) for _ in range(500)]
        seconds = [wait for wait in drawn if wait is not None]
        assert len(seconds) == 500
        assert 0 <= min(seconds) < 0.1 * most
        assert 0.9 * most < max(seconds) <= most


def test_a_wait_leaves_enough_for_the_call_behind_it():
    assert backoff.delay(1.0, attempt=1, left=1.1 + backoff.ENOUGH_S) == pytest.approx(1.0, abs=0.02)
    assert backoff.delay(1.0, attempt=1, left=1.0 + backoff.ENOUGH_S - 0.01) is None
    assert backoff.delay(None, attempt=1, left=0.0) is None
