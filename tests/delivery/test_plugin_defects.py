"""What a plugin does by mistake keeps no other provider from its turn, and shows nothing of the message."""

import asyncio
import logging
import threading

import pytest

from notifyhub.errors import (
    DeliveryFailed,
    NotSent,
    OutcomeUnknown,
    ProviderUnusable,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
)
from notifyhub.events import parse_event
from notifyhub.provider import Capabilities
from notifyhub.testing import RecordingProvider, assert_absent, traces_of
from tests.delivery.test_unknown_outcomes import Recognising
from tests.support.hub import CODE, Hub, Waiting, settings_of, signing_up
from tests.support.leak_search import LeakSearch

TWO = settings_of(email=("first", "second"))
PASSWORDS = ["Plain9xyz", "a\\b9Xqqq", "it's\"9Xq", "C&n<9>'T\"", "päss w%rd9"]


class Saying(RecordingProvider):
    """Raises what it makes of the message."""

    def __init__(self, says):
        super().__init__()
        self.says = says

    def send(self, message, context):
        raise self.says(message)


class Response:
    """As an SDK's, whose repr shows nothing of what it holds."""

    def __init__(self, text):
        self.text = text


class VendorError(RefusedHere):
    def __init__(self, text):
        self.response = Response(text)
        super().__init__("first", "refused")

    def __str__(self):
        return f"refused: {self.response.text}"


class Representing(RefusedHere):
    def __init__(self, text):
        self.response = Response(text)
        super().__init__("first", "refused")

    def __repr__(self):
        return f"<refused: {self.response.text}>"


class Verdict(VendorError, RecipientRejected):
    """A verdict that ends the event."""


class Failing(RefusedHere):
    def __init__(self, text):
        super().__init__("first", "refused")

    def __str__(self):
        raise ValueError


def with_note(text):
    error = RefusedHere("first")
    error.add_note(text)
    return error


@pytest.mark.parametrize(
    "says",
    [
        VendorError,
        Verdict,
        Representing,
        Failing,
        with_note,
        lambda text: RefusedHere(f"vendor said: {text}"),
        lambda text: RefusedHere("first", status=text),
        lambda text: type(f"Refused{CODE}", (RefusedHere,), {})("first"),
    ],
)
def test_an_error_shows_nothing_of_the_message_whatever_way_it_would(says):
    settings = settings_of(email=("first", "second"))
    hub = Hub(settings, providers={"first": Saying(lambda message: says(message.text))})
    event = parse_event(signing_up())
    with LeakSearch() as search:
        try:
            search.note(hub.dispatcher.dispatch(event))
        except Undeliverable as error:
            search.note(error)
        search.note(hub.ledger.claim(event.key("email", ""), owner="next", lease=0))
        search.assert_absent(CODE)


def providers_of(delivery):
    return [(attempt.provider, attempt.outcome) for attempt in delivery.attempts]


@pytest.mark.parametrize("kind", [asyncio.CancelledError, SystemExit, KeyboardInterrupt, GeneratorExit, BaseException])
def test_not_even_what_would_end_a_thread_stops_the_next_provider(kind):
    hub = Hub(TWO, providers={"first": Saying(lambda message: kind(message.text))})
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert providers_of(delivery) == [("first", "OutcomeUnknown"), ("second", "accepted")]
    assert str(delivery.attempts[0].detail) == f"first: the plugin raised {kind.__name__}"


class Prompt(RecordingProvider):
    """Called in the thread of whoever dispatches."""

    capabilities = Capabilities(keeps_deadline=True)


@pytest.mark.parametrize("kind", [KeyError, OSError, UnicodeError])
def test_a_defect_in_the_callers_own_thread_is_no_worse(kind):
    hub = Hub(TWO, providers={"first": Prompt()})
    hub.providers["first"].fail_with(kind())
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert providers_of(delivery) == [("first", "OutcomeUnknown"), ("second", "accepted")]
    assert list(hub.delivery.attempts.bulkheads) == ["second"]


def test_there_a_signal_is_not_taken_for_a_defect():
    hub, event = Hub(TWO, providers={"first": Prompt()}), parse_event(signing_up())
    hub.providers["first"]._failures.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        hub.dispatcher.dispatch(event)
    claim = hub.ledger.claim(event.key("email", ""), owner="next", lease=45)
    assert (claim.state, claim.unknown_at) == ("won", ("first",))


