"""The time that is left."""

import math

import pytest

from notifyhub import deadline as module
from notifyhub.deadline import Deadline


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now


class Context:
    aws_request_id = "request-1"

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_it_runs_down_to_zero_and_no_further(clock):
    deadline = Deadline.after(5)
    assert (deadline.remaining(), deadline.passed) == (5.0, False)
    clock.now += 3
    assert (deadline.remaining(), deadline.passed) == (2.0, False)
    clock.now += 2
    assert (deadline.remaining(), deadline.passed) == (0.0, True)
    clock.now += 100
    assert (deadline.remaining(), deadline.passed) == (0.0, True)


def test_never_does_not_pass(clock):
    clock.now += 1e12
    assert Deadline.never().remaining() == math.inf
    assert not Deadline.never().passed


def test_a_functions_deadline_keeps_the_reserve(clock):
    assert Deadline.of_lambda(Context(30_000), reserve_s=1.5).remaining() == 28.5


def test_a_function_with_less_time_than_the_reserve_has_none_left(clock):
    assert Deadline.of_lambda(Context(1_000), reserve_s=1.5).passed


def test_the_wall_clock_has_no_say():
    """A real clock, so that the default is the monotonic one."""
    assert 0 < Deadline.after(60).remaining() <= 60


def test_it_says_how_much_is_left(clock):
    assert repr(Deadline.after(1.25)) == "Deadline(in 1.250 s)"
    assert repr(Deadline.never()) == "Deadline(in inf s)"


def test_a_deadline_that_has_passed_is_extended_from_where_it_was():
    assert Deadline.after(-5).extend(2).passed
    assert 1.0 < Deadline.after(-5).extend(7).remaining() <= 2.0
