"""What logs and observers get to know of each outcome."""

import json
import logging
from dataclasses import replace

import pytest

from notifyhub import Observer, Receipt
from notifyhub.errors import (
    DeliveryFailed,
    EventError,
    NoRoute,
    NotSent,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
)
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.testing.contracts.ledger import ManualClock
from tests.support.hub import Hub, settings_of, signing_up
from tests.support.observed import Dead, Late, in_progress

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


def only(log, outcome):
    """The one line of that outcome."""
    (record,) = [record for record in log.records if getattr(record, "outcome", None) == outcome]
    return record


WHO = ("trigger", "channel", "sub", "recipient", "correlation")
JANE = ("SignUp", "email", SUB, "j***@e***.com", "request-1")


def test_a_duplicate_says_whose_it_is(log):
    hub, event = Hub(), signing_up()
    hub.dispatcher.dispatch(event, correlation="request-1")
    hub.dispatcher.dispatch(event, correlation="request-1")
    record = only(log, "duplicate")
    assert fields(record, *WHO, "provider", "message_id") == (*JANE, "mail", "recorded-1")
    assert record.getMessage() == "SignUp email duplicate by mail"


def test_of_a_ledger_that_keeps_no_recipient_a_duplicate_and_a_verdict_still_say_whose_they_are(log):
    class Forgetful(MemoryLedger):
        """Keeps what ledgers on the network keep."""

        def settle(self, claim, receipt):
            kept = tuple(replace(delivery, recipient=None, attempts=()) for delivery in receipt.deliveries)
            super().settle(claim, Receipt.of(kept))

    hub, accepted, rejected = Hub(ledger=Forgetful()), signing_up(), signing_up()
    hub.dispatcher.dispatch(accepted)
    hub.providers["mail"].fail_with(RecipientRejected)
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(rejected)
    log.clear()
    hub.dispatcher.dispatch(accepted, correlation="request-1")
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(rejected, correlation="request-1")
    assert fields(only(log, "duplicate"), *WHO) == JANE
    assert fields(only(log, "undeliverable"), *WHO, "reason") == (*JANE, "recipient_rejected")


@pytest.mark.parametrize(
    ("sandbox", "reason"), [({"dry_run": True}, "dry_run"), ({"allow": ["*@acme.example"]}, "not_allowed")]
)
def test_what_is_held_back_is_one_quiet_line_with_its_reason(sandbox, reason, log):
    Hub(settings_of(sandbox=sandbox)).dispatcher.dispatch(signing_up(), correlation="request-1")
    (record,) = log.records
    assert fields(record, "levelno", "outcome", "reason", "attempt", *WHO) == (
        logging.INFO,
        "dry_run",
        reason,
        0,
        *JANE,
    )
    assert record.getMessage() == f"SignUp email dry_run ({reason})"


def test_a_redirected_message_says_where_it_went(log):
    hub = Hub(settings_of(sandbox={"redirect_email": "team@acme.example"}))
    hub.dispatcher.dispatch(signing_up())
    assert fields(only(log, "accepted"), "recipient") == ("t***@a***.example",)


def test_what_another_invocation_is_sending_is_one_warning(log):
    in_progress(Hub())
    (record,) = log.records
    assert fields(record, "levelno", "outcome", "error_type", *WHO) == (logging.WARNING, "failed", "InProgress", *JANE)


def test_what_expired_is_one_error_line(log):
    clock = ManualClock()
    hub = Hub(settings_of(triggers={"SignUp": {"dead_after": "1h"}}), ledger=MemoryLedger(clock=clock), clock=clock)
    hub.providers["mail"].fail_with(RefusedHere)
    event = signing_up()
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    log.clear()
    clock.advance(3601)
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(event, correlation="request-1")
    (record,) = log.records
    assert fields(record, "levelno", "outcome", "reason", *WHO) == (logging.ERROR, "undeliverable", "expired", *JANE)


