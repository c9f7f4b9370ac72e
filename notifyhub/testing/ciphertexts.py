"""Ciphertexts as Cognito makes them and as others do, and the parts that a message consists of.

Source of the layout: AWS Encryption SDK developer guide, "AWS Encryption SDK message format reference".
"""

from __future__ import annotations

import base64
import dataclasses
from typing import TYPE_CHECKING, Any

from notifyhub.decryption.decryptor import POOL_CONTEXT
from notifyhub.decryption.encryption_sdk import strict_key_provider
from notifyhub.decryption.local_key import make_master_key
from notifyhub.events import CodeEvent, parse_event
from notifyhub.testing.forge import POOL_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CODE = "8392c4n4ry"
"""A secret that shows wherever it is searched for; no code of Cognito's has letters."""
SIGN_UP = "CustomEmailSender_SignUp"
POOL = {POOL_CONTEXT: POOL_ID}


def event_with(ciphertext: str, *, source: str = SIGN_UP, pool_id: str = POOL_ID) -> CodeEvent:
    """An event that carries just this ciphertext."""
    raw = {"triggerSource": source, "userPoolId": pool_id, "userName": "jane", "request": {"code": ciphertext}}
    event = parse_event(raw)
    if isinstance(event, CodeEvent):
        return event
    raise ValueError(f"{source!r} is no source of events that carry a code")


def encrypt(plaintext: bytes, *keys: Any, context: Mapping[str, str] = POOL, committing: bool = False) -> bytes:
    """An Encryption SDK message under one data key per given key, where `forge.seal` makes only Cognito's."""
    from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
    from aws_encryption_sdk.identifiers import AlgorithmSuite

    policy, suite = (
        (CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT, AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384)
        if committing
        else (
            CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
            AlgorithmSuite.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
        )
    )
    masters = [make_master_key(key) if isinstance(key, bytes) else key for key in keys]
    message, _ = EncryptionSDKClient(commitment_policy=policy).encrypt(
        source=plaintext,
        key_provider=strict_key_provider(masters),
        encryption_context=dict(context),
        algorithm=suite,
        frame_length=4096,
    )
    return bytes(message)


def encode(message: bytes) -> str:
    """The message in base64, as an event carries it."""
    return base64.b64encode(message).decode()


def flip_bit(message: bytes, at: int) -> bytes:
    """The message with one bit of that byte changed."""
    changed = bytearray(message)
    changed[at] ^= 1
    return bytes(changed)


@dataclasses.dataclass
class Region:
    """One field of a message: `message[start:end]`."""

    name: str
    start: int
    end: int


class Layout:
    """Finds the fields of a message that has one final frame."""

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
        if at != len(self.message):
            raise ValueError("the message has more than one frame")
