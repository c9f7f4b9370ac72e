"""A provider that does not answer never eats the next one's time, whatever it does instead.

Over real connections: time-outs of httpx bound one read each, so that a byte now and then holds a call for ever.
"""

import contextlib
import socket
import threading
import time

import pytest

from notifyhub.clients import sockets
from notifyhub.deadline import Deadline
from notifyhub.errors import DeliveryFailed, OutcomeUnknown, RefusedHere
from notifyhub.observability.observer import Observer
from notifyhub.workers import MAX_HANGING
from tests.support.hub import Hub, Waiting, settings_of, signing_up
from tests.support.raw_server import raw_server

SECONDS = 0.6
SLACK = 6.0
"""Machines that run tests do other things, too; the peers here are silent for far longer."""
SILENT_S = 20


@pytest.fixture
def over():
    """Set when the test is over, so that no peer outlives it."""
    event = threading.Event()
    yield event
    event.set()


class Late(Observer):
    def __init__(self):
        self.attempts: list[str] = []
        self.came = threading.Event()

    def on_late(self, event, channel, attempt):
        self.attempts.append(attempt.outcome)
        self.came.set()


@contextlib.contextmanager
def peer(answer, over):
    """A server that is let go before it is waited for."""
    with raw_server(answer) as address:
        try:
            yield address
        finally:
            over.set()


def silent(over):
    return lambda connection: over.wait(SILENT_S)


def dripping_head(over):
    def drip(connection):
        for byte in b"HTTP/1.1 202 Accepted\r\nx-message-id: m-1\r\n" + b"x-more: yes\r\n" * 80:
            connection.sendall(bytes([byte]))
            if over.wait(0.02):
                return

    return drip


def dripping_body(over):
    def drip(connection):
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nx-message-id: m-1\r\ncontent-length: 2000\r\n\r\n")
        for _ in range(2000):
            connection.sendall(b"x")
            if over.wait(0.02):
                return

    return drip


def hub_over(address, **tables):
    mail = {"use": "sendgrid", "api_key": "k", "sender": "a@acme.example", "base_url": f"http://{address}"}
    tables = {"delivery": {"attempt_timeout_s": SECONDS}, **tables}
    return Hub(settings_of(email=("mail", "backup"), providers={"mail": mail}, **tables))


def failed_over(hub, *, seconds=SECONDS, **options):
    """The attempt that was given up in time, before the backup accepted."""
    began = time.monotonic()
    (delivery,) = hub.dispatcher.dispatch(signing_up(), **options).deliveries
    assert time.monotonic() - began < seconds + SLACK
    assert delivery.provider == "backup"
    first = delivery.attempts[0]
    assert first.duration_ms < (seconds + SLACK) * 1000
    hub.dispatcher.close()
    return first


@pytest.mark.parametrize("answer", [silent, dripping_head, dripping_body])
def test_an_answer_that_does_not_come_or_drips_is_given_up_in_time(answer, over):
    with peer(answer(over), over) as address:
        assert failed_over(hub_over(address)).outcome == "OutcomeUnknown"


def test_a_name_server_that_does_not_answer_is_given_up_in_time(over, monkeypatch):
    real = socket.getaddrinfo

    def slow(host, *rest, **options):
        if host == "localhost":
            over.wait(SILENT_S)
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with peer(silent(over), over) as address:
        port = address.rpartition(":")[2]
        first = failed_over(hub_over(f"localhost:{port}"), seconds=3 * SECONDS)
        assert first.outcome == "NotSent", "it never came to a request"


def test_what_keeps_the_deadline_by_itself_needs_no_thread_of_its_own(over):
    with peer(dripping_head(over), over) as address:
        hub = hub_over(address)
        hub.dispatcher.warm_up()
        hub.providers["backup"].fail_with(RefusedHere)
        with pytest.raises(DeliveryFailed) as caught:
            hub.dispatcher.dispatch(signing_up())
        assert [attempt.outcome for attempt in caught.value.attempts] == ["OutcomeUnknown", "RefusedHere"]
        assert list(hub.delivery.attempts.bulkheads) == ["backup"]
        hub.dispatcher.close()


