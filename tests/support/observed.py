"""Outcomes that take some staging, for the tests of what is told of them."""

import threading

import pytest

from notifyhub.deadline import Deadline
from notifyhub.errors import DeliveryFailed, InProgress
from notifyhub.events import parse_event
from notifyhub.ledger.base import Ledger
from notifyhub.observability.observer import Observer
from notifyhub.testing import RecordingProvider
from tests.support.hub import signing_up


class Late(RecordingProvider):
    """Accepts, but only when it is let go."""

    def __init__(self):
        super().__init__()
        self.let_go = threading.Event()

    def send(self, message, context):
        assert self.let_go.wait(30)
        return super().send(message, context)

    def given_up(self, hub):
        """Has a message given up, and waits until its late result is told to the last of the observers."""
        told = Told()
        hub.dispatcher._reporter._observers += (told,)  # behind those of the configuration, where none can be given
        with pytest.raises(DeliveryFailed):
            hub.dispatcher.dispatch(signing_up(), correlation="request-1")
        self.let_go.set()
        assert told.late.wait(30), "the late result was not told"


class Dead(Ledger):
    """A ledger whose network is gone."""

    def claim(self, key, *, owner, lease):
        raise ConnectionError

    def settle(self, claim, receipt):
        raise ConnectionError

    def release(self, claim, *, unknown_at=()):
        raise ConnectionError


class Told(Observer):
    """The last of the observers: what it was told, all were."""

    def __init__(self):
        self.late = threading.Event()

    def on_late(self, event, channel, attempt):
        self.late.set()


def in_progress(hub):
    """Dispatches an event that somebody else holds."""
    raw = signing_up()
    hub.ledger.claim(parse_event(raw).key("email", "request-1"), owner="somebody else", lease=45)
    with pytest.raises(InProgress):
        hub.dispatcher.dispatch(raw, correlation="request-1", deadline=Deadline.after(0.3))
