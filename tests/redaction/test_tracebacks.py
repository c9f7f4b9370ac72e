"""Errors carry nothing of what they passed."""

import gc
import sys
import traceback
import weakref
from functools import partial

import pytest

from notifyhub.errors import NotSent
from notifyhub.redaction.tracebacks import drop_frames, rebuilt
from notifyhub.testing import assert_absent, traces_of

SECRET = "https://api.example/bot839201:token"


def quoting():
    body = {"text": SECRET}
    raise ValueError(f"cannot send {body}")


class Held:
    """Something that a message is part of."""


def fail_with(held):
    raise ValueError(held)


def replaced(error):
    return NotSent("acme", type(error).__name__)


def test_what_a_call_returns_is_returned():
    assert rebuilt(lambda: 7, by=replaced) == 7


def test_an_error_is_replaced_and_nothing_of_it_is_left():
    with pytest.raises(NotSent, match="ValueError") as raised:
        rebuilt(quoting, by=replaced)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert_absent([SECRET], traces_of(raised.value))
    here = sys._getframe()
    frames = [frame for frame, _ in traceback.walk_tb(raised.tb) if frame is not here]
    assert frames
    assert_absent([SECRET], [repr(frame.f_locals) for frame in frames])


def test_errors_of_other_classes_pass_as_they_are():
    with pytest.raises(ValueError, match="cannot send"):
        rebuilt(quoting, by=replaced, of=(KeyError, OSError))


def test_what_the_call_held_is_free_once_the_error_is():
    held = Held()
    gone = weakref.ref(held)
    gc.disable()
    try:
        with pytest.raises(NotSent):
            rebuilt(partial(fail_with, held), by=replaced)
        del held
        assert gone() is None, "without waiting for the garbage collector"
    finally:
        gc.enable()


def test_the_frames_of_an_error_and_of_its_causes_are_cleared():
    def failing():
        code = SECRET
        try:
            quoting()
        except ValueError as error:
            raise KeyError(len(code)) from error

    try:
        failing()
    except KeyError as error:
        cleared = drop_frames(error)
    assert cleared.__cause__ is not None
    for passed in (cleared, cleared.__cause__):
        *_, (frame, _) = traceback.walk_tb(passed.__traceback__)
        assert frame.f_locals == {}