def test_without_that_it_has_one(over, monkeypatch):
    monkeypatch.setattr(sockets, "install", lambda client: False)
    with peer(dripping_head(over), over) as address:
        hub = hub_over(address)
        hub.dispatcher.warm_up()
        assert failed_over(hub).outcome == "OutcomeUnknown"
        assert list(hub.delivery.attempts.bulkheads) == ["mail", "backup"]


def test_the_functions_remaining_time_bounds_it_too(over):
    with peer(silent(over), over) as address:
        hub = hub_over(address, delivery={"attempt_timeout_s": 20})
        assert failed_over(hub, deadline=Deadline.after(2.0), seconds=1.0).outcome == "OutcomeUnknown"


def test_one_that_takes_less_leaves_more_to_the_next():
    hub = Hub(settings_of(email=("mail", "backup")))
    hub.providers["mail"].fail_with(OutcomeUnknown)
    hub.dispatcher.dispatch(signing_up(), deadline=Deadline.after(8))
    first, second = (hub.providers[name].contexts[0].deadline.remaining() for name in ("mail", "backup"))
    assert first < 4
    assert second > 7


def test_an_instance_may_have_a_time_out_of_its_own():
    hub = Hub(settings_of(providers={"mail": {"use": "console", "timeout_s": 3}}))
    hub.dispatcher.dispatch(signing_up())
    assert hub.providers["mail"].contexts[0].deadline.remaining() < 3


def test_what_comes_after_it_was_given_up_is_told(caplog):
    late, waiting = Late(), Waiting()
    settings = settings_of(email=("mail", "backup"), delivery={"attempt_timeout_s": 0.2})
    hub = Hub(settings, providers={"mail": waiting}, observers=[late])
    assert hub.dispatcher.dispatch(signing_up(), correlation="request-1").deliveries[0].provider == "backup"
    assert late.attempts == []
    waiting.let.set()
    assert late.came.wait(10)
    assert late.attempts == ["accepted"]
    (record,) = [record for record in caplog.records if "late" in record.getMessage()]
    assert (record.outcome, record.provider, record.correlation) == ("late_accepted", "mail", "request-1")


def test_calls_that_hang_do_not_pile_up_without_end():
    """Each holds a thread and a connection that others need. Some seconds long: each has to hang for its time-out first."""
    waiting = Waiting()
    settings = settings_of(email=("mail", "backup"), delivery={"attempt_timeout_s": 0.3, "cooldown_s": 0})
    hub = Hub(settings, providers={"mail": waiting})
    for _ in range(MAX_HANGING):
        assert hub.dispatcher.dispatch(signing_up()).deliveries[0].attempts[0].outcome == "OutcomeUnknown"
    (delivery,) = hub.dispatcher.dispatch(signing_up()).deliveries
    assert delivery.attempts[0].outcome == "NotSent"
    assert "still hang" in str(delivery.attempts[0].detail)
    waiting.let.set()
    give_up = time.monotonic() + 10
    while hub.delivery.attempts.bulkheads["mail"]._hanging and time.monotonic() < give_up:
        time.sleep(0.01)
    assert hub.dispatcher.dispatch(signing_up()).deliveries[0].provider == "mail"


def test_a_secret_that_is_slow_to_fetch_means_that_nothing_was_sent(over, monkeypatch):
    hub = Hub(settings_of(email=("mail", "backup"), delivery={"attempt_timeout_s": SECONDS}))
    real = hub.dispatcher.providers.get

    def slow(name):
        if name == "mail":
            over.wait(SILENT_S)
        return real(name)

    monkeypatch.setattr(hub.dispatcher.providers, "get", slow)
    first = failed_over(hub)
    assert first.outcome == "NotSent"
    assert "could not be made ready" in str(first.detail)
    over.set()
    give_up = time.monotonic() + 10
    while hub.delivery.attempts.bulkheads["mail"]._hanging and time.monotonic() < give_up:
        time.sleep(0.01)
    assert hub.providers["mail"].contexts == [], "what counts as not sent is not sent later either"


def test_the_work_ends_within_the_lease(over):
    """Past it somebody else may take the message over, and send it too."""
    with peer(silent(over), over) as address:
        hub = hub_over(address, delivery={"attempt_timeout_s": 30, "lease_s": 2})
        assert failed_over(hub, seconds=1.0).outcome == "OutcomeUnknown"
