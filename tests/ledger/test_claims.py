"""The ledger as the dispatcher uses it: whoever holds a message is waited for, and a ledger that is down stops none."""

import contextlib
import threading
import time
from dataclasses import dataclass, field

import pytest

from notifyhub.clock import now
from notifyhub.deadline import Deadline
from notifyhub.errors import (
    DeliveryFailed,
    InProgress,
    NotifyHubError,
    OutcomeUnknown,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
)
from notifyhub.events.parsing import parse_event
from notifyhub.ledger import claims as module
from notifyhub.ledger.base import Ledger
from notifyhub.ledger.claims import Claims
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.observability.observer import Observer
from notifyhub.testing.contracts.ledger import ACCEPTED, KEY, LEASE_S, ManualClock
from notifyhub.workers import Bulkhead
from tests.support.hub import CODE, EMAIL, Hub, settings_of, signing_up

MFA = "CustomEmailSender_Authentication"
(DELIVERY,) = ACCEPTED.deliveries


class Ailing(Ledger):
    """Works like the one in memory, but for what it is told to fail at."""

    may_block = False

    def __init__(self):
        self.real = MemoryLedger()
        self.failing: dict[str, Exception] = {}

    def claim(self, key, *, owner, lease):
        self._fail("claim")
        return self.real.claim(key, owner=owner, lease=lease)

    def settle(self, claim, receipt):
        self._fail("settle")
        self.real.settle(claim, receipt)

    def release(self, claim, *, unknown_at=()):
        self._fail("release")
        self.real.release(claim, unknown_at=unknown_at)

    def _fail(self, operation):
        if error := self.failing.get(operation):
            raise error


class Hanging(Ailing):
    may_block = True

    def __init__(self):
        super().__init__()
        self.let = threading.Event()

    def claim(self, key, *, owner, lease):
        self.let.wait(20)
        return super().claim(key, owner=owner, lease=lease)


@dataclass
class Watch(Observer):
    failures: list[tuple[str, str]] = field(default_factory=list)

    def on_ledger_failure(self, operation, problem):
        self.failures.append((operation, problem))


@pytest.fixture
def ledger():
    return Ailing()


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def claims_of(watch):
    def made(ledger, **changes):
        return Claims(**{"ledger": ledger, "lease_s": LEASE_S, "work_s": LEASE_S, "clock": now, **changes})

    return made


@pytest.fixture
def take(watch):
    """Takes a message in the name of an owner, who then holds it or meets its receipt; it is not given back."""

    blocks = []  # one that nobody keeps ends, and releases its claim

    def taken(claims, owner="me", *, seconds=60.0):
        deadline, failed = Deadline.after(seconds), watch.on_ledger_failure
        blocks.append(claims.hold(KEY, "email", owner=owner, deadline=deadline, failed=failed))
        return blocks[-1].__enter__()

    return taken


def test_who_holds_a_message_is_waited_for_until_it_is_settled(ledger, claims_of, take):
    other = ledger.claim(KEY, owner="other", lease=LEASE_S)
    polls: list[float] = []

    def sleep(seconds):
        polls.append(seconds)
        if len(polls) == 3:
            ledger.settle(other, ACCEPTED)

    assert (take(claims_of(ledger, sleep=sleep)).claim.state, len(polls)) == ("settled", 3)


def test_a_message_that_is_given_back_meanwhile_is_taken(ledger, claims_of, take):
    other = ledger.claim(KEY, owner="other", lease=LEASE_S)
    claim = take(claims_of(ledger, sleep=lambda seconds: ledger.release(other, unknown_at=["mail"]))).claim
    assert (claim.state, claim.owner, claim.unknown_at) == ("won", "me", ("mail",))


def test_a_message_whose_owner_died_is_taken_when_its_lease_passed(claims_of, take):
    clock = ManualClock()
    ledger = MemoryLedger(clock=clock)
    ledger.claim(KEY, owner="dead", lease=LEASE_S)
    claim = take(claims_of(ledger, sleep=lambda seconds: clock.advance(LEASE_S))).claim
    assert (claim.state, claim.owner, claim.attempt) == ("won", "me", 2)


@pytest.mark.parametrize("seconds", [60.0, 0.2])
def test_nobody_waits_long_and_a_message_in_progress_is_no_duplicate(seconds, ledger, claims_of, monkeypatch, take):
    monkeypatch.setattr(module, "PATIENCE_S", 0.6)
    ledger.claim(KEY, owner="other", lease=LEASE_S)
    began = time.monotonic()
    with pytest.raises(InProgress):
        take(claims_of(ledger), seconds=seconds)
    assert time.monotonic() - began < min(seconds, 0.6) + 1


