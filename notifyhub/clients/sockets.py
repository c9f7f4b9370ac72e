"""Connections of httpx that end with a deadline, whatever the peer does.

httpx bounds each operation: a peer that sends a byte now and then is read for ever, and a name server that does not
answer is waited for without any limit. Here every read and write has just the time that is left, and connecting, which
includes asking the name server, is given up when it is over.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from notifyhub.clients.http_library import httpcore
from notifyhub.workers import WORKERS, Saturated, TimedOut

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    from notifyhub.clients.http_library import httpx
    from notifyhub.deadline import Deadline

SLICE = 16 * 1024
"""Bytes that are written with one time-out; a message is rarely longer than what the system takes at once."""

_request = threading.local()


@contextlib.contextmanager
def ending_with(deadline: Deadline) -> Iterator[None]:
    """For the request that this thread makes inside."""
    _request.deadline = deadline
    try:
        yield
    finally:
        del _request.deadline


def install(client: httpx.Client) -> bool:
    """Whether the client's connections will end with their deadlines.

    httpx has no setting for it, so this reaches for what httpcore calls its network backend. A release that keeps it
    elsewhere is served all the same: its requests are made in a thread that can be left behind.
    """
    transports = [client._transport, *client._mounts.values()]  # noqa: SLF001
    pools: list[Any] = [getattr(transport, "_pool", None) for transport in transports if transport is not None]
    if not all(isinstance(getattr(pool, "_network_backend", None), httpcore.NetworkBackend) for pool in pools):
        return False
    for pool in pools:
        pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001
    return True


def _seconds_left(timeout: float | None, too_late: type[Exception]) -> float:
    """Seconds for the next operation; raises `too_late` where there are none."""
    deadline: Deadline | None = getattr(_request, "deadline", None)
    left = timeout if deadline is None else min(deadline.remaining(), timeout or deadline.remaining())
    if left is None or left <= 0:
        raise too_late("the time is up")
    return left


class _Backend(httpcore.NetworkBackend):
    """Opens connections in a thread of its own: nothing else can leave a name server behind."""

    def __init__(self, real: httpcore.NetworkBackend) -> None:
        self._real = real

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _seconds_left(timeout, httpcore.ConnectTimeout)
        try:
            stream = WORKERS.call(
                lambda: self._real.connect_tcp(host, port, left, local_address, socket_options), left, late=_close
            )
        except TimedOut:
            problem: Exception = httpcore.ConnectTimeout("the time is up")
        except Saturated:
            problem = httpcore.ConnectError("no thread could be started")
        else:
            return _Stream(stream)
        raise problem

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        left = _seconds_left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._real.connect_unix_socket(path, left, socket_options))

    def sleep(self, seconds: float) -> None:
        self._real.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, real: httpcore.NetworkStream) -> None:
        self._real = real

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._real.read(max_bytes, _seconds_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), SLICE):
            self._real.write(buffer[start : start + SLICE], _seconds_left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        # Python's ssl bounds a handshake, and a read, as a whole.
        left = _seconds_left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._real.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)

    def close(self) -> None:
        self._real.close()


def _close(stream: httpcore.NetworkStream | None) -> None:
    if stream is not None:
        stream.close()
