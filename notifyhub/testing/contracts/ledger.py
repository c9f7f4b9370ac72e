"""What every ledger must do, as tests to inherit.

A ledger's test overrides the fixture `ledger`, and gives it the clock:

```python
class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, clock):
        return MemoryLedger(clock=clock)
```

A ledger that reaches its store over a wire also overrides the fixture `lossy`, so that writes whose reply is lost, and
which its client repeats, are part of the contract.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from notifyhub.receipts import Attempt, Delivery, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.ledger.base import Claim, Ledger

    Lossy = Callable[[], contextlib.AbstractContextManager[object]]

KEY = "5f" * 32
LEASE_S = 45.0
THREADS = 32
POLLS = 1000
ACCEPTED = Receipt.of(
    (
        Delivery(
            channel="email",
            status="accepted",
            provider="mail",
            message_id="recorded-1",
            attempts=(Attempt(provider="mail", outcome="accepted", duration_ms=12.5),),
            recipient="j***@e***.com",
        ),
    )
)
DRY_RUN = Receipt.of((Delivery(channel="sms", status="dry_run", provider="text", recipient="+1******0009"),))
UNDELIVERABLE = Receipt.of(
    (
        Delivery(
            channel="email",
            status="undeliverable",
            attempts=(Attempt(provider="mail", outcome="RecipientRejected", duration_ms=3.0, detail="a detail"),),
            recipient="j***@e***.com",
            reason="recipient_rejected",
            error="Undeliverable: the mail host knows no such mailbox",
        ),
    )
)


class ManualClock:
    """A wall clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2027, 3, 19, 14, 25, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)


