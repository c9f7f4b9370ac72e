"""AWS Lambda without AWS: a runtime API on loopback, and the function as a process that asks it for events."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

ROOTS = [str(Path(__file__).parents[2] / folder) for folder in ("", "providers", "templates")]
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:sender"
PREFIX = "/2018-06-01/runtime"
PATIENCE_S = 60
API_KEY = "SG.canary-key-of-the-test"
CONFIG = """
[app]
name = "Acme"

[decryption]
key_arns = ["{key_arn}"]

[providers.mail]
use = "sendgrid"
api_key = "env:SENDGRID_API_KEY"
sender = "Acme <no-reply@acme.example>"
base_url = "{vendor}"

[[routes]]
channel = "email"
providers = ["mail"]
"""


class RuntimeApi:
    """Hands out events, and takes what became of them, as the API that AWS describes.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    def __init__(self):
        self.pending: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self.outcomes: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self._server.server_address[1]}"

    def invoke(self, event):
        """What became of one invocation: `response` or `error`, and its body."""
        request_id = f"request-{time.monotonic_ns()}"
        self.pending.put((request_id, json.dumps(event).encode()))
        path, body = self.outcomes.get(timeout=PATIENCE_S)
        assert path.startswith(f"{PREFIX}/invocation/{request_id}/")
        return path.rpartition("/")[2], json.loads(body)

    def close(self):
        self.pending.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(api):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            assert self.path == f"{PREFIX}/invocation/next"
            item = api.pending.get()
            if item is not None:
                request_id, event = item
                deadline_ms = str(int((time.time() + 30) * 1000))
                self._answer(200, event, id_=request_id, deadline=deadline_ms)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            api.outcomes.put((self.path, body))
            self._answer(202, b'{"status": "OK"}')

        def _answer(self, status, body, *, id_="", deadline=""):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            if id_:
                self.send_header("Lambda-Runtime-Aws-Request-Id", id_)
                self.send_header("Lambda-Runtime-Deadline-Ms", deadline)
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", ARN)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


class Function:
    """The function's process with `notifyhub.toml` of the folder, the API that it asks, and what it printed.

    Every library logs at DEBUG; `variables` are added to its environment.
    """

    def __init__(self, folder, *, log_format, variables, log_name="function"):
        self.api = RuntimeApi()
        self._log = folder / f"{log_name}.log"
        environment = {
            **{name: value for name, value in os.environ.items() if name.startswith(("AWS_", "no_proxy"))},
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(ROOTS),
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "sender",
            "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
            "AWS_LAMBDA_LOG_FORMAT": log_format,
            "LAMBDA_TASK_ROOT": str(folder),
            "NOTIFYHUB_CONFIG": str(folder / "notifyhub.toml"),
            **variables,
        }
        command = [sys.executable, "-m", "awslambdaric", "notifyhub.aws_lambda.handler"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def log(self):
        return self._log.read_text(encoding="utf-8")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.api.close()
