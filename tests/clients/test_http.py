"""The HTTP client of all providers, against real peers on loopback."""

import logging
import time
import tracemalloc
import zlib

import pytest
import trustme

from notifyhub.clients.http import RESPONSE_CAP, HttpTransport, ProviderHttp
from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.testing import VendorAnswer, VendorServer, assert_absent, traces_of
from tests.support.http_library import LIBRARY
from tests.support.raw_server import free_port, raw_server, reset

CANARY = "c4n4ry"
HEADERS = {"Authorization": f"Bearer {CANARY}"}


@pytest.fixture
def http(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    transport = HttpTransport()
    yield ProviderHttp("acme", transport)
    transport.close()


@pytest.fixture
def vendor():
    with VendorServer().running() as server:
        yield server


def post(http, url, *, seconds=5.0, **request):
    """A post with canaries in URL, headers and body."""
    request = {"headers": HEADERS, "json": {"text": CANARY}, **request}
    return http.post(f"{url}/{CANARY}", deadline=Deadline.after(seconds), **request)


def failure(http, url, **request):
    """The error that a post ends in; it shows neither URL nor credential nor body, and no other error hangs on it."""
    with pytest.raises(ProviderError) as caught:
        post(http, url, **request)
    error = caught.value
    assert (error.provider, error.status) == ("acme", None)
    assert (error.__context__, error.__cause__) == (None, None)
    assert_absent([CANARY], traces_of(error))
    return error


def redirect_to(location):
    answer = b"HTTP/1.1 302 Found\r\nlocation: " + location + b"\r\ncontent-length: 0\r\n\r\n"
    return lambda connection: connection.sendall(answer)


def failure_over(http, answer, *, scheme="http", tls=None, **request):
    with raw_server(answer, tls=tls) as address:
        return failure(http, f"{scheme}://{address}", **request)


def test_a_reply_holds_status_headers_in_lower_case_and_body(http, vendor):
    vendor.answer = VendorAnswer(status=429, headers={"Retry-After": "7"}, body={"code": 1})
    reply = post(http, vendor.url)
    assert (reply.status, reply.retry_after, reply.field("code")) == (429, 7.0, 1)
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("request_", "body", "content_type"),
    [
        ({"json": {"a": "ö"}}, '{"a":"ö"}', "application/json"),
        ({"json": None, "form": {"a": "b c", "d": "+"}}, "a=b+c&d=%2B", "application/x-www-form-urlencoded"),
        ({"json": None, "content": b"<x/>", "headers": {"Content-Type": "text/xml"}}, "<x/>", "text/xml"),
    ],
    ids=["json", "form", "content"],
)
def test_a_body_is_sent_as_json_form_or_as_it_is(http, vendor, request_, body, content_type):
    post(http, vendor.url, **request_)
    sent = vendor.requests[0]
    assert (sent.method, sent.path) == ("POST", f"/{CANARY}")
    assert sent.body.decode() == body
    assert sent.headers["content-type"] == content_type


def test_basic_credentials_go_into_the_header(http, vendor):
    post(http, vendor.url, headers=None, auth=("user", "password"))
    assert vendor.requests[0].headers["authorization"] == "Basic dXNlcjpwYXNzd29yZA=="


def test_connections_are_shared(http, vendor):
    post(http, vendor.url)
    transport = http._transport
    assert transport.open() is transport.open()


def test_what_is_not_there_was_surely_not_reached(http):
    assert type(failure(http, f"http://127.0.0.1:{free_port()}")) is NotSent


def test_a_name_that_does_not_resolve_was_surely_not_reached(http):
    assert type(failure(http, "https://api.acme.invalid")) is NotSent


def test_a_peer_that_nobody_vouches_for_gets_no_request(http):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    got: list[object] = []
    error = failure_over(http, got.append, scheme="https", tls=context)
    assert type(error) is NotSent
    assert got == []


def test_no_time_left_means_that_nothing_is_sent(http, vendor):
    assert type(failure(http, vendor.url, seconds=0)) is NotSent
    assert vendor.requests == []


def test_a_vendor_that_is_silent_may_have_accepted_and_costs_no_more_than_the_deadline(http, vendor):
    vendor.answer = VendorAnswer(delay_s=30)
    began = time.monotonic()
    error = failure(http, vendor.url, seconds=0.3)
    assert type(error) is OutcomeUnknown
    assert str(error) == "acme: ReadTimeout"
    assert time.monotonic() - began < 5


def test_the_time_out_of_the_transport_counts_if_it_is_shorter():
    timeout = HttpTransport(timeout_s=2).timeout(Deadline.never())
    assert (timeout.connect, timeout.read, timeout.write, timeout.pool) == (2, 2, 2, 2)
    timeout = HttpTransport(timeout_s=20).timeout(Deadline.never())
    assert (timeout.connect, timeout.read) == (3, 20)


