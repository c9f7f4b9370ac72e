"""The engine under arbitrary outcomes, ledgers, clocks and deadlines: a script decides what each call of each part does.

Whatever the script: only typed errors, no budget exceeded, no code anywhere, and a code goes out if somebody takes it.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifyhub import errors
from notifyhub.deadline import Deadline
from notifyhub.delivery.failover import CALLS, CALLS_OF_THE_LAST
from notifyhub.errors import (
    ConfigurationError,
    DecryptionError,
    DeliveryFailed,
    InProgress,
    NotifyHubError,
    NotSent,
    OutcomeUnknown,
    ProviderUnusable,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
)
from notifyhub.ledger import claims
from notifyhub.ledger.base import Ledger
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.provider import Capabilities, ProviderReceipt
from notifyhub.testing import RecordingProvider, assert_absent, traces_of
from tests.support.hub import CODE, EMAIL, Hub, settings_of, signing_up
from tests.support.leak_search import LeakSearch

NAMES = ("first", "second", "third")
EVENT = signing_up()
TIMEOUT_S = 5.0
ERRORS = [NotSent, ProviderUnusable, RefusedHere, RecipientRejected, OutcomeUnknown]


class Scripted(RecordingProvider):
    """Does with each call what the script says, and quotes the message in all that it says."""

    def __init__(self, name, script):
        super().__init__()
        self.instance = name
        self.script = list(script)
        self.calls: list[tuple[float, float]] = []

    def send(self, message, context):
        self.calls.append((time.monotonic(), context.deadline.remaining()))
        step = self.script.pop(0) if self.script else None
        if step is None:
            return super().send(message, context)
        kind, retry_after = step
        if issubclass(kind, errors.ProviderError):
            error = kind("acme", f"quoting {message.text} to {message.to}", code=CODE)
            if isinstance(error, NotSent):
                error.retry_after = retry_after
            raise error
        if kind is ProviderReceipt:
            return ProviderReceipt(message_id=f"{CODE} {message.to}")
        raise kind(f"quoting {message.text} to {message.to}")


class Recognising(Scripted):
    capabilities = Capabilities(idempotency=timedelta(hours=1))


class Flaky(Ledger):
    """Fails before or after each operation took effect, as the script says."""

    may_block = False

    def __init__(self, script, clock):
        self.real = MemoryLedger(clock=clock)
        self.script = list(script)

    def claim(self, key, *, owner, lease):
        return self._do(lambda: self.real.claim(key, owner=owner, lease=lease))

    def settle(self, claim, receipt):
        self._do(lambda: self.real.settle(claim, receipt))

    def release(self, claim, *, unknown_at=()):
        self._do(lambda: self.real.release(claim, unknown_at=unknown_at))

    def _do(self, operation):
        step = self.script.pop(0) if self.script else "well"
        if step == "before":
            raise ConnectionError(f"{CODE} {EMAIL}")
        result = operation()
        if step == "after":
            raise ConnectionError(f"{CODE} {EMAIL}")
        return result


steps = st.tuples(
    st.sampled_from([*ERRORS, ProviderReceipt, KeyError, TimeoutError, ConfigurationError, OSError]),
    st.one_of(st.none(), st.floats(0, 4.7), st.floats(4.76, 30), st.sampled_from([1e9, 0.0])),
)
scripts = st.fixed_dictionaries({name: st.lists(steps, max_size=8) for name in NAMES})
clocks = st.lists(st.integers(-3 * 86_400, 3 * 86_400), max_size=12)
"""Jumps of the wall clock between two looks at it, in seconds."""
deadlines = st.one_of(st.none(), st.sampled_from([0.0, 0.01, 0.5, 3.0, 29.5, 900.0]))


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch):
    """A message that another owner holds is waited for by the monotonic clock, which no script drives."""
    monkeypatch.setattr(claims, "PATIENCE_S", 0.002)
    monkeypatch.setattr(claims, "POLL_S", 0.001)


def clock_of(jumps):
    times = iter(jumps)
    at = datetime(2027, 3, 19, tzinfo=UTC)

    def clock():
        return at + timedelta(seconds=next(times, 0))

    return clock


def hub_of(script, *, recognising, ledger, jumps, rule, slept):
    clock = clock_of(jumps)
    providers = {name: (Recognising if name in recognising else Scripted)(name, script[name]) for name in NAMES}
    tables: dict[str, Any] = {
        "triggers": {"SignUp": {"on_unknown": rule}},
        "delivery": {"attempt_timeout_s": TIMEOUT_S},
    }
    return Hub(
        settings_of(email=NAMES, **tables),
        providers=providers,
        ledger=Flaky(ledger, clock),
        clock=clock,
        sleep=slept.append,
    )


def dispatched(hub, seconds):
    deadline = None if seconds is None else Deadline.after(seconds)
    try:
        return hub.dispatcher.dispatch(EVENT, deadline=deadline)
    except NotifyHubError as error:
        return error


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    surroundings=st.fixed_dictionaries(
        {
            "recognising": st.sets(st.sampled_from(NAMES)),
            "ledger": st.lists(st.sampled_from(["well", "before", "after"]), max_size=8),
            "jumps": clocks,
            "rule": st.sampled_from(["failover", "retry_invocation", "stop"]),
        }
    ),
    script=scripts,
    seconds=deadlines,
)
def test_whatever_happens_ends_typed_in_time_and_without_a_trace_of_the_code(surroundings, script, seconds):
    """Some seconds long: after each of hundreds of dispatches, all that can be reached is searched."""
    slept: list[float] = []
    hub = hub_of(script, slept=slept, **surroundings)
    with LeakSearch() as search:
        outcomes = [dispatched(hub, seconds) for _ in range(3)]  # as Lambda brings it
        search.note(*outcomes)
        search.assert_absent(CODE, EMAIL)
    allowed = (DeliveryFailed, Undeliverable, InProgress, DecryptionError)
    for outcome in outcomes:
        assert outcome.__class__.__name__ == "Receipt" or isinstance(outcome, allowed)
        assert not isinstance(outcome, DecryptionError) or seconds is not None
    longest = min(TIMEOUT_S, 40.5 if seconds is None else seconds)
    for name in NAMES:
        assert all(budget <= longest for _, budget in hub.providers[name].calls)
    assert all(wait <= longest for wait in slept)


@settings(max_examples=100, deadline=None)
@given(script=scripts)
def test_a_code_goes_out_whenever_some_provider_takes_it_in_its_turn(script):
    """A model of the rules, in a few lines, says what has to become of it. Some seconds long: hundreds of dispatches."""
    hub = hub_of(script, recognising=(), ledger=[], jumps=[], rule="failover", slept=[])
    outcome = dispatched(hub, None)
    assert (type(outcome).__name__, *_calls(hub)) == _expected(script)


def _calls(hub):
    return [len(hub.providers[name].calls) for name in NAMES]


def _expected(script):
    """The kind of outcome, and how often each provider is called."""
    calls = dict.fromkeys(NAMES, 0)
    for name in NAMES:
        left = list(script[name])
        while True:
            kind, retry_after = left.pop(0) if left else (ProviderReceipt, None)
            calls[name] += 1
            if kind is ProviderReceipt:
                return ("Receipt", *calls.values())
            if kind is RecipientRejected:
                return ("Undeliverable", *calls.values())
            waits = kind is NotSent and (retry_after is None or retry_after + 0.27 <= TIMEOUT_S)
            if not waits or calls[name] == (CALLS_OF_THE_LAST if name == NAMES[-1] else CALLS):
                break
    return ("DeliveryFailed", *calls.values())


@settings(max_examples=60, deadline=None)
@given(script=scripts, seconds=st.sampled_from([0.05, 0.3, 1.0]))
def test_the_shares_of_the_time_never_add_up_to_more_than_there_is(script, seconds):
    """Some two seconds long: hundreds of dispatches."""
    hub = hub_of(script, recognising=(), ledger=[], jumps=[], rule="failover", slept=[])
    end = time.monotonic() + seconds
    dispatched(hub, seconds)
    for providers_left, name in zip((3, 2, 1), NAMES, strict=True):
        for at, budget in hub.providers[name].calls:
            assert budget <= (end - at) / providers_left + 0.05, name


def test_the_search_can_fail():
    with pytest.raises(AssertionError):
        assert_absent([CODE], traces_of(KeyError(CODE)))
