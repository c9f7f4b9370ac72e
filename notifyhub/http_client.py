"""The one HTTP client that all providers share: sockets, time-outs, a cap on answers, and what each failure means."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.log_guard import guard_http
from notifyhub.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from notifyhub.deadline import Deadline

RESPONSE_CAP = 64 * 1024
"""Bytes of an answer that are kept; receipts and errors are far shorter."""
CONNECT_TIMEOUT_S = 3.0


class HttpTransport:
    """Holds the pooled connections; built once per process, safe to use from many threads."""

    def __init__(self, *, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def open(self) -> httpx.Client:
        """The httpx client, built at first use: with its TLS context it costs a cold start too much to be idle."""
        with self._lock:
            if self._client is None:
                self._client = _new_client()
            return self._client

    def timeout(self, deadline: Deadline) -> httpx.Timeout:
        """Time-outs per operation (httpx has no other kind) that do not reach past the deadline."""
        import httpx

        left = min(self._timeout_s, deadline.remaining())
        return httpx.Timeout(left, connect=min(CONNECT_TIMEOUT_S, left))

    def close(self) -> None:
        """Closes the pooled connections; the next request opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None


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
        import httpx

        if deadline.passed:
            raise NotSent(self._provider, "no time was left to send it")
        client = self._transport.open()
        try:
            request = client.build_request(
                "POST",
                url,
                headers=headers,
                json=json,
                data=form,
                content=content,
                timeout=self._transport.timeout(deadline),
            )
            request.url.host.encode("idna")  # what a socket does first, whose error httpx lets through
        except (httpx.InvalidURL, UnicodeError) as error:
            failure = ProviderUnusable(self._provider, type(error).__name__)
        else:
            return self._exchanged(client, request, auth)
        # Outside the except block: these errors hold the URL, the credential or the body.
        raise failure

    def _exchanged(self, client: httpx.Client, request: httpx.Request, auth: tuple[str, str] | None) -> Reply:
        import httpx

        try:
            return _exchange(client, request, auth)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            failure = self._failure(error)
        # Outside the except block, so that httpx's error, which shows the URL, is not even its context.
        raise failure

    def _failure(self, error: Exception) -> ProviderError:
        kind = next(kind for base, kind in _failures().items() if isinstance(error, base))
        return kind(self._provider, type(error).__name__)


def _exchange(client: httpx.Client, request: httpx.Request, auth: tuple[str, str] | None) -> Reply:
    response = client.send(request, auth=auth, stream=True)
    try:
        return Reply(response.status_code, _lowered(response.headers), _capped(response))
    finally:
        response.close()


def _lowered(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _capped(response: httpx.Response) -> bytes:
    """The body up to the cap; what is beyond is not read at all."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > RESPONSE_CAP:
            break
    return bytes(body[:RESPONSE_CAP])


def _failures() -> dict[type[Exception], type[ProviderError]]:
    """What each failure of httpx says about the request; the first match counts.

    Source: the exception tree in httpx's documentation. A time-out while writing or reading comes after the request
    began to leave, as does every other network error that is not one of connecting. InvalidURL and UnicodeError come
    from the Location header of an answer here: httpx reads it even where redirects are not followed.
    """
    import httpx

    return {
        httpx.ConnectError: NotSent,
        httpx.ConnectTimeout: NotSent,
        httpx.PoolTimeout: NotSent,
        httpx.ProxyError: NotSent,
        httpx.UnsupportedProtocol: ProviderUnusable,
        httpx.LocalProtocolError: ProviderUnusable,
        Exception: OutcomeUnknown,
    }


def _new_client() -> httpx.Client:
    import httpx

    limits = httpx.Limits(max_connections=50, max_keepalive_connections=20)
    # Answers are short; a compressed one could unfold to far more than the cap before it is counted.
    client = httpx.Client(follow_redirects=False, limits=limits, headers={"accept-encoding": "identity"})
    guard_http()  # not before: httpx imports httpcore, and with it its loggers, when it builds a client
    return client
