"""Both vendors, as one process: they fail as the conditions say, and keep a record of what they accepted and when.

Written on bare asyncio, as a thread per connection would burn what is to be left to the workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import mmap
import signal
import socket
import struct
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from benchmarks.chaos.conditions import CLOSED_SHARE, PRIMARY, SECONDARY, SLOW_S, Conditions, Fault, drawn
from benchmarks.chaos.events import code_of, is_mail, number_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

LATENCY_S = (0.005, 0.025)
"""How long a vendor thinks; in the meantime the message is in mid-send."""
DRIPS = 10
_RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Record:
    """What the vendors saw.

    Attributes:
        accepted: each message that was accepted: the event's number, and the time on the system-wide monotonic clock.
        faults: how often each vendor failed in which way.
        requests: how many requests came to each.
        wrong: messages that do not show the code of the user that they go to.
    """

    accepted: list[tuple[int, float]] = field(default_factory=list)
    faults: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    wrong: int = 0


def serve(connection: Connection, conditions: Conditions, flags: Path) -> None:
    """The process: sends the ports of the primary and of the secondary, then at the first message the record."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends what it started
    asyncio.run(_Vendors(connection, conditions, flags).serve())


class _Vendors:
    def __init__(self, connection: Connection, conditions: Conditions, flags: Path) -> None:
        self._connection = connection
        self._conditions = conditions
        self._record = Record()
        self._seen: defaultdict[tuple[str, int], int] = defaultdict(int)
        with flags.open("r+b") as file:
            self._flags = mmap.mmap(file.fileno(), 0)

    async def serve(self) -> None:
        told = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._connection.fileno(), told.set)
        servers = [
            await asyncio.start_server(partial(self._talk, name), "127.0.0.1", 0) for name in (PRIMARY, SECONDARY)
        ]
        self._connection.send([server.sockets[0].getsockname()[1] for server in servers])
        await told.wait()
        asyncio.get_running_loop().remove_reader(self._connection.fileno())
        with contextlib.suppress(EOFError, OSError):  # then nobody is interested any more
            self._connection.recv()
            self._connection.send(self._record)
        for server in servers:
            server.close()

    async def _talk(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(name, reader, writer):
                pass
        writer.close()

    async def _exchange(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Deals with one request; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        number = self._number(body)
        self._flags[number] += 1
        try:
            call = _Call(self, name, number, writer)
            return await call.answer()
        finally:
            self._flags[number] -= 1

    def _number(self, body: bytes) -> int:
        """Whom the message goes to; it must show the code of that user in each of its parts."""
        to, texts = _mail(body) if body.startswith(b"{") else _text_message(body)
        number = number_of(to)
        if number is None:
            raise RuntimeError(f"{to} is no address of ours")
        self._record.wrong += not all(code_of(self._conditions.seed, number) in text for text in texts)
        return number

    def accept(self, number: int) -> None:
        self._record.accepted.append((number, time.monotonic()))

    def nonce(self, name: str, number: int) -> tuple[int, str, int, int]:
        """What this request's fate is drawn from: the event, and how often the vendor was asked for it."""
        self._seen[name, number] += 1
        self._record.requests[name] += 1
        return (self._conditions.seed, name, number, self._seen[name, number])

    def fault(self, name: str, number: int, nonce: object) -> Fault | None:
        """How this request fails, if it does."""
        fault = self._conditions.reply_fault(name, nonce, mail=is_mail(number))
        if fault:
            self._record.faults[name, fault] += 1
        return fault


class _Call:
    """One request and its answer."""

    def __init__(self, vendors: _Vendors, name: str, number: int, writer: asyncio.StreamWriter) -> None:
        self._vendors = vendors
        self._number = number
        self._writer = writer
        self._nonce = vendors.nonce(name, number)
        self._fault = vendors.fault(name, number, self._nonce)
        self._id = f"SM{drawn('id', self._nonce) * 16**10:032.0f}"

    async def answer(self) -> bool:
        """Answers, or not; whether the connection stays."""
        least, most = LATENCY_S
        await asyncio.sleep(least + (most - least) * drawn("latency", self._nonce))
        match self._fault:
            case None:
                return await self._accepted()
            case Fault.RATE_LIMIT_WITH_WAIT:
                return await self._sent(429, b'{"code": 20429}', retry_after=int(self._tossed()))
            case Fault.RATE_LIMIT:
                return await self._sent(429, b'{"code": 20429}')
            case Fault.UNAVAILABLE:
                return await self._sent(503, b"")
            case Fault.REFUSAL_IN_SUCCESS:
                return await self._sent(200, b'{"sid": "SM1", "status": "failed", "error_code": 30034}')
            case _:
                return await self._doubtful()

    async def _doubtful(self) -> bool:
        """What leaves the sender in doubt: it was accepted, or in some cases half of the time was not."""
        unclear = self._fault in {Fault.SERVER_ERROR, Fault.NOT_JSON, Fault.SLOW_FIRST_BYTE}
        accepted = not unclear or self._tossed()
        if accepted:
            self._vendors.accept(self._number)
        match self._fault:
            case Fault.SERVER_ERROR:
                return await self._sent(500, b"{}")
            case Fault.NOT_JSON:
                return await self._sent(200, b"<html><body>Welcome to the hotel's network</body></html>", named=False)
            case Fault.SLOW_FIRST_BYTE:
                await asyncio.sleep(SLOW_S)
                return await self._sent(self._success if accepted else 500, b'{"sid": "SM1"}')
            case Fault.DRIPPING_BODY:
                await self._drip()
            case Fault.CUT_BODY:
                await self._write(self._head(self._success, 100) + b"{")
            case _:
                connection = self._writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self._writer.transport.abort()
        return False

    async def _drip(self) -> None:
        """A byte now and then: no time-out of a single read ends this."""
        await self._write(self._head(self._success, 100))
        for _ in range(DRIPS):
            await asyncio.sleep(SLOW_S / DRIPS)
            await self._write(b" ")

    async def _accepted(self) -> bool:
        self._vendors.accept(self._number)
        body = b"" if is_mail(self._number) else json.dumps({"sid": self._id, "status": "queued"}).encode()
        return await self._sent(self._success, body)

    async def _sent(self, status: int, body: bytes, *, retry_after: int | None = None, named: bool = True) -> bool:
        stays = drawn("closed", self._nonce) >= CLOSED_SHARE
        head = self._head(status, len(body), retry_after=retry_after, named=named, stays=stays)
        await self._write(head + body)
        return stays

    def _head(
        self, status: int, length: int, *, retry_after: int | None = None, named: bool = True, stays: bool = False
    ) -> bytes:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {length}"]
        lines += [f"X-Message-Id: {self._id}"] if named else []
        lines += [f"Retry-After: {retry_after}"] if retry_after is not None else []
        lines += [] if stays else ["Connection: close"]
        return "\r\n".join([*lines, "", ""]).encode()

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _tossed(self) -> bool:
        return drawn("toss", self._nonce) < 0.5

    @property
    def _success(self) -> int:
        return 202 if is_mail(self._number) else 201


def _mail(body: bytes) -> tuple[str, list[str]]:
    mail = json.loads(body)
    return mail["personalizations"][0]["to"][0]["email"], [part["value"] for part in mail["content"]]


def _text_message(body: bytes) -> tuple[str, list[str]]:
    form = parse_qs(body.decode())
    return form["To"][0], form["Body"]