@pytest.mark.parametrize(
    "answer",
    [
        reset,
        lambda connection: None,
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}"),
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc"),
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
        lambda connection: connection.sendall(
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain"
        ),
    ],
    ids=["reset", "closed", "cut body", "cut chunk", "no HTTP", "broken compression"],
)
def test_a_reply_that_breaks_leaves_the_outcome_unknown(http, answer):
    assert type(failure_over(http, answer)) is OutcomeUnknown


@pytest.mark.parametrize("location", [b"http://[::1/", b"https://xn--/"], ids=["broken", "no name"])
def test_a_redirect_that_leads_nowhere_was_never_an_acceptance(http, location):
    """httpx reads the Location header of a redirect that it does not follow, and fails; to httpx2 2.16.2 it is an answer."""
    if LIBRARY == "httpx":
        assert type(failure_over(http, redirect_to(location))) is OutcomeUnknown
        return
    with raw_server(redirect_to(location)) as address:
        assert post(http, f"http://{address}").status == 302


def test_a_long_body_is_capped(http, vendor):
    vendor.answer = VendorAnswer(body="x" * 2**20)
    assert post(http, vendor.url).body == b"x" * RESPONSE_CAP


def test_what_is_beyond_the_cap_is_not_read(http):
    sent: list[int] = []
    size = 64 * 2**20

    def endless(connection):
        connection.sendall(f"HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n".encode())
        while sum(sent) < size:
            sent.append(connection.send(b"x" * 65536))

    with raw_server(endless) as address:
        assert len(post(http, f"http://{address}").body) == RESPONSE_CAP
    assert sum(sent) < size


def test_a_redirect_is_an_answer_and_is_not_followed(http, vendor):
    vendor.answer = VendorAnswer(status=307, headers={"Location": f"{vendor.url}/elsewhere"})
    assert post(http, vendor.url).status == 307
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(
    "request_",
    [
        {"url": f"ftp://127.0.0.1/{CANARY}"},
        {"url": f"http://[::1/{CANARY}"},
        {"url": f"https://api..{CANARY}.example"},
        {"headers": {"Authorization": f"Bearer {CANARY}\r\nX-More: yes"}},
        {"headers": {"Authorization": f"Bearer {CANARY}…"}},
        {"json": {"text": f"{CANARY}\ud800"}},
        {"json": {CANARY: {CANARY}}},
        {"json": None, "form": {"text": f"{CANARY}\ud800"}},
    ],
    ids=["scheme", "address", "empty label", "line break", "header not ASCII", "broken text", "no JSON", "broken form"],
)
def test_what_cannot_even_be_written_is_a_matter_of_the_settings(http, vendor, request_):
    """The errors of these cases hold what they were given: the credential, the whole body."""
    error = failure(http, request_.pop("url", vendor.url), **request_)
    assert type(error) is ProviderUnusable
    assert vendor.requests == []


def test_no_log_line_shows_url_header_or_body(http, vendor, caplog):
    """The root logger at DEBUG; loggers set to DEBUG one by one are in tests/redaction/test_library_logs.py."""
    vendor.answer = VendorAnswer(body=CANARY, headers={"X-Token": CANARY})
    with caplog.at_level(logging.DEBUG):
        post(http, vendor.url)
        failure(http, f"http://127.0.0.1:{free_port()}")
    assert_absent([CANARY, "127.0.0.1"], [caplog.text])


def bomb(coding):
    """A reply of some kilobytes whose body unfolds to 64 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if "gzip" in coding else 15)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    head = f"HTTP/1.1 202 Accepted\r\ncontent-encoding: {coding}\r\ncontent-length: {len(body)}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


@pytest.mark.parametrize("coding", ["gzip", "GZIP, gzip", "deflate", "br", "zstd", "made-up"])
def test_an_answer_is_never_decompressed(http, coding):
    """A few kilobytes can unfold to more than the process has, and then no other provider is asked."""
    tracemalloc.start()
    try:
        error = failure_over(http, bomb(coding))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert type(error) is OutcomeUnknown
    assert str(error) == "acme: the answer (202) is compressed, which was not asked for"
    assert peak < 10e6


def test_an_answer_that_says_that_it_is_not_compressed_counts(http, vendor):
    vendor.answer = VendorAnswer(status=202, headers={"Content-Encoding": "identity"}, body="kept as it is")
    assert post(http, vendor.url).body == b"kept as it is"


def test_no_cookie_is_kept(http, vendor):
    """They would go along with every later message, of other recipients too, and grow."""
    for number in range(3):
        vendor.answer = VendorAnswer(status=200, headers={"Set-Cookie": f"node{number}={CANARY}; Path=/"})
        post(http, vendor.url)
    assert [request.headers.get("cookie") for request in vendor.requests] == [None, None, None]
