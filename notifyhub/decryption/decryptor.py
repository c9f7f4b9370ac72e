"""The contract of a decryptor, and what each of them checks: whose secret it is, and how Cognito wrote it.

Cognito encrypts with the AWS Encryption SDK: message format 1, suite 0x0378 (no key commitment), one data key under the
pool's KMS key, and `userpool-id` in the encryption context. Source: Cognito developer guide, "Custom email sender
Lambda trigger", and decoded samples.
"""

from __future__ import annotations

import abc
import base64
import binascii
import re
from typing import TYPE_CHECKING, ClassVar

from notifyhub.errors import DecryptionError
from notifyhub.events.triggers import TEMPORARY_PASSWORD
from notifyhub.redaction.tracebacks import rebuilt
from notifyhub.secret import Secret
from notifyhub.workers import WORKERS, Saturated, TimedOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifyhub.deadline import Deadline
    from notifyhub.events.base import Event

POOL_CONTEXT = "userpool-id"

_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))


class Decryptor(abc.ABC):
    """Turns an event's ciphertext into its secret; safe to use from many threads."""

    may_block: ClassVar[bool] = True
    """Whether it waits for anything; then it is bounded by wall clock, which costs a thread, about 0.1 ms."""

    def secret_of(self, event: Event, deadline: Deadline) -> Secret | None:
        """Decrypts an event's secret, None where it has none; raises DecryptionError, at the deadline at the latest."""
        if not event.ciphertext:
            return None
        if deadline.passed or not self.may_block:
            return self.decrypt(event, deadline)
        # However much time is left: botocore's time-outs bound neither a name server that hangs nor a reply that drips.
        return rebuilt(
            lambda: WORKERS.call(lambda: self.decrypt(event, deadline), deadline.remaining()),
            by=lambda _: DecryptionError(
                "deadline", "KMS did not answer in the time that was left; raise the function's time-out"
            ),
            of=(TimedOut, Saturated),
        )

    @abc.abstractmethod
    def decrypt(self, event: Event, deadline: Deadline) -> Secret:
        """Decrypts the secret; raises DecryptionError, which names the check that failed and the remedy."""


def decode(ciphertext: str) -> bytes:
    """Decodes the base64 of `request.code`; raises DecryptionError where it is none."""
    return rebuilt(
        lambda: base64.b64decode(ciphertext, validate=True),
        by=lambda _: DecryptionError("encoding", "request.code is not base64; pass the event on as Cognito sent it"),
        of=(binascii.Error, ValueError),
    )


def check_pool(context: Mapping[str, str], event: Event, *, allow_missing: bool) -> DecryptionError | None:
    """The error where an authenticated context is not that of the event's user pool; None where all is well."""
    sealed_for = context.get(POOL_CONTEXT)
    if sealed_for is None and allow_missing:
        return None
    if sealed_for is None:
        return DecryptionError(
            "pool_id",
            f"the ciphertext names no {POOL_CONTEXT}; Cognito's always do; for an emulator that leaves it out set "
            "decryption.allow_missing_pool_id = true",
        )
    if sealed_for != event.user_pool:
        return DecryptionError(
            "pool_id", "the ciphertext was made for another user pool than the event's; the event is not genuine"
        )
    return None


def read_secret(plaintext: bytes, event: Event) -> Secret | DecryptionError:
    """The secret that a plaintext holds, or the error as a value: raised here, its frame would hold the plaintext."""
    try:
        text = plaintext.decode()
    except UnicodeDecodeError:
        return DecryptionError("text", "the decrypted secret is not UTF-8 text; it was not Cognito that encrypted it")
    return Secret(unescape(text) if event.trigger == TEMPORARY_PASSWORD else text)


def unescape(text: str) -> str:
    """Undoes Cognito's HTML escaping of temporary passwords: five entities, one pass, nothing that looks similar.

    `html.unescape` is too greedy here: it turns `x&notb1` into `x¬b1`.
    """
    return _ENTITY.sub(lambda match: _ENTITIES[match[0]], text)
