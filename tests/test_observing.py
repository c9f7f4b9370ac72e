"""What logs and observers get to know of each outcome."""

import logging

import pytest

from notifyhub import Observer
from notifyhub.errors import DeliveryFailed, RecipientRejected, RefusedHere, Undeliverable
from tests.dispatching import Hub, settings_of, signing_up

SUB = "6f1c2a44-58a0-4f0e-9d4a-0f2d8f6f7a10"
TWO = settings_of(email=("first", "second"))


class Clumsy(Observer):
    """An observer that fails at everything."""

    def on_attempt(self, event, channel, attempt):
        raise ValueError(event.request.user_attributes["email"])

    def on_receipt(self, event, receipt):
        raise ValueError(event.request.user_attributes["email"])

    def on_failure(self, event, error):
        raise ValueError(event.request.user_attributes["email"])


@pytest.fixture(autouse=True)
def log(caplog):
    caplog.set_level(logging.DEBUG, logger="notifyhub")
    return caplog


def fields(record, *names):
    return tuple(getattr(record, name, None) for name in names)


def test_an_acceptance_is_one_line_with_its_facts(log):
    Hub().dispatcher.dispatch(signing_up(), correlation="request-1")
    (record,) = log.records
    assert (record.name, record.levelno) == ("notifyhub", logging.INFO)
    assert record.getMessage() == "SignUp email accepted by mail"
    assert fields(record, "trigger", "channel", "provider", "outcome", "attempt") == (
        "SignUp",
        "email",
        "mail",
        "accepted",
        1,
    )
    assert fields(record, "sub", "recipient", "correlation", "message_id") == (
        SUB,
        "j***@e***.com",
        "request-1",
        "recorded-1",
    )
    assert record.duration_ms >= 0
    assert not hasattr(record, "error")


def test_a_failover_that_succeeded_still_reports_the_provider_that_failed(log):
    hub = Hub(TWO)
    hub.providers["first"].fail_with(RefusedHere("acme", status=400, code="E7", request_id="r-1"))
    hub.dispatcher.dispatch(signing_up())
    warning, info = log.records
    assert (warning.levelno, info.levelno) == (logging.WARNING, logging.INFO)
    assert "first RefusedHere (acme: status 400, code E7)" in warning.getMessage()
    assert fields(warning, "provider", "outcome", "status", "code", "request_id") == (
        "first",
        "RefusedHere",
        400,
        "E7",
        "r-1",
    )
    assert fields(info, "provider", "attempt") == ("second", 2)
    assert hub.witness.attempts == [("first", "RefusedHere"), ("second", "accepted")]


@pytest.mark.parametrize(
    ("failure", "error", "status"),
    [(RefusedHere, DeliveryFailed, "failed"), (RecipientRejected, Undeliverable, "undeliverable")],
)
def test_what_could_not_be_delivered_is_an_error_line(failure, error, status, log):
    hub = Hub()
    hub.providers["mail"].fail_with(failure)
    with pytest.raises(error) as caught:
        hub.dispatcher.dispatch(signing_up())
    warning, record = log.records
    assert (warning.levelno, record.levelno) == (logging.WARNING, logging.ERROR)
    assert fields(record, "outcome", "trigger", "sub") == (status, "SignUp", SUB)
    assert record.error == f"{error.__name__}: {caught.value}"
    assert str(caught.value) in record.getMessage()


def test_a_duplicate_is_one_quiet_line(log):
    hub, event = Hub(), signing_up()
    hub.dispatcher.dispatch(event)
    log.clear()
    hub.dispatcher.dispatch(event)
    assert [fields(record, "levelno", "outcome") for record in log.records] == [(logging.INFO, "duplicate")]


def test_observers_see_attempts_and_what_became_of_the_event():
    hub = Hub()
    receipt = hub.dispatcher.dispatch(signing_up())
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed) as caught:
        hub.dispatcher.dispatch(signing_up())
    assert hub.witness.attempts == [("mail", "accepted"), ("mail", "RefusedHere")]
    assert hub.witness.receipts == [receipt]
    assert hub.witness.failures == [caught.value]


def test_an_observer_that_raises_harms_nothing_and_is_named_without_its_text(log):
    hub = Hub(TWO, observers=[Clumsy()])
    hub.providers["first"].fail_with(RefusedHere)
    assert hub.dispatcher.dispatch(signing_up()).status == "accepted"
    assert len(hub.witness.receipts) == 1, "the others are told all the same"
    hub.providers["first"].fail_with(RecipientRejected)
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(signing_up())
    complaints = [record.getMessage() for record in log.records if "Clumsy" in record.getMessage()]
    assert complaints == ["observer Clumsy raised ValueError"] * 5
    assert "jane.roe" not in log.text


def test_an_observer_may_override_what_it_wants_to_see():
    class Counter(Observer):
        count = 0

        def on_receipt(self, event, receipt):
            self.count += 1

    counter = Counter()
    hub = Hub(observers=[counter])
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(signing_up())
    hub.dispatcher.dispatch(signing_up())
    assert counter.count == 1
