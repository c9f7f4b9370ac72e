"""An SMTP server on loopback that says at one step what it is told to, and at the others what is polite."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

from notifyhub.testing.vendor_server import VendorAnswer, VendorRequest

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

POLITE = {
    "connect": "220 mail.test ESMTP",
    "ehlo": "250-mail.test\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
    "starttls": "220 go ahead",
    "auth": "235 2.7.0 welcome",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "dot": "250 2.0.0 queued",
}
_STAGES = {"EHLO": "ehlo", "STARTTLS": "starttls", "AUTH": "auth", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data"}


class ScriptedServer:
    """`answer` is for the stage in its headers, the final dot unless they name one.

    A stage of "body" hangs up in the middle of the mail. With `tls`, STARTTLS is honoured, and EHLO then answered as
    in POLITE. `requests` holds the mails that arrived whole, `commands` every line before them.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, **replies: str) -> None:
        self.tls = tls
        self.replies = {**POLITE, **replies}
        self.answer = VendorAnswer(status=250, body="2.0.0 queued")
        self.requests: list[VendorRequest] = []
        self.commands: list[str] = []
        self.drip_s = 0.0
        self.released = threading.Event()
        self._server = ThreadingTCPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"script": self}))
        # Little may be under way unread, so that a break in a large mail shows while it is being sent.
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @contextlib.contextmanager
    def running(self) -> Iterator[ScriptedServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.close()
            thread.join()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def reply(self, stage: str) -> str:
        """The reply at that stage, after the time that it shall take."""
        if self.answer.headers.get("stage", "dot") != stage:
            return self.replies[stage]
        self.released.wait(self.answer.delay_s)
        if self.answer.hang_up:
            raise ConnectionAbortedError
        return f"{self.answer.status} {self.answer.body}"


class _Handler(StreamRequestHandler):
    script: ScriptedServer

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.say("connect")
            while line := self.rfile.readline().decode().strip():
                self.script.commands.append(line)
                if line == "QUIT":
                    return
                self.say(_STAGES[line.partition(" ")[0].upper()])
                if line == "DATA":
                    self.take_mail()
                if line == "STARTTLS" and self.script.tls:
                    self.encrypt(self.script.tls)

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.script.replies["ehlo"] = POLITE["ehlo"]

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def say(self, stage: str) -> None:
        reply = f"{self.script.reply(stage)}\r\n".encode()
        size = 1 if self.script.drip_s else len(reply)
        for start in range(0, len(reply), size):
            self.wfile.write(reply[start : start + size])
            self.script.released.wait(self.script.drip_s)

    def take_mail(self) -> None:
        if self.script.answer.headers.get("stage") == "body":
            self.rfile.read(1000)
            # The connection ends with RST, since nothing lingers.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionAbortedError
        self.script.requests.append(VendorRequest("DATA", "", {}, b"".join(self.mail_lines())))
        self.say("dot")

    def mail_lines(self) -> Iterator[bytes]:
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionAbortedError
            yield line
