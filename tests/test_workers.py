"""Calls end for whoever waits when their time is up."""

import contextlib
import contextvars
import gc
import multiprocessing
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

import notifyhub.workers
from notifyhub.workers import IDLE_KEPT, MAX_HANGING, Bulkhead, Saturated, TimedOut, Workers


@pytest.fixture
def workers():
    return Workers()


def test_a_call_returns_what_it_returns_and_raises_what_it_raises(workers):
    assert workers.call(lambda: 7, 5) == 7
    with pytest.raises(ValueError, match="invalid literal"):
        workers.call(lambda: int("x"), 5)


def test_what_even_a_thread_should_not_swallow_reaches_the_caller(workers):
    with pytest.raises(SystemExit):
        workers.call(lambda: sys.exit(3), 5)
    assert workers.call(lambda: 1, 5) == 1, "and the thread goes on"


def test_a_call_that_takes_too_long_is_left_to_itself_and_its_result_is_told(workers):
    goes_on, told = threading.Event(), []
    came = threading.Event()

    def late(result):
        told.append(result)
        came.set()

    began = time.monotonic()
    with pytest.raises(TimedOut):
        workers.call(lambda: goes_on.wait(30) and "late", 0.1, late=late)
    assert time.monotonic() - began < 5
    assert told == []
    goes_on.set()
    assert came.wait(10)
    assert told == ["late"]


def test_what_ends_in_time_is_never_told_as_late(workers):
    told: list[object] = []
    assert [workers.call(lambda: 1, 5, late=told.append) for _ in range(200)] == [1] * 200
    assert told == []


def test_a_result_is_either_returned_or_late_and_never_both_nor_neither(workers):
    """The call ends just when its time does."""
    returned: list[object] = []
    late: list[object] = []
    for _ in range(300):
        with contextlib.suppress(TimedOut):
            returned.append(workers.call(lambda: time.sleep(0.001), 0.001, late=late.append))
    give_up = time.monotonic() + 10
    while len(returned) + len(late) < 300 and time.monotonic() < give_up:
        time.sleep(0.01)
    assert len(returned) + len(late) == 300


def test_calls_one_after_the_other_share_a_thread(workers):
    assert len({workers.call(threading.get_ident, 5) for _ in range(50)}) == 1


def test_a_thread_that_hangs_is_replaced(workers):
    goes_on = threading.Event()
    for _ in range(3):
        with pytest.raises(TimedOut):
            workers.call(lambda: goes_on.wait(30), 0.01)
    assert workers.call(lambda: "well", 5) == "well"
    goes_on.set()


def test_a_late_result_that_nobody_can_take_harms_nothing(workers):
    goes_on = threading.Event()
    with pytest.raises(TimedOut):
        workers.call(lambda: goes_on.wait(30), 0.01, late=lambda result: 1 / 0)
    goes_on.set()
    assert workers.call(lambda: "well", 5) == "well"


def test_what_a_burst_needed_beyond_the_usual_ends(workers):
    together = threading.Barrier(3 * IDLE_KEPT + 1)
    with ThreadPoolExecutor(3 * IDLE_KEPT) as pool:
        calls = [pool.submit(workers.call, lambda: together.wait(20), 30) for _ in range(3 * IDLE_KEPT)]
        together.wait(20)
        for call in calls:
            call.result()
    give_up = time.monotonic() + 10
    while workers._idle < IDLE_KEPT and time.monotonic() < give_up:
        time.sleep(0.01)
    assert workers._idle == IDLE_KEPT
    assert workers.call(lambda: "well", 5) == "well"


