"""A vendor on loopback that gives the answer a test sets, and keeps the requests."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class VendorRequest:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The body as an URL-encoded form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAnswer:
    """An answer of the server.

    Attributes:
        body: a text, or anything else to be written as JSON.
        delay_s: seconds to wait before the answer.
        drip_s: seconds between one byte of the answer and the next.
        hang_up: closes the connection instead of answering.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = ""
    delay_s: float = 0.0
    drip_s: float = 0.0
    hang_up: bool = False


class VendorServer:
    """An HTTP server on a free loopback port; use `running()`."""

    def __init__(self) -> None:
        self.answer = VendorAnswer()
        self.requests: list[VendorRequest] = []
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator[VendorServer]:
        """Serves inside the with block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.close()
            thread.join()

    def close(self) -> None:
        """Ends serving; from then on connections to the port are refused."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


def _make_handler(vendor: VendorServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            vendor.requests.append(VendorRequest(self.command, self.path, headers, body))
            answer = vendor.answer
            vendor.released.wait(answer.delay_s)
            if answer.hang_up:
                self.close_connection = True
                return
            with contextlib.suppress(ConnectionError):
                self._drip(answer) if answer.drip_s else self._reply(answer)

        do_GET = do_POST  # noqa: N815 - the name that http.server calls

        def _reply(self, answer: VendorAnswer) -> None:
            is_text = isinstance(answer.body, str)
            body = (answer.body if is_text else json.dumps(answer.body)).encode()
            self.send_response(answer.status)
            for name, value in {"content-type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _drip(self, answer: VendorAnswer) -> None:
            real, self.wfile = self.wfile, io.BytesIO()
            self._reply(answer)
            dripped, self.wfile = self.wfile.getvalue(), real
            for byte in dripped:
                self.wfile.write(bytes([byte]))
                vendor.released.wait(answer.drip_s)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Says nothing: requests hold messages."""

    return Handler
