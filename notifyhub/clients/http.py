"""The one HTTP client that all providers share: sockets, time-outs, a cap on answers, and what each failure means."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from notifyhub.clients.reply import Reply
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.redaction.library_logs import quiet_http
from notifyhub.redaction.tracebacks import rebuilt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifyhub.clients.http_library import httpx
    from notifyhub.deadline import Deadline

RESPONSE_CAP = 64 * 1024
"""Bytes of an answer that are kept; receipts and errors are far shorter."""
CONNECT_TIMEOUT_S = 3.0
MAX_CONNECTIONS = 50


class HttpTransport:
    """Holds the pooled connections; built once per process, safe to use from many threads.

    Requests end with their deadlines through `notifyhub.clients.sockets`. Where that does not fit the installed
    library (`keeps_deadlines` is False), headers that drip and a name server that hangs are not bounded, and a request
    that its caller has given up may keep its connection for long. Once such requests hold all connections of a client,
    the next one waits for a free one in vain (PoolTimeout), as would all after it; so that client is left to them, and
    a new one takes its place.
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

    def acquire(self) -> httpx.Client:
        """The client for one request, to be given back with `release`."""
        with self._lock:
            client = self._current()
            self._users[client] += 1
            return client

    def release(self, client: httpx.Client) -> None:
        """Takes back a client after a request, and closes it after the last one if it was left meanwhile."""
        with self._lock:
            self._users[client] -= 1
            if self._users[client]:
                return
            del self._users[client]
            if self._client is client:
                return
        client.close()

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

            self._client = _make_client()
            self.keeps_deadlines = install(self._client) and self.keeps_deadlines
        return self._client


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
        client = rebuilt(self._transport.acquire, by=self._explain_environment)
        try:
            request = self._build(client, url, {**parts, "timeout": self._transport.timeout(deadline)})
            return self._exchange(client, request, auth, deadline)
        finally:
            self._transport.release(client)

    def _explain_environment(self, error: Exception) -> ProviderError:
        """Names the variables that keep a client from being made, and not their values, as the error may."""
        name = type(error).__name__
        problem = f"{name}; is HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE set to what cannot be used?"
        return ProviderUnusable(self._provider, problem)

    def _build(self, client: httpx.Client, url: str, parts: Mapping[str, Any]) -> httpx.Request:
        def build() -> httpx.Request:
            request = client.build_request("POST", url, **parts)
            request.url.host.encode("idna")  # what a socket does first, whose error httpx lets through
            return request

        return rebuilt(build, by=lambda error: ProviderUnusable(self._provider, type(error).__name__))

    def _exchange(
        self, client: httpx.Client, request: httpx.Request, auth: tuple[str, str] | None, deadline: Deadline
    ) -> Reply:
        reply = rebuilt(
            lambda: _send(client, request, auth, deadline),
            by=lambda error: self._explain(client, error),
        )
        if reply is None:
            raise OutcomeUnknown(self._provider, "the answer was still coming in when the time was up")
        if reply.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise OutcomeUnknown(self._provider, f"the answer ({reply.status}) is compressed, which was not asked for")
        return reply

    def _explain(self, client: httpx.Client, error: Exception) -> ProviderError:
        from notifyhub.clients.failures import judge

        if _refused_as_closed(client, error):
            return NotSent(self._provider, "closed")
        if type(error).__name__ == "PoolTimeout":
            self._transport.leave(client)
        return judge(error, ERRORS_BEFORE_SEND)(self._provider, type(error).__name__)


ERRORS_BEFORE_SEND: dict[str, type[ProviderError]] = {
    "ConnectError": NotSent,
    "ConnectTimeout": NotSent,
    "PoolTimeout": NotSent,
    "ProxyError": NotSent,
    "UnsupportedProtocol": ProviderUnusable,
    "LocalProtocolError": ProviderUnusable,
}
"""The errors of httpx, and of httpcore and h11 below it, after which no whole request left; `judge` reads it.

httpx (0.28.1) lets some errors of httpcore and h11 through as they are, and they have the same names: a Content-Length
that is not the body's is h11's LocalProtocolError. A time-out while writing or reading comes after the request began to
leave, as does every network error that is not one of connecting. InvalidURL and UnicodeError come from the Location
header of an answer: httpx reads it even where redirects are not followed.
"""


def _send(
    client: httpx.Client, request: httpx.Request, auth: tuple[str, str] | None, deadline: Deadline
) -> Reply | None:
    """The answer, None where its body was not all there when the time was up."""
    from notifyhub.clients.sockets import ending_with

    with ending_with(deadline):
        response = client.send(request, auth=auth, stream=True)
        try:
            body = _read_body(response, deadline)
        finally:
            with contextlib.suppress(Exception):  # an answer that has been read counts, however its connection ends
                response.close()
    if body is None:
        return None
    return Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def _refused_as_closed(client: httpx.Client, error: Exception) -> bool:
    """Whether a closed client refused the request; one that was on its way meanwhile ends in another error."""
    return client.is_closed and type(error) is RuntimeError


def _read_body(response: httpx.Response, deadline: Deadline) -> bytes | None:
    """The body up to the cap; what is beyond is not read at all. None where it is not there by the deadline.

    httpx's time-outs begin again with every piece, so a body that drips would go on; now it ends at the first piece
    that comes late, which is one read time-out after the deadline at the most.
    """
    body = bytearray()
    for chunk in response.iter_raw():  # as it came: a few kilobytes of gzip can unfold to gigabytes
        body += chunk
        if len(body) > RESPONSE_CAP:
            break
        if deadline.passed:
            return None
    return bytes(body[:RESPONSE_CAP])


def _make_client() -> httpx.Client:
    from http.cookiejar import DefaultCookiePolicy  # httpx has it loaded

    from notifyhub.clients.http_library import httpx

    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=20)
    # Answers are short, and none is decompressed.
    client = httpx.Client(follow_redirects=False, limits=limits, headers={"accept-encoding": "identity"})
    # Vendors' cookies would go along with every later message, grow, and pin a second try to the node that failed.
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    quiet_http()  # not before: httpx imports httpcore, and with it its loggers, when it builds a client
    return client