class LedgerContract:
    """Inherit it and override the fixture `ledger`; override none of its tests."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        """The clock that the ledger is to go by."""
        return ManualClock()

    @pytest.fixture
    def ledger(self, clock: ManualClock) -> Ledger:
        """An empty ledger that goes by the clock."""
        raise NotImplementedError

    @pytest.fixture
    def lossy(self) -> Lossy:
        """Makes contexts in which the reply of the first write is lost, after the store has done it.

        A ledger without a wire has no reply to lose.
        """
        return contextlib.nullcontext

    def claim(self, ledger: Ledger, owner: str = "first", *, key: str = KEY) -> Claim:
        """A claim of that owner's, for the usual lease."""
        return ledger.claim(key, owner=owner, lease=LEASE_S)

    def test_the_first_claim_is_won(self, ledger: Ledger, clock: ManualClock) -> None:
        claim = self.claim(ledger)
        assert (claim.state, claim.key, claim.owner, claim.attempt) == ("won", KEY, "first", 1)
        assert (claim.first_seen, claim.unknown_at, claim.receipt) == (clock.now, (), None)

    def test_another_owner_finds_it_held(self, ledger: Ledger, clock: ManualClock) -> None:
        self.claim(ledger)
        clock.advance(LEASE_S - 1)
        other = self.claim(ledger, "second")
        assert (other.state, other.receipt) == ("held", None)

    def test_a_held_claim_is_not_prolonged_by_those_who_wait_for_it(self, ledger: Ledger, clock: ManualClock) -> None:
        self.claim(ledger)
        clock.advance(LEASE_S - 1)
        self.claim(ledger, "second")
        clock.advance(2)
        assert self.claim(ledger, "second").state == "won"

    def test_the_same_owner_wins_again(self, ledger: Ledger) -> None:
        """The answer to the first claim may have been lost on its way."""
        self.claim(ledger)
        again = self.claim(ledger)
        assert (again.state, again.owner) == ("won", "first")
        ledger.settle(again, ACCEPTED)
        assert self.claim(ledger, "second").state == "settled"

    def test_a_lease_that_passed_is_taken_over(self, ledger: Ledger, clock: ManualClock) -> None:
        first = self.claim(ledger)
        clock.advance(LEASE_S + 1)
        second = self.claim(ledger, "second")
        assert (second.state, second.owner, second.attempt) == ("won", "second", 2)
        assert second.first_seen == first.first_seen

    def test_first_sight_is_told_to_the_millisecond_and_ever_the_same(self, ledger: Ledger, clock: ManualClock) -> None:
        """Stores count milliseconds; what is less than one may be cut off."""
        clock.now += timedelta(microseconds=123_456)
        began = clock.now
        seen = [self.claim(ledger).first_seen]
        clock.advance(LEASE_S + 1)
        seen += [self.claim(ledger, "second").first_seen, self.claim(ledger, "third").first_seen]
        assert len(set(seen)) == 1
        assert timedelta(0) <= began - seen[0] < timedelta(milliseconds=1)

    def test_a_lease_ends_at_its_last_millisecond(self, ledger: Ledger, clock: ManualClock) -> None:
        self.claim(ledger)
        clock.advance(LEASE_S - 0.001)
        assert self.claim(ledger, "second").state == "held"
        clock.advance(0.001)
        assert self.claim(ledger, "second").state == "won"

    def test_who_waits_for_a_held_message_sees_it_settled(self, ledger: Ledger) -> None:
        first, waiting = self.claim(ledger), threading.Event()

        def settle() -> None:
            assert waiting.wait(10)
            ledger.settle(first, ACCEPTED)

        with ThreadPoolExecutor(1) as pool:
            settling = pool.submit(settle)
            states = self.polled(ledger, "second", waiting.set)
            settling.result()
        assert states == ["held"] * (len(states) - 1) + ["settled"]
        assert len(states) > 1

    def test_who_waits_for_a_message_whose_owner_died_wins_it(self, ledger: Ledger, clock: ManualClock) -> None:
        self.claim(ledger)
        states = self.polled(ledger, "second", lambda: clock.advance(LEASE_S / 3))
        assert states == ["held", "held", "held", "won"]

    def polled(self, ledger: Ledger, owner: str, meanwhile: Callable[[], None]) -> list[str]:
        """The states that somebody sees who claims a message until it is not held any more."""
        states: list[str] = []
        while len(states) < POLLS and (not states or states[-1] == "held"):
            states.append(self.claim(ledger, owner).state)
            meanwhile()
            time.sleep(0.001)
        return states

    def test_a_claim_whose_reply_was_lost_is_won(self, ledger: Ledger, lossy: Lossy) -> None:
        with lossy():
            claim = self.claim(ledger)
        assert (claim.state, claim.owner) == ("won", "first")
        assert self.claim(ledger, "second").state == "held"
        ledger.settle(claim, ACCEPTED)
        assert_settled(self.claim(ledger, "second"))

    def test_settling_survives_a_lost_reply(self, ledger: Ledger, lossy: Lossy) -> None:
        claim = self.claim(ledger)
        with lossy():
            ledger.settle(claim, ACCEPTED)
        assert_settled(self.claim(ledger, "second"))

    def test_releasing_survives_a_lost_reply(self, ledger: Ledger, lossy: Lossy) -> None:
        claim = self.claim(ledger)
        with lossy():
            ledger.release(claim, unknown_at=["mail"])
        second = self.claim(ledger, "second")
        assert (second.state, second.unknown_at) == ("won", ("mail",))

    def test_settling_twice_is_settling_once(self, ledger: Ledger) -> None:
        claim = self.claim(ledger)
        ledger.settle(claim, ACCEPTED)
        ledger.settle(claim, UNDELIVERABLE)
        assert_settled(self.claim(ledger, "second"))

    def test_a_second_release_does_not_touch_the_next_owner(self, ledger: Ledger) -> None:
        first = self.claim(ledger)
        ledger.release(first)
        second = self.claim(ledger, "second")
        ledger.release(first, unknown_at=["mail"])
        assert self.claim(ledger, "third").state == "held"
        ledger.release(second)
        assert self.claim(ledger, "third").unknown_at == ()

    @pytest.mark.parametrize("receipt", [ACCEPTED, DRY_RUN, UNDELIVERABLE], ids=lambda receipt: receipt.status)
    def test_a_settled_receipt_comes_back(self, ledger: Ledger, receipt: Receipt) -> None:
        """All but the attempts and the recipient, which a store does not keep."""
        ledger.settle(self.claim(ledger), receipt)
        found = self.claim(ledger, "second").receipt
        assert found is not None
        assert found.status == receipt.status
        names = ("channel", "status", "provider", "message_id", "reason", "error")
        assert [[getattr(d, name) for name in names] for d in found.deliveries] == [
            [getattr(d, name) for name in names] for d in receipt.deliveries
        ]

    def test_keys_do_not_touch_each_other(self, ledger: Ledger) -> None:
        ledger.settle(self.claim(ledger), ACCEPTED)
        other = self.claim(ledger, key="a0" * 32)
        assert (other.state, other.attempt) == ("won", 1)

    def test_a_settled_message_is_a_duplicate_from_then_on(self, ledger: Ledger, clock: ManualClock) -> None:
        ledger.settle(self.claim(ledger), ACCEPTED)
        clock.advance(2 * LEASE_S)
        for owner in ("first", "second"):
            assert_settled(self.claim(ledger, owner))

    def test_an_owner_whom_nobody_replaced_may_settle_late(self, ledger: Ledger, clock: ManualClock) -> None:
        claim = self.claim(ledger)
        clock.advance(LEASE_S + 1)
        ledger.settle(claim, ACCEPTED)
        assert_settled(self.claim(ledger, "second"))

    def test_a_former_owner_settles_without_effect(self, ledger: Ledger, clock: ManualClock) -> None:
        former = self.claim(ledger)
        clock.advance(LEASE_S + 1)
        self.claim(ledger, "second")
        ledger.settle(former, ACCEPTED)
        assert self.claim(ledger, "third").state == "held"
        assert self.claim(ledger, "second").state == "won"

    def test_a_released_message_is_free_at_once_and_keeps_its_first_sight(
        self, ledger: Ledger, clock: ManualClock
    ) -> None:
        first = self.claim(ledger)
        ledger.release(first)
        clock.advance(60)
        second = self.claim(ledger, "second")
        assert (second.state, second.attempt) == ("won", 2)
        assert second.first_seen == first.first_seen == clock.now - timedelta(seconds=60)

    def test_providers_with_an_unknown_outcome_are_gathered_over_all_attempts(self, ledger: Ledger) -> None:
        ledger.release(self.claim(ledger), unknown_at=["mail"])
        second = self.claim(ledger, "second")
        assert second.unknown_at == ("mail",)
        ledger.release(second, unknown_at=["backup", "mail"])
        third = self.claim(ledger, "third")
        assert set(third.unknown_at) == {"mail", "backup"}
        assert len(third.unknown_at) == 2

    def test_a_former_owner_releases_without_effect(self, ledger: Ledger, clock: ManualClock) -> None:
        former = self.claim(ledger)
        clock.advance(LEASE_S + 1)
        self.claim(ledger, "second")
        ledger.release(former, unknown_at=["mail"])
        assert self.claim(ledger, "third").state == "held"
        assert self.claim(ledger, "second").unknown_at == ()

    def test_what_is_settled_stays_so_when_it_is_released(self, ledger: Ledger) -> None:
        claim = self.claim(ledger)
        ledger.settle(claim, ACCEPTED)
        ledger.release(claim)
        assert_settled(self.claim(ledger, "second"))

    def test_attempts_are_counted(self, ledger: Ledger) -> None:
        for number in range(1, 5):
            claim = self.claim(ledger, f"owner {number}")
            assert claim.attempt == number
            ledger.release(claim)

    def test_of_many_owners_at_once_exactly_one_wins(self, ledger: Ledger) -> None:
        together = threading.Barrier(THREADS)

        def compete(number: int) -> str:
            together.wait()
            return self.claim(ledger, f"owner {number}").state

        with ThreadPoolExecutor(THREADS) as pool:
            states = list(pool.map(compete, range(THREADS)))
        assert sorted(states) == ["held"] * (THREADS - 1) + ["won"]


def assert_settled(claim: Claim) -> None:
    """Fails unless the claim brings the message's receipt."""
    assert claim.state == "settled"
    assert claim.receipt is not None
    (delivery,) = claim.receipt.deliveries
    assert (claim.receipt.status, delivery.channel, delivery.status) == ("accepted", "email", "accepted")
    assert (delivery.provider, delivery.message_id) == ("mail", "recorded-1")
