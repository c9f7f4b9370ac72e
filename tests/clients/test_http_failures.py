"""What each error of httpx, and of the libraries below it, says of the request."""

import h11
import pytest

from notifyhub.clients.http import HttpTransport, ProviderHttp
from notifyhub.clients.http_library import httpcore, httpx
from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.testing import VendorServer, assert_absent, traces_of

CANARY = "c4n4ry"
JUDGED = {
    NotSent: "ConnectError ConnectTimeout PoolTimeout ProxyError",
    ProviderUnusable: "UnsupportedProtocol LocalProtocolError",
    # Abstract classes are here too: a new subclass is unknown until somebody has judged it.
    OutcomeUnknown: """
        HTTPError RequestError TransportError TimeoutException NetworkError ProtocolError ReadTimeout WriteTimeout
        ReadError WriteError CloseError RemoteProtocolError DecodingError TooManyRedirects HTTPStatusError
        StreamError StreamConsumed StreamClosed ResponseNotRead RequestNotRead InvalidURL ConnectionNotAvailable
        """,
}
VERDICTS = {name: kind for kind, names in JUDGED.items() for name in names.split()}
NEVER_RAISED_BY_A_POST = {"CookieConflict", "SSEError", "HTTPXDeprecationWarning"}
"""Of the jar of cookies, of event streams (httpx2), and no error but a warning (httpx2)."""


def errors_of(library):
    found = (each for each in vars(library).values() if isinstance(each, type) and issubclass(each, Exception))
    return {each for each in found if each.__name__ not in NEVER_RAISED_BY_A_POST}


class Raising(httpx.BaseTransport):
    def __init__(self, error):
        self.error = error

    def handle_request(self, request):
        raise self.error


def transport_raising(error):
    transport = HttpTransport()
    transport._client = httpx.Client(transport=Raising(error))
    return transport


def failure(transport, **request):
    """The error that a post ends in; nothing hangs on it, and it shows nothing of the request."""
    request = {"url": "https://127.0.0.1:9", "json": {"text": CANARY}, **request}
    with pytest.raises(ProviderError) as caught:
        ProviderHttp("acme", transport).post(request.pop("url"), deadline=Deadline.after(5), **request)
    transport.close()
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    assert_absent([CANARY], traces_of(caught.value))
    return caught.value


@pytest.mark.parametrize("library", [httpx, httpcore, h11], ids=lambda library: library.__name__)
def test_every_error_was_judged_on_purpose(library):
    """A new class is unknown at first: judge it in ERRORS_BEFORE_SEND, then list it here."""
    assert {each.__name__ for each in errors_of(library)} <= set(VERDICTS)


def test_nothing_is_listed_that_no_library_has():
    assert set(VERDICTS) == {each.__name__ for library in (httpx, httpcore, h11) for each in errors_of(library)}


@pytest.mark.parametrize(
    "kind",
    sorted({*errors_of(httpx), *errors_of(httpcore), *errors_of(h11)}, key=str),
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_an_error_becomes_its_verdict_whichever_library_it_comes_from(kind):
    """httpx lets through what httpcore does not raise as its own, such as some of h11's."""
    error = kind.__new__(kind, CANARY)
    error.args = (CANARY,)
    assert type(failure(transport_raising(error))) is VERDICTS[kind.__name__]


@pytest.mark.parametrize(
    "error", [OSError(CANARY), ConnectionResetError(CANARY), ValueError(CANARY), RuntimeError(CANARY), KeyError(CANARY)]
)
def test_what_no_library_was_to_raise_may_come_after_the_request_left(error):
    assert type(failure(transport_raising(error))) is OutcomeUnknown


@pytest.mark.parametrize("length", ["3", "9999"])
def test_a_length_that_is_not_the_body_s_leaves_no_whole_request(length):
    """The error is h11's own here: httpcore 1.0.9 does not turn it into one of its own."""
    with VendorServer().running() as vendor:
        headers = {"Content-Length": length}
        error = failure(HttpTransport(), url=vendor.url, json=None, content=b"text", headers=headers)
        vendor.released.set()
    assert type(error) is ProviderUnusable
    assert "LocalProtocolError" in str(error)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", f"socks9://{CANARY}:{CANARY}@127.0.0.1"),
        ("ALL_PROXY", f"http://{CANARY}@[::1"),
        ("SSL_CERT_FILE", f"/no/such/{CANARY}.pem"),
    ],
)
def test_a_client_that_cannot_be_made_is_a_matter_of_the_environment(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    error = failure(HttpTransport())
    assert type(error) is ProviderUnusable
    assert variable in str(error)