@pytest.mark.parametrize("facts", [{"code": 21211}, {"request_id": 7.5}, {"code": object(), "status": "x"}])
def test_facts_of_another_type_are_no_obstacle(facts):
    hub = Hub(TWO, providers={"first": Saying(lambda message: RefusedHere("acme", f"bad {message.to}", **facts))})
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert providers_of(delivery) == [("first", "RefusedHere"), ("second", "accepted")]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("part", ["text", "html", "repr", "nested"])
def test_a_password_is_found_in_every_way_that_it_may_be_written(password, part):
    """Codes are digits, but passwords hold what HTML, JSON and Python escape."""
    says = {
        "text": lambda message: RefusedHere("acme", f"unparsable: {message.text}"),
        "html": lambda message: RefusedHere("acme", f"unparsable: {message.html}"),
        "repr": lambda message: NotSent("acme", repr(message.text), code="E1"),
        "nested": lambda message: RefusedHere("acme", str({"body": [message.text, '"']})),
    }[part]
    hub = Hub(TWO, providers={"first": Saying(says), "second": Saying(says)})
    with LeakSearch() as search:
        with pytest.raises(DeliveryFailed) as caught:
            hub.dispatcher.dispatch(signing_up("CustomEmailSender_AdminCreateUser", code=password))
        search.note(caught.value)
        parts = [
            word for word in password.replace("\\", " ").replace('"', " ").replace("'", " ").split() if len(word) > 3
        ]
        search.assert_absent(password, repr(password)[1:-1], *parts)


@pytest.mark.parametrize("rule", ["stop", "retry_invocation"])
@pytest.mark.parametrize("after", [NotSent, RefusedHere, ProviderUnusable])
def test_no_refusal_behind_it_makes_an_unknown_outcome_known(rule, after):
    """The first call may have been accepted, whatever the same provider says of the second."""
    settings = settings_of(email=("first", "second"), triggers={"SignUp": {"on_unknown": rule}})
    hub = Hub(settings, providers={"first": Recognising()})
    hub.providers["first"].fail_with(OutcomeUnknown)
    hub.providers["first"].fail_with(after, times=10)
    with pytest.raises((Undeliverable, DeliveryFailed), match="it may have been accepted"):
        hub.dispatcher.dispatch(signing_up())
    assert hub.providers["second"].contexts == []


def test_an_acceptance_behind_it_does():
    settings = settings_of(email=("first", "second"), triggers={"SignUp": {"on_unknown": "stop"}})
    hub = Hub(settings, providers={"first": Recognising()})
    hub.providers["first"].fail_with(OutcomeUnknown)
    assert hub.dispatcher.dispatch(signing_up()).status == "accepted"


def test_what_was_accepted_late_is_settled():
    """The invocation failed by then; when Lambda brings the event again, nothing is sent."""
    waiting = Waiting()
    settings = settings_of(delivery={"attempt_timeout_s": 0.3}, triggers={"SignUp": {"on_unknown": "retry_invocation"}})
    hub, event = Hub(settings, providers={"mail": waiting}), signing_up()
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    settled = threading.Event()
    real = hub.ledger.settle

    def settle(claim, receipt):
        real(claim, receipt)
        settled.set()

    hub.ledger.settle = settle  # type: ignore[method-assign]
    waiting.let.set()
    assert settled.wait(10)
    assert hub.dispatcher.dispatch(event).status == "duplicate"
    assert len(waiting.messages) == 1


class Shy(logging.Filter):
    def filter(self, record):
        raise KeyError(record.getMessage())


def test_a_filter_of_the_application_that_raises_stops_nothing():
    hub, shy = Hub(TWO), Shy()
    hub.providers["first"].fail_with(RefusedHere)
    logger = logging.getLogger("notifyhub")
    logger.addFilter(shy)
    try:
        assert hub.dispatcher.dispatch(signing_up()).deliveries[0].provider == "second"
    finally:
        logger.removeFilter(shy)


def test_the_search_for_passwords_can_fail():
    with pytest.raises(AssertionError):
        assert_absent([PASSWORDS[0]], traces_of(KeyError(PASSWORDS[0])))
