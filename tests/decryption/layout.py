"""The parts of an AWS Encryption SDK message of format 1, by their offsets.

Source: AWS Encryption SDK developer guide, "AWS Encryption SDK message format reference".
"""

import dataclasses
from collections.abc import Iterator


@dataclasses.dataclass
class Region:
    """One field of the message: `message[start:end]`."""

    name: str
    start: int
    end: int


class Layout:
    """Walks through a message with one final frame."""

    def __init__(self, message: bytes) -> None:
        self.message = message
        self.regions = list(self._walk())
        self._by_name = {region.name: region for region in self.regions}

    def __getitem__(self, name: str) -> bytes:
        region = self._by_name[name]
        return self.message[region.start : region.end]

    def number(self, name: str) -> int:
        """The field as an unsigned number."""
        return int.from_bytes(self[name], "big")

    def context(self) -> dict[str, str]:
        """The encryption context."""
        packed, pairs = self["context"][2:], []
        while packed:
            size = int.from_bytes(packed[:2], "big")
            pairs.append(packed[2 : 2 + size].decode())
            packed = packed[2 + size :]
        return dict(zip(pairs[::2], pairs[1::2], strict=True))

    def _walk(self) -> Iterator[Region]:
        at = 0
        for name, size in (
            *(("version", 1), ("type", 1), ("suite", 2), ("message id", 16), ("context", None)),
            *(("data keys", 2), ("provider", None), ("key", None), ("data key", None)),
            *(("content type", 1), ("reserved", 4), ("iv length", 1), ("frame length", 4)),
            *(("header iv", 12), ("header tag", 16)),
            *(("final frame", 4), ("sequence", 4), ("iv", 12), ("content", 4), ("tag", 16), ("signature", None)),
        ):
            start = at + (2 if size is None else 0)
            # A field without a size has its length in front, in two bytes; the content of the frame in four.
            end = start + (int.from_bytes(self.message[at:start], "big") if size is None else size)
            if name == "content":
                start, end = end, end + int.from_bytes(self.message[start:end], "big")
            yield Region(name, start, end)
            at = end
        assert at == len(self.message), "there is more than one frame"