def test_without_a_route_it_is_still_known_whose_message_it_was(log):
    hub = Hub(settings_of(email=()))
    with pytest.raises(NoRoute):
        hub.dispatcher.dispatch(signing_up(), correlation="request-1")
    (record,) = log.records
    assert fields(record, "outcome", "error_type", *WHO) == ("failed", "NoRoute", *JANE)


def test_each_failed_call_is_a_warning_with_its_number_and_whom_it_was_for(log):
    hub = Hub(TWO)
    hub.providers["first"].fail_with(NotSent)
    hub.providers["first"].fail_with(RefusedHere)
    hub.dispatcher.dispatch(signing_up(), correlation="request-1")
    *warnings, _ = log.records
    assert [fields(record, "outcome", "attempt", *WHO) for record in warnings] == [
        ("NotSent", 1, *JANE),
        ("RefusedHere", 2, *JANE),
    ]


def test_a_late_result_is_one_warning(log):
    late = Late()
    late.given_up(Hub(settings_of(providers={"mail": {"use": "console", "timeout_s": 0.05}}), providers={"mail": late}))
    record = only(log, "late_accepted")
    assert fields(record, "levelno", "provider", *WHO) == (logging.WARNING, "mail", *JANE)
    assert record.duration_ms >= 50


def test_a_ledger_that_is_down_says_for_which_message(log):
    hub = Hub(ledger=Dead())
    hub.dispatcher.dispatch(signing_up(), correlation="request-1")
    failures = [record for record in log.records if record.outcome == "ledger_failure"]
    assert [fields(record, "levelno", "operation", "error", *WHO) for record in failures] == [
        (logging.ERROR, operation, "ConnectionError", *JANE) for operation in ("claim", "claim", "settle")
    ]
    assert len(log.records) == 4


def test_an_event_that_cannot_be_read_is_one_error_line(log):
    with pytest.raises(EventError):
        Hub().dispatcher.dispatch({"triggerSource": "PreSignUp_SignUp"}, correlation="request-1")
    (record,) = log.records
    assert fields(record, "levelno", "outcome", "correlation") == (logging.ERROR, "unreadable", "request-1")
    assert (record.error_type, record.path) == ("EventError", "triggerSource")


def test_observers_see_each_channel_with_its_time_and_what_cannot_be_read():
    class Everything(Observer):
        def __init__(self):
            self.seen = []

        def on_delivery(self, event, delivery, *, error, duration_ms):
            self.seen.append((event.trigger, delivery.status, error, duration_ms > 0))

        def on_unreadable(self, error):
            self.seen.append(error)

        def on_ledger_failure(self, operation, problem):
            self.seen.append((operation, problem))

    told = Everything()
    hub = Hub(observers=[told], ledger=Dead())
    hub.dispatcher.dispatch(signing_up())
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed) as failed:
        hub.dispatcher.dispatch(signing_up())
    with pytest.raises(EventError) as unreadable:
        hub.dispatcher.dispatch({})
    down, settle, release = ((operation, "ConnectionError") for operation in ("claim", "settle", "release"))
    assert told.seen == [
        *[down, down, settle, ("SignUp", "accepted", None, True)],
        *[down, down, release, ("SignUp", "failed", failed.value, True)],
        unreadable.value,
    ]


def test_every_line_of_lambda_in_json_holds_the_fields():
    """By AWS's own formatter, so that the queries of the documentation find them."""
    utils = pytest.importorskip("awslambdaric.lambda_runtime_log_utils", reason="the runtime client is for Linux alone")
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(json.loads(utils.JsonFormatter().format(record)))  # type: ignore[method-assign]
    logging.getLogger("notifyhub").addHandler(handler)
    try:
        Hub().dispatcher.dispatch(signing_up(), correlation="request-1")
    finally:
        logging.getLogger("notifyhub").removeHandler(handler)
    (line,) = lines
    assert tuple(line[name] for name in WHO) == JANE
    assert (line["outcome"], line["level"], line["attempt"]) == ("accepted", "INFO", 1)