def test_without_a_thread_the_call_is_not_made_neither_now_nor_later(workers, monkeypatch):
    made = []

    def start(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(Saturated, match="no thread"):
            workers.call(lambda: made.append("first"), 5)
    assert workers.call(lambda: made.append("second"), 5) is None
    assert made == ["second"]
    assert workers._idle == 1


def test_of_calls_that_hang_only_so_many_are_made_and_then_one_now_and_then(monkeypatch):
    bulkhead, goes_on = Bulkhead(), threading.Event()
    for _ in range(MAX_HANGING):
        with pytest.raises(TimedOut):
            bulkhead.call(lambda: goes_on.wait(30), 0.01)
    with pytest.raises(Saturated, match=f"{MAX_HANGING} earlier calls still hang"):
        bulkhead.call(lambda: 1, 5)
    monkeypatch.setattr(notifyhub.workers, "PROBE_S", 0.0)
    assert bulkhead.call(lambda: "it works again", 5) == "it works again"
    goes_on.set()


@pytest.mark.parametrize("ends", [lambda: 1, lambda: 1 / 0, sys.exit])
def test_a_call_that_hung_is_counted_off_however_it_ends(ends):
    bulkhead, goes_on, told = Bulkhead(), threading.Event(), list[object]()
    for _ in range(MAX_HANGING):
        with pytest.raises(TimedOut):
            bulkhead.call(lambda: goes_on.wait(30) and ends(), 0.01, late=told.append)
    goes_on.set()
    give_up = time.monotonic() + 10
    while len(told) < MAX_HANGING and time.monotonic() < give_up:
        time.sleep(0.01)
    assert len(told) == MAX_HANGING
    assert bulkhead.call(lambda: "well", 5) == "well"


def test_calls_whose_caller_was_interrupted_are_counted_too(interruptible):
    """They hang all the same, and are counted off when they end."""
    bulkhead, goes_on, ended = Bulkhead(), threading.Event(), list[object]()
    caller = threading.get_ident()

    def interrupt_and_hang():
        time.sleep(0.05)  # Python sees a signal that comes just before a wait begins only when the wait is over
        signal.pthread_kill(caller, signal.SIGINT)
        goes_on.wait(30)

    for _ in range(MAX_HANGING):
        with pytest.raises(KeyboardInterrupt):
            bulkhead.call(interrupt_and_hang, 20, late=ended.append)
    with pytest.raises(Saturated, match=f"{MAX_HANGING} earlier calls still hang"):
        bulkhead.call(lambda: 1, 5)
    goes_on.set()
    give_up = time.monotonic() + 10
    while len(ended) < MAX_HANGING and time.monotonic() < give_up:
        time.sleep(0.01)
    assert bulkhead.call(lambda: "well", 5) == "well"


class Held:
    """What a call holds; a weak reference tells whether somebody still keeps it."""


def test_a_thread_keeps_nothing_of_the_calls_that_it_made(workers):
    kept = []
    for _ in range(3):
        held = Held()
        kept.append(weakref.ref(held))
        workers.call(partial(repr, held), 5)
        del held
    workers.call(lambda: None, 5)
    gc.collect()
    assert [reference() for reference in kept] == [None, None, None]


def test_many_at_once_are_no_congestion():
    bulkhead, together = Bulkhead(), threading.Barrier(3 * MAX_HANGING)
    with ThreadPoolExecutor(3 * MAX_HANGING) as pool:
        calls = [pool.submit(bulkhead.call, lambda: together.wait(20), 30) for _ in range(3 * MAX_HANGING)]
        assert len([call.result() for call in calls]) == 3 * MAX_HANGING


def test_the_call_sees_the_callers_context(workers):
    variable = contextvars.ContextVar("variable", default="none")
    variable.set("the caller's")
    assert workers.call(variable.get, 5) == "the caller's"


def _call_in_child(workers, answers):
    answers.put(workers.call(lambda: "from the child", 5))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # that a process with threads forks is the point
def test_a_forked_process_makes_threads_of_its_own(workers):
    """Its parent's idle threads are not there: a call given to them would wait for ever."""
    workers.call(lambda: 1, 5)
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    child = fork.Process(target=_call_in_child, args=(workers, answers), daemon=True)
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert answers.get() == "from the child"


def test_a_process_ends_while_a_call_hangs():
    code = (
        "import time\nfrom notifyhub.workers import WORKERS, TimedOut\n"
        "try:\n    WORKERS.call(lambda: time.sleep(60), 0.01)\nexcept TimedOut:\n    print('gone on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "gone on\n"
