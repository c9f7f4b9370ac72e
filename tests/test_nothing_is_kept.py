"""Nothing keeps a message once its dispatch is over: not an idle thread, not the error's own traceback.

Without the garbage collector, which in a container that is frozen between two events may not run for hours.
"""

import gc
import uuid

import pytest

from notifyhub.errors import NotifyHubError, NotSent, OutcomeUnknown, ProviderUnusable, RecipientRejected, RefusedHere
from notifyhub.messages import Message
from notifyhub.provider import ProviderReceipt
from notifyhub.testing import RecordingProvider
from tests.support.hub import Hub, settings_of, signing_up


class Forgetting(RecordingProvider):
    """Keeps none of its messages."""

    def send(self, message, context):
        if self._failures:
            raise self._failures.popleft()
        return ProviderReceipt(message_id="m-1")


def kept(code):
    """The messages that are alive; from `get_objects`, which sees them whoever holds them."""
    return [thing for thing in gc.get_objects() if isinstance(thing, Message) and code in thing.text]


@pytest.fixture
def code():
    """Another one for each test, as the collector rests."""
    return f"c0de-{uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def hub():
    providers = {"first": Forgetting(), "second": Forgetting()}
    return Hub(settings_of(email=("first", "second")), providers=providers)


def test_nothing_is_kept_of_what_was_accepted(hub, code):
    hub.dispatcher.dispatch(signing_up(code=code))
    assert kept(code) == []


@pytest.mark.parametrize("kind", [RefusedHere, NotSent, OutcomeUnknown, ProviderUnusable, RecipientRejected, KeyError])
def test_nothing_is_kept_of_what_failed_even_while_its_error_is(hub, kind, code):
    for name in ("first", "second"):
        hub.providers[name].fail_with(KeyError() if kind is KeyError else kind, times=10)
    with pytest.raises(NotifyHubError) as caught:
        hub.dispatcher.dispatch(signing_up(code=code))
    assert caught.value.receipt is not None
    assert kept(code) == []


def test_the_search_finds_what_is_kept(code):
    hub = Hub()
    hub.dispatcher.dispatch(signing_up(code=code))
    assert len(kept(code)) == 1, "a recording provider keeps its messages"
