"""Cognito's events, each for another user with another code, so that each message can be recognised and checked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from benchmarks.chaos.conditions import drawn
from notifyhub.events.triggers import TAKE_OVER, source_names, split_source
from notifyhub.testing.forge import forge_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

_NUMBER = re.compile(r"user(\d+)@example\.com|\+1500(\d+)")
_CHUNK = 100


def forge_events(count: int, *, seed: int, key: bytes, executor: Executor) -> list[str]:
    """Forges events as JSON under an AES key, of all sources that carry a code by turns."""
    chunks = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    parts = [executor.submit(_forge_chunk, chunk, seed, key) for chunk in chunks]
    return [event for part in parts for event in part.result()]


def code_of(seed: int, number: int) -> str:
    """The code of the event of that number."""
    return f"{int(drawn(seed, 'code', number) * 10**8):08}"


def number_of(address: str) -> int | None:
    """Finds the number of the event that an address belongs to."""
    match = _NUMBER.fullmatch(address)
    return int(match[1] or match[2]) if match else None


def is_mail(number: int) -> bool:
    """Whether the event of that number is for the mail's channel; the other half is for text messages."""
    channel, _ = split_source(_source(number)) or ("", "")
    return channel == "email"


def _forge_chunk(numbers: Sequence[int], seed: int, key: bytes) -> list[str]:
    return [json.dumps(_event(number, seed, key)) for number in numbers]


def _event(number: int, seed: int, key: bytes) -> dict[str, object]:
    addresses = {"email": f"user{number}@example.com", "phone_number": f"+1500{number:07}"}
    return forge_event(
        _source(number), key, code=code_of(seed, number), user_name=f"user{number}", attributes=addresses
    )


def _source(number: int) -> str:
    return _SOURCES[number % len(_SOURCES)]


_SOURCES = [source for source in source_names() if not source.endswith(TAKE_OVER)]