def test_a_ledger_that_fails_once_it_said_held_has_not_said_free(ledger, claims_of, monkeypatch, take):
    """Somebody is sending the message; a second one would be a duplicate that need not be."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.6)
    ledger.claim(KEY, owner="other", lease=LEASE_S)

    def fail(seconds):
        ledger.failing["claim"] = OSError()

    with pytest.raises(InProgress):
        take(claims_of(ledger, sleep=fail), seconds=1.0)


@pytest.mark.parametrize("error", [OSError(f"{CODE} {EMAIL}"), NotifyHubError("the table is gone")])
def test_a_ledger_that_is_down_stops_no_message(error, ledger, claims_of, watch, take):
    ledger.failing["claim"] = error
    claim = take(claims_of(ledger)).claim
    assert (claim.state, claim.owner, claim.guarded, claim.receipt) == ("won", "me", False, None)
    said = "the table is gone" if isinstance(error, NotifyHubError) else "OSError"
    assert watch.failures == [("claim", said)]


def test_a_ledger_that_hangs_stops_no_message(claims_of, watch, monkeypatch, take):
    monkeypatch.setattr(module, "LEDGER_S", 0.1)
    hanging = Hanging()
    assert take(claims_of(hanging)).claim.guarded is False
    hanging.let.set()
    assert watch.failures == [("claim", "no answer within 0.1 s")]


def test_a_claim_takes_no_more_than_a_quarter_of_what_is_left(claims_of, take):
    hanging = Hanging()
    began = time.monotonic()
    assert take(claims_of(hanging), seconds=0.8).claim.guarded is False
    hanging.let.set()
    assert time.monotonic() - began < 1.5


def test_a_ledger_that_works_again_learns_what_became_of_the_message(ledger, claims_of, watch, take):
    ledger.failing["claim"] = OSError()
    held = take(claims_of(ledger))
    ledger.failing.clear()
    held.settle(DELIVERY)
    assert ledger.claim(KEY, owner="next", lease=LEASE_S).state == "settled"
    assert len(watch.failures) == 1


def test_where_it_is_still_down_the_receipt_stands(ledger, claims_of, watch, take):
    claims = claims_of(ledger)
    ledger.failing["claim"] = OSError()
    take(claims).settle(DELIVERY)
    take(claims).release()
    assert [operation for operation, _ in watch.failures] == ["claim"] * 4, "each tries to claim it once more"


@pytest.mark.parametrize("operation", ["settle", "release"])
def test_what_cannot_be_written_is_told_and_raises_nothing(operation, ledger, claims_of, watch, take):
    held = take(claims_of(ledger))
    ledger.failing[operation] = ConnectionError()
    held.settle(DELIVERY) if operation == "settle" else held.release()
    assert watch.failures == [(operation, "ConnectionError")]


class HangingAtTheEnd(Ailing):
    may_block = True

    def __init__(self, operation):
        super().__init__()
        self.operation = operation
        self.let = threading.Event()

    def _fail(self, operation):
        if operation == self.operation:
            self.let.wait(20)


@pytest.mark.parametrize(("operation", "failure"), [("settle", None), ("release", RefusedHere)])
def test_a_ledger_that_hangs_at_the_end_takes_no_more_than_the_reserve(operation, failure):
    """An invocation that ran out of time behind an acceptance would be brought again, and the message with it."""
    ledger = HangingAtTheEnd(operation)
    hub = Hub(settings_of(delivery={"reserve_ms": 300}), ledger=ledger)
    if failure:
        hub.providers["mail"].fail_with(failure)
    began = time.monotonic()
    with contextlib.suppress(DeliveryFailed):
        hub.dispatcher.dispatch(signing_up(), deadline=Deadline.after(0.7))
    ledger.let.set()
    assert time.monotonic() - began < 0.7 + 0.3 + 1.0 < module.LEDGER_S


class Slow(Bulkhead):
    """Takes 0.2 s for each call, and notes the time that each one is given."""

    def __init__(self):
        super().__init__()
        self.given: list[float] = []

    def call(self, work, seconds, *, late=None, given_up=None):
        self.given.append(seconds)
        time.sleep(0.2)
        return work()


def test_of_two_operations_at_the_end_both_share_the_one_reserve(claims_of, take):
    """What went out unguarded is claimed first, and then settled."""
    bulkhead, ledger = Slow(), Ailing()
    ledger.may_block = True  # type: ignore[misc]  # of this one alone
    ledger.failing["claim"] = OSError()
    held = take(claims_of(ledger, bulkhead=bulkhead, reserve_s=0.3), seconds=0)
    ledger.failing.clear()
    held.settle(DELIVERY)
    _, first, second = bulkhead.given
    assert first <= 0.3
    assert second <= 0.1
    assert ledger.claim(KEY, owner="next", lease=LEASE_S).state == "settled"


def test_what_went_out_unguarded_and_failed_is_given_back_with_what_is_known(ledger, claims_of, take):
    claims = claims_of(ledger)
    ledger.failing["claim"] = OSError()
    held = take(claims)
    ledger.failing.clear()
    held.note_call("mail")
    held.release()
    assert take(claims, "next").claim.unknown_at == ("mail",)


class SlowToAnswer(Ailing):
    """Writes at once, and answers when the caller has gone."""

    may_block = True

    def __init__(self):
        super().__init__()
        self.let = threading.Event()

    def claim(self, key, *, owner, lease):
        claim = super().claim(key, owner=owner, lease=lease)
        self.let.wait(20)
        return claim

    def settle(self, claim, receipt):
        super().settle(claim, receipt)
        self.let.wait(20)

    def release(self, claim, *, unknown_at=()):
        super().release(claim, unknown_at=unknown_at)
        self.let.wait(20)


@pytest.fixture
def slow():
    ledger = SlowToAnswer()
    yield ledger
    ledger.let.set()


def test_a_ledger_that_writes_and_answers_too_late_is_told_the_end_all_the_same(slow):
    hub, event = Hub(settings_of(), ledger=slow), parse_event(signing_up())
    hub.dispatcher.dispatch(event, deadline=Deadline.after(2))
    assert slow.real.claim(event.key("email", ""), owner="next", lease=LEASE_S).state == "settled"


def test_it_is_told_of_a_failure_too(slow):
    hub, event = Hub(settings_of(), ledger=slow), parse_event(signing_up())
    hub.providers["mail"].fail_with(OutcomeUnknown)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event, deadline=Deadline.after(2))
    claim = slow.real.claim(event.key("email", ""), owner="next", lease=LEASE_S)
    assert (claim.state, claim.unknown_at) == ("won", ("mail",))


def test_what_another_owner_holds_by_then_is_left_to_him(ledger, claims_of, take):
    """As after a claim whose answer was lost, and whose lease has passed."""
    claims = claims_of(ledger)
    ledger.failing["claim"] = OSError()
    held = take(claims)
    ledger.real.claim(KEY, owner="next", lease=LEASE_S)
    held.settle(DELIVERY)
    assert ledger.real.claim(KEY, owner="third", lease=LEASE_S).state == "held"


def test_sending_again_does_not_make_a_message_young():
    clock = ManualClock()
    hub, event = Hub(settings_of(), clock=clock, ledger=MemoryLedger(clock=clock)), signing_up(MFA)
    hub.dispatcher.dispatch(event)
    clock.advance(16 * 60)
    with pytest.raises(Undeliverable, match="expired"):
        hub.dispatcher.dispatch(event, again=True)


@pytest.mark.parametrize("operation", ["claim", "settle"])
def test_the_code_goes_out_all_the_same(operation, ledger, watch, caplog):
    ledger.failing[operation] = OSError(f"{CODE} {EMAIL}")
    hub = Hub(ledger=ledger, observers=[watch])
    assert hub.dispatcher.dispatch(signing_up()).status == "accepted"
    assert len(hub.sent()) == 1
    assert watch.failures
    assert "a message may go out twice: OSError" in caplog.text


def test_the_error_of_a_delivery_is_not_hidden_by_that_of_the_ledger(ledger):
    ledger.failing["release"] = OSError()
    hub = Hub(ledger=ledger)
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(signing_up())


def test_sending_again_is_a_message_of_its_own():
    hub, event = Hub(settings_of()), signing_up()
    hub.dispatcher.dispatch(event)
    assert hub.dispatcher.dispatch(event).status == "duplicate"
    assert hub.dispatcher.dispatch(event, again=True).status == "accepted"
    first, second = hub.providers["mail"].contexts
    assert first.idempotency_key != second.idempotency_key, "else the vendor would answer with the first receipt"


def test_sending_again_what_was_never_sent_settles_it():
    """Else Lambda's own retry would send it once more."""
    hub, event = Hub(settings_of()), signing_up()
    assert hub.dispatcher.dispatch(event, again=True).status == "accepted"
    assert hub.dispatcher.dispatch(event).status == "duplicate"
    assert len(hub.sent()) == 1


def test_sending_again_overrides_a_verdict_and_no_lease():
    hub, event = Hub(settings_of()), signing_up()
    hub.providers["mail"].fail_with(RecipientRejected)
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(event)
    assert hub.dispatcher.dispatch(event, again=True).status == "accepted"


def test_what_another_invocation_is_sending_just_now_is_not_sent_again(monkeypatch):
    from notifyhub.events import parse_event

    monkeypatch.setattr(module, "PATIENCE_S", 0.1)
    hub, event = Hub(settings_of()), parse_event(signing_up())
    hub.ledger.claim(event.key("email", ""), owner="other", lease=LEASE_S)
    with pytest.raises(InProgress):
        hub.dispatcher.dispatch(event, again=True)
    assert hub.sent() == []
