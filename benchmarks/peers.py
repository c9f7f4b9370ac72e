"""The peers of both handlers, in a process of their own so that what they burn is not counted: KMS and SendGrid.

It prints one line of JSON with the addresses, then answers each line on its standard input with a tally of the mails
that came since the last one, and ends with its input.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.events import token_of
from notifyhub.testing.vendor_server import VendorAnswer, VendorRequest, VendorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Tally:
    """The mails that arrived: how many under each API key that show what they should, and the last one."""

    right: dict[str, int]
    last: Any


class Peers:
    """The running peers, as the benchmark sees them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        addresses = self._line()
        self.kms_url: str = addresses["kms"]
        self.sendgrid_url: str = addresses["sendgrid"]

    def tally(self) -> Tally:
        """What arrived since the last tally."""
        assert self._process.stdin
        self._process.stdin.write("tally\n")
        self._process.stdin.flush()
        return Tally(**self._line())

    def _line(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the peers did not start; see the error above")
        return json.loads(line)


@contextlib.contextmanager
def running_peers() -> Iterator[Peers]:
    """Starts both peers and ends them with the block."""
    command = [sys.executable, "-m", "benchmarks.peers"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Peers(process)  # leaving the with block of Popen closes its input, at which it ends


def _tally(requests: list[VendorRequest]) -> dict[str, Any]:
    right: Counter[str] = Counter()
    for request in requests:
        key = request.headers["authorization"].removeprefix("Bearer ")
        right[key] += _is_right(request.json())
    return {"right": right, "last": requests[-1].json() if requests else None}


def _is_right(mail: Any) -> bool:
    """Whether every part of the mail shows the token that belongs to its recipient."""
    token = token_of(mail["personalizations"][0]["to"][0]["email"])
    return len(mail["content"]) == 2 and all(token in part["value"] for part in mail["content"])


def _serve() -> None:
    from moto.server import ThreadedMotoServer
    from werkzeug.serving import WSGIRequestHandler

    # As KMS does, and unlike werkzeug by default: it keeps connections, so that neither side pays for new ones.
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    sendgrid = VendorServer()
    sendgrid.answer = VendorAnswer(status=202, headers={"x-message-id": "made-up"})
    with sendgrid.running():
        print(json.dumps({"kms": f"http://{host}:{port}", "sendgrid": sendgrid.url}), flush=True)
        for _ in sys.stdin:
            print(json.dumps(_tally(sendgrid.requests)), flush=True)
            sendgrid.requests.clear()
    moto.stop()


if __name__ == "__main__":
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    _serve()
