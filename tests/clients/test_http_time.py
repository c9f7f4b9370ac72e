"""What a peer that takes its time does to a request and to those after it."""

import contextlib
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from notifyhub.clients import http, sockets
from notifyhub.clients.http import HttpTransport, ProviderHttp
from notifyhub.clients.http_library import httpx
from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError
from notifyhub.testing import VendorServer
from tests.support.raw_server import hung_up, raw_server

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"


@pytest.fixture
def transport():
    transport = HttpTransport()
    yield transport
    transport.close()


@pytest.fixture
def as_httpx_is(monkeypatch):
    """As with a release of httpx that our connections do not fit into: httpx's own time-outs alone."""
    monkeypatch.setattr(sockets, "install", lambda client: False)


def post(transport, address, *, seconds=5.0):
    return ProviderHttp("acme", transport).post(f"http://{address}/", deadline=Deadline.after(seconds), json={})


def dripping(first, piece, gone):
    """Sends `first`, then a piece every 50 ms, until the peer hangs up (which sets `gone`) or 20 s have passed."""

    def answer(connection):
        end = time.monotonic() + 20
        with contextlib.suppress(OSError):
            connection.sendall(first)
            while not hung_up(connection, within_s=0.05) and time.monotonic() < end:
                connection.sendall(piece)
        if time.monotonic() < end:
            gone.set()

    return answer


@pytest.mark.parametrize("first", [b"", HEAD[:17], HEAD], ids=["silence", "head", "body"])
def test_an_answer_that_drips_ends_with_the_deadline_and_leaves_the_outcome_unknown(transport, first):
    gone, piece = threading.Event(), b"x-a: b\r\n" if first else b""
    with raw_server(dripping(first, piece, gone)) as address:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            post(transport, address, seconds=0.4)
        assert 0.3 < time.monotonic() - began < 3
        assert transport.open()._transport._pool.connections == []


def test_a_handshake_that_does_not_come_was_surely_no_request(transport):
    gone = threading.Event()
    with raw_server(dripping(b"", b"", gone)) as address:
        began = time.monotonic()
        with pytest.raises(NotSent, match="ConnectTimeout"):
            ProviderHttp("acme", transport).post(f"https://{address}/", deadline=Deadline.after(0.4), json={})
        assert time.monotonic() - began < 1.9
        assert gone.wait(5), "the connection was not closed"


def test_a_name_server_that_does_not_answer_was_surely_not_passed(transport, monkeypatch):
    let, real = threading.Event(), socket.getaddrinfo

    def slow(host, *rest, **options):
        let.wait(20)
        return real(host, *rest, **options)

    with VendorServer().running() as vendor:
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        began = time.monotonic()
        with pytest.raises(NotSent, match="ConnectTimeout"):
            post(transport, vendor.url.removeprefix("http://"), seconds=0.4)
        assert time.monotonic() - began < 3
        let.set()
        assert post(transport, vendor.url.removeprefix("http://")).status == 200
        assert len(vendor.requests) == 1


def test_a_long_message_is_sent_whole(transport):
    body = "x" * (3 * sockets.SLICE + 7)
    with VendorServer().running() as vendor:
        ProviderHttp("acme", transport).post(vendor.url, deadline=Deadline.after(5), content=body.encode())
        assert vendor.requests[0].body.decode() == body


def test_through_a_proxy_the_deadline_counts_as_well(monkeypatch):
    with raw_server(dripping(HEAD[:17], b"x-a: b\r\n", threading.Event())) as address:
        monkeypatch.setenv("HTTP_PROXY", f"http://{address}")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        transport = HttpTransport()
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            post(transport, "api.acme.example", seconds=0.4)
        assert time.monotonic() - began < 3
        transport.close()


def test_the_installed_httpx_takes_our_connections():
    transport = HttpTransport()
    transport.open()
    assert transport.keeps_deadlines
    transport.close()


def test_an_httpx_that_keeps_its_backend_elsewhere_is_told_apart(transport):
    client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    assert sockets.install(client) is False


def test_a_body_that_drips_ends_with_the_deadline_even_so(transport, as_httpx_is):
    gone = threading.Event()
    with raw_server(dripping(HEAD, b"x", gone)) as address:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="the answer was still coming in when the time was up"):
            post(transport, address, seconds=0.4)
        assert 0.3 < time.monotonic() - began < 3
        assert gone.wait(5), "the connection was not closed"
        assert transport.open()._transport._pool.connections == []


def test_a_body_in_pieces_that_is_there_in_time_is_an_answer(transport):
    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n")
        for piece in (b"a", b"b", b"c"):
            time.sleep(0.05)
            connection.sendall(piece)

    with raw_server(answer) as address:
        assert post(transport, address).body == b"abc"


def test_requests_that_hang_do_not_keep_later_ones_from_being_sent(transport, monkeypatch, as_httpx_is):
    """Headers that drip are beyond any time-out of httpx; each such request keeps its connection, and its thread."""
    monkeypatch.setattr(http, "MAX_CONNECTIONS", 2)
    gone, ended = threading.Event(), []

    def hang(address):
        with pytest.raises(ProviderError) as caught:
            post(transport, address, seconds=0.2)
        ended.append(caught.value)

    with ExitStack() as stack:
        peers = [stack.enter_context(raw_server(dripping(HEAD[:17], b"x-a: b\r\n", gone))) for _ in range(2)]
        threads = [threading.Thread(target=hang, args=(address,), daemon=True) for address in peers]
        for thread in threads:
            thread.start()
        vendor = stack.enter_context(VendorServer().running())
        address = vendor.url.removeprefix("http://")
        time.sleep(0.5)
        assert ended == [], "their deadline has passed, and yet they go on: this is what the engine has to bound"
        with pytest.raises(NotSent, match="PoolTimeout"):
            post(transport, address, seconds=0.3)
        assert vendor.requests == []
        assert [post(transport, address).status for _ in range(3)] == [200, 200, 200]
        assert ended == [], "those that hang were not cut off: they might have been slow alone"
        transport.close()
        for thread in threads:
            thread.join(5)
        assert [type(error) for error in ended] == [OutcomeUnknown] * 2


def test_a_client_that_was_left_is_closed_behind_its_last_request(transport):
    client = transport.acquire()
    assert transport.acquire() is client
    transport.leave(client)
    successor = transport.open()
    assert successor is not client
    transport.release(client)
    assert not client.is_closed
    transport.release(client)
    assert client.is_closed
    assert not successor.is_closed


def test_a_client_that_was_closed_refuses_before_anything_is_sent(transport):
    """As when somebody closes a dispatcher while another thread is about to send."""
    with VendorServer().running() as vendor:
        client = transport.acquire()
        transport.close()
        request = client.build_request("POST", vendor.url)
        with pytest.raises(NotSent, match="closed"):
            ProviderHttp("acme", transport)._exchange(client, request, None, Deadline.after(5))
        assert vendor.requests == []
    assert transport.open() is not client


def test_a_client_is_left_once(transport):
    client = transport.open()
    transport.leave(client)
    successor = transport.open()
    transport.leave(client)
    assert transport.open() is successor is not client


def test_waiting_for_a_free_connection_takes_no_longer_than_making_one():
    assert HttpTransport(timeout_s=20).timeout(Deadline.never()).pool == http.CONNECT_TIMEOUT_S
