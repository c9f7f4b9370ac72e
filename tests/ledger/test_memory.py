"""The ledger in memory keeps the contract, and does not grow without end."""

import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from notifyhub.ledger.memory import MemoryLedger
from notifyhub.testing import LedgerContract
from notifyhub.testing.contracts.ledger import ACCEPTED, ManualClock


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, clock):
        return MemoryLedger(clock=clock)


@pytest.fixture
def small():
    return MemoryLedger(clock=ManualClock(), capacity=3)


class Slow(OrderedDict):
    """Lets other threads in between reading and writing."""

    def get(self, key, default=None):
        found = super().get(key, default)
        time.sleep(0.005)
        return found


def claim(ledger, key, owner="someone"):
    return ledger.claim(key, owner=owner, lease=45)


def test_reading_and_writing_a_claim_is_one_step():
    ledger = MemoryLedger()
    ledger._entries = Slow()
    with ThreadPoolExecutor(8) as pool:
        states = [c.state for c in pool.map(lambda number: claim(ledger, "a", f"owner {number}"), range(8))]
    assert states.count("won") == 1


def test_the_oldest_entries_go_first_beyond_the_capacity(small):
    for key in ("a", "b", "c", "d"):
        small.settle(claim(small, key), ACCEPTED)
    assert [claim(small, key).state for key in ("b", "c", "d")] == ["settled"] * 3
    assert (claim(small, "a").state, claim(small, "a").attempt) == ("won", 2)


def test_an_entry_that_is_worked_on_counts_as_new(small):
    first = claim(small, "a")
    claim(small, "b")
    claim(small, "c")
    small.settle(first, ACCEPTED)
    claim(small, "d")
    assert claim(small, "a").state == "settled"
    assert claim(small, "b").attempt == 1, "b was the oldest, and is new again"


def test_settling_what_was_forgotten_does_no_harm(small):
    forgotten = claim(small, "a")
    for key in ("b", "c", "d"):
        claim(small, key)
    small.settle(forgotten, ACCEPTED)
    small.release(forgotten, unknown_at=["mail"])
    assert claim(small, "a").unknown_at == ()


def test_without_a_clock_it_goes_by_the_time_of_day():
    seen = claim(MemoryLedger(), "a").first_seen
    assert abs(datetime.now(UTC) - seen) < timedelta(minutes=1)
