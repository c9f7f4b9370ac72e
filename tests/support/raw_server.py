"""A peer on loopback that does what no HTTP server would."""

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def raw_server(answer: Callable[[socket.socket], object], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Hands each connection to `answer` once a request has begun to arrive, then closes it; yields `host:port`."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, answer, tls), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _serve(listener: socket.socket, answer: Callable[[socket.socket], object], tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        with accepted, contextlib.suppress(OSError):
            accepted.settimeout(10)
            with tls.wrap_socket(accepted, server_side=True) if tls else contextlib.nullcontext(accepted) as connection:
                connection.recv(65536)
                answer(connection)


def hung_up(connection: socket.socket, *, within_s: float = 0.0) -> bool:
    """Whether the client closes the connection within that time; what else it sends is thrown away."""
    end = time.monotonic() + within_s
    while select.select([connection], [], [], max(0.0, end - time.monotonic()))[0]:
        try:
            if not connection.recv(65536):
                return True
        except OSError:
            return True
    return False


def reset(connection: socket.socket) -> None:
    """Ends the connection with RST in place of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
