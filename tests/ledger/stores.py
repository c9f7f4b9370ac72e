"""What stands in the place of DynamoDB: moto, dynalite, and a wire before either that can lose replies."""

import contextlib
import http.client
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.raw_server import free_port

DYNALITE = "NOTIFYHUB_DYNALITE_DIR"


@contextlib.contextmanager
def moto_one_at_a_time():
    """The URL of moto's server behind a lock.

    DynamoDB compares and writes in one step; moto does so in two, and lets other threads in between.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):
        def log_request(self, *arguments):
            """Thousands of lines that say nothing."""

    application, lock = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def locked(environ, start_response):
        with lock:
            return [b"".join(application(environ, start_response))]

    server = make_server("127.0.0.1", 0, locked, threaded=True, request_handler=Quiet)
    with served(server):
        yield f"http://127.0.0.1:{server.server_port}"


@contextlib.contextmanager
def dynalite():
    """The URL of dynalite, which fails to start rather than skips where it is installed and does not work."""
    cli = Path(os.environ.get(DYNALITE, "absent")) / "node_modules" / "dynalite" / "cli.js"
    if not cli.is_file():
        pytest.skip(f"dynalite is not installed; `make test` does so where npm is present, and sets {DYNALITE}")
    port = free_port()
    command = ["node", str(cli), "--host", "127.0.0.1", "--port", str(port), "--createTableMs", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            started = process.stdout.readline()
            assert "listening" in started, f"{started}{process.stdout.read()}"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@contextlib.contextmanager
def served(server):
    """Serves from a thread of its own until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class LossyWire(ThreadingHTTPServer):
    """Hands requests on, and loses the reply of the next when it is told to: the store has done it, nobody hears."""

    daemon_threads = True

    def __init__(self, store):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = urlsplit(store)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.statuses = []
        self.losing = 0

    @contextlib.contextmanager
    def losing_the_next_reply(self):
        """Fails where the client did not repeat what got no reply: then nothing would have been tried."""
        self.statuses.clear()
        self.losing = 1
        yield
        assert self.losing == 0
        assert len(self.statuses) == 2
        assert self.statuses[0] == 200

    def forward(self, path, headers, body):
        """The store's answer."""
        connection = http.client.HTTPConnection(self.store.hostname, self.store.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LossyWire

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, answer = self.server.forward(self.path, dict(self.headers), body)
        self.server.statuses.append(status)
        if self.server.losing:
            self.server.losing -= 1
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in {"connection", "keep-alive", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        """Nothing: a test's output is its own."""


def new_table(client, name="notifyhub"):
    """The table as docs/ledger.md defines it."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    until = time.monotonic() + 10
    while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        assert time.monotonic() < until
        time.sleep(0.01)
    return name
