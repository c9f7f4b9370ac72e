"""The one HTTP client that all providers share: sockets, time-outs, a cap on answers, and what each failure means."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from notifyhub.clients.reply import Reply
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.redaction.library_logs import quiet_http

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from notifyhub.clients.http_library import httpx
    from notifyhub.deadline import Deadline

RESPONSE_CAP = 64 * 1024
"""Bytes of an answer that are kept; receipts and errors are far shorter."""
CONNECT_TIMEOUT_S = 3.0
MAX_CONNECTIONS = 50


class HttpTransport:
    """Holds the pooled connections; built once per process, safe to use from many threads.

    Not every request ends with its deadline: headers that drip and a hanging DNS cannot be bounded here, so a request
    that the caller has given up may keep its connection for long. Once such requests hold all of a client's, the next
    one waits for a free connection in vain (PoolTimeout), and so would every one after it; therefore that client is
    left to those that hold it, and a new one takes its place.
    """

    def __init__(self, *, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._users: Counter[httpx.Client] = Counter()
        self.keeps_deadlines = True
        """Whether requests end with their deadlines by themselves; False once a client could not be made to."""

    def open(self) -> httpx.Client:
        """The httpx client, built at first use: with its TLS context it costs a cold start too much to be idle."""
        with self._lock:
            return self._current()

    def timeout(self, deadline: Deadline) -> httpx.Timeout:
        """Time-outs per operation (httpx has no other kind) that do not reach past the deadline."""
        from notifyhub.clients.http_library import httpx

        left = min(self._timeout_s, deadline.remaining())
        short = min(CONNECT_TIMEOUT_S, left)
        return httpx.Timeout(left, connect=short, pool=short)

    @contextlib.contextmanager
    def used(self) -> Iterator[httpx.Client]:
        """The client for one request; one that was left meanwhile is closed behind its last."""
        with self._lock:
            client = self._current()
            self._users[client] += 1
        try:
            yield client
        finally:
            self._ended(client)

    def leave(self, client: httpx.Client) -> None:
        """Lets the next request open another client; this one serves the requests that it has, which may yet end."""
        with self._lock:
            if self._client is client:
                self._client = None

    def close(self) -> None:
        """Closes all connections, also those that are in use; the next request opens new ones."""
        with self._lock:
            clients, self._client = {*self._users, self._client}, None
        for client in clients:
            if client is not None:
                client.close()

    def _current(self) -> httpx.Client:
        if self._client is None or self._client.is_closed:
            from notifyhub.clients.sockets import install

            self._client = _new_client()
            self.keeps_deadlines = install(self._client) and self.keeps_deadlines
        return self._client

    def _ended(self, client: httpx.Client) -> None:
        with self._lock:
            self._users[client] -= 1
            if self._users[client]:
                return
            del self._users[client]
            if self._client is client:
                return
        client.close()


class ProviderHttp:
    """The shared client in the hands of one provider, whose name its errors carry."""

    def __init__(self, provider: str, transport: HttpTransport) -> None:
        self._provider = provider
        self._transport = transport

    def post(
        self,
        url: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Reply:
        """One POST, as `notifyhub.provider.Http` describes it."""
        if deadline.passed:
            raise NotSent(self._provider, "no time was left to send it")
        parts = {"headers": headers, "json": json, "data": form, "content": content}
        with self._used() as client:
            request = self._built(client, url, {**parts, "timeout": self._transport.timeout(deadline)})
            return self._exchanged(client, request, auth, deadline)

    @contextlib.contextmanager
    def _used(self) -> Iterator[httpx.Client]:
        """The client; what keeps it from being made is in the process's environment, and its error may quote that."""
        with contextlib.ExitStack() as stack:
            try:
                client = stack.enter_context(self._transport.used())
            except Exception as error:  # noqa: BLE001 - ssl's, httpx's and its optional libraries', as the variables have it
                name = type(error).__name__
                failure = ProviderUnusable(
                    self._provider, f"{name}; is HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE set to what cannot be used?"
                )
            else:
                yield client
                return
        raise failure

    def _built(self, client: httpx.Client, url: str, parts: Mapping[str, Any]) -> httpx.Request:
        try:
            request = client.build_request("POST", url, **parts)
            request.url.host.encode("idna")  # what a socket does first, whose error httpx lets through
        except Exception as error:  # noqa: BLE001 - of what it cannot write, httpx lets json's and others' errors through
            failure = ProviderUnusable(self._provider, type(error).__name__)
        else:
            return request
        # Outside the except block: these errors hold the URL, the credential or the body.
        raise failure

    def _exchanged(
        self, client: httpx.Client, request: httpx.Request, auth: tuple[str, str] | None, deadline: Deadline
    ) -> Reply:
        from notifyhub.clients.http_library import httpx

        try:
            reply = _exchange(client, request, auth, deadline)
        except Exception as error:  # noqa: BLE001 - httpx does not turn every error of h11, ssl or the codecs into one of its own
            # A client that somebody closed refuses before it sends anything; it does so with a bare RuntimeError.
            failure = NotSent(self._provider, "closed") if _refused_as_closed(client, error) else self._failure(error)
            if isinstance(error, httpx.PoolTimeout):
                self._transport.leave(client)
        else:
            if reply is not None:
                return reply
            failure = OutcomeUnknown(self._provider, "the answer was still coming in when the time was up")
        # Outside the except block, so that httpx's error, which shows the URL, is not even its context.
        raise failure

    def _failure(self, error: Exception) -> ProviderError:
        names = [base.__name__ for base in type(error).__mro__]
        kind = next(
            (BEFORE_THE_REQUEST_LEFT[name] for name in names if name in BEFORE_THE_REQUEST_LEFT), OutcomeUnknown
        )
        return kind(self._provider, type(error).__name__)


