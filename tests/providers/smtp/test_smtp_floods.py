"""A server that never ends its reply takes neither the process's memory nor the other providers' turn."""

import contextlib
import socketserver
import threading
import time
import tracemalloc

import pytest

from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, OutcomeUnknown
from notifyhub.messages import Message
from notifyhub.provider import SendContext
from notifyhub.provider.toolkit import Clients
from notifyhub_providers.smtp import Smtp

POLITE = {
    "connect": b"220 x",
    "ehlo": b"250-x\r\n250 AUTH PLAIN",
    "auth": b"235 ok",
    "mail": b"250 ok",
    "rcpt": b"250 ok",
}
FIRST_WORDS = {b"EHLO": "ehlo", b"AUTH": "auth", b"MAIL": "mail", b"RCPT": "rcpt", b"DATA": "data"}
CODES = {
    "connect": b"220",
    "ehlo": b"250",
    "auth": b"235",
    "mail": b"250",
    "rcpt": b"250",
    "data": b"354",
    "dot": b"250",
}
LINES = {"many lines": b"-" + b"x" * 400 + b"\r\n", "one line": b"x" * 400}


@contextlib.contextmanager
def flooding(stage, line):
    """A server that is polite until the stage, and then never ends its reply."""

    class Flood(socketserver.StreamRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError):
                self.converse()

        def converse(self):
            self.answer("connect")
            for command in self.rfile:
                if at := FIRST_WORDS.get(command[:4].upper()):
                    self.answer(at)
                elif command == b".\r\n":
                    self.answer("dot")

        def answer(self, at):
            while at == stage:
                self.wfile.write((CODES[at] + line if line.endswith(b"\n") else line) * 200)
            self.wfile.write(POLITE.get(at, CODES[at] + b" ok") + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Flood) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("stage", CODES)
def test_a_reply_that_does_not_end_is_cut(stage, line):
    with flooding(stage, line) as port:
        table = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "a@acme.example"}
        login = {"username": "u", "password": "p"} if stage == "auth" else {}
        provider = Smtp(Smtp.Settings.model_validate({**table, **login}), Clients().toolkit("smtp"))
        message = Message(channel="email", to="jane@example.com", trigger="SignUp", subject="Code", text="83920174")
        began = time.monotonic()
        tracemalloc.start()
        try:
            with pytest.raises(OutcomeUnknown if stage == "dot" else NotSent):
                provider.send(message, SendContext(deadline=Deadline.after(20), idempotency_key="5f" * 32))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 10e6
    assert time.monotonic() - began < 10, "it was cut, and not waited for"