BEFORE_THE_REQUEST_LEFT: dict[str, type[ProviderError]] = {
    "ConnectError": NotSent,
    "ConnectTimeout": NotSent,
    "PoolTimeout": NotSent,
    "ProxyError": NotSent,
    "UnsupportedProtocol": ProviderUnusable,
    "LocalProtocolError": ProviderUnusable,
}
"""What errors say of the request, by class name with subclasses; any other may come after it left.

Names and not classes, because httpx (0.28.1) lets some errors of httpcore and h11 through as they are, and they have
the same names: a Content-Length that is not the body's is h11's LocalProtocolError, and such a request is never whole.
A time-out while writing or reading comes after the request began to leave, as does every network error that is not one
of connecting. InvalidURL and UnicodeError come from the Location header of an answer: httpx reads it even where
redirects are not followed.
"""


def _exchange(
    client: httpx.Client, request: httpx.Request, auth: tuple[str, str] | None, deadline: Deadline
) -> Reply | None:
    """The answer, None where its body was not all there when the time was up."""
    from notifyhub.clients.sockets import ending_with

    with ending_with(deadline):
        response = client.send(request, auth=auth, stream=True)
        try:
            body = _capped(response, deadline)
        finally:
            with contextlib.suppress(Exception):  # an answer that has been read counts, however its connection ends
                response.close()
    return None if body is None else Reply(response.status_code, _lowered(response.headers), body)


def _refused_as_closed(client: httpx.Client, error: Exception) -> bool:
    """Whether the client did not take the request; one that was on its way as it was closed ends in another error."""
    return client.is_closed and type(error) is RuntimeError


def _lowered(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _capped(response: httpx.Response, deadline: Deadline) -> bytes | None:
    """The body up to the cap; what is beyond is not read at all. None where it is not there by the deadline.

    httpx's time-outs begin anew with every piece, so a body that drips would go on; now it ends at the first piece that
    comes late, which is one read time-out after the deadline at the most.
    """
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > RESPONSE_CAP:
            break
        if deadline.passed:
            return None
    return bytes(body[:RESPONSE_CAP])


def _new_client() -> httpx.Client:
    from notifyhub.clients.http_library import httpx

    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=20)
    # Answers are short; a compressed one could unfold to far more than the cap before it is counted.
    client = httpx.Client(follow_redirects=False, limits=limits, headers={"accept-encoding": "identity"})
    quiet_http()  # not before: httpx imports httpcore, and with it its loggers, when it builds a client
    return client
