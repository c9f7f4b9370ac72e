"""From an event's ciphertext to its Secret.

Cognito encrypts with the AWS Encryption SDK: message format 1, suite 0x0378 (no key commitment), one data key under the
pool's KMS key, and `userpool-id` in the encryption context. Source: Cognito developer guide, "Custom email sender
Lambda trigger", and decoded samples.
"""

from __future__ import annotations

import abc
import base64
import binascii
import hashlib
import math
import re
from typing import TYPE_CHECKING, Any, ClassVar

from notifyhub.decryption.failures import explained, raise_refusal
from notifyhub.errors import ConfigurationError, DecryptionError
from notifyhub.events.triggers import TEMPORARY_PASSWORD
from notifyhub.redaction.library_logs import guard_aws
from notifyhub.secret import Secret
from notifyhub.workers import WORKERS, Saturated, TimedOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifyhub.clients.aws import AwsClients
    from notifyhub.deadline import Deadline
    from notifyhub.events.base import Event

POOL_CONTEXT = "userpool-id"
LOCAL_PROVIDER = "notifyhub-local"
LOCAL_KEY_BYTES = 32
KMS_ATTEMPTS = 3
KMS_TIMEOUT_S = 2.0
"""Per attempt; three of them stay far below what a sign-in code lives."""

_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))


class Decryptor(abc.ABC):
    """Turns an event's ciphertext into its secret; safe to use from many threads."""

    gives_up_after_s: ClassVar[float] = math.inf
    """Seconds after which it ends by itself, whatever happens; with less time left it is bounded by wall clock."""

    def secret_of(self, event: Event, deadline: Deadline) -> Secret | None:
        """The event's secret, None where it carries none; raises DecryptionError, at the deadline at the latest."""
        if not event.ciphertext:
            return None
        if deadline.passed or deadline.remaining() > self.gives_up_after_s:
            return self.decrypt(event, deadline)
        try:
            return WORKERS.call(lambda: self.decrypt(event, deadline), deadline.remaining())
        except (TimedOut, Saturated):
            pass
        raise DecryptionError("deadline", "KMS did not answer in the time that was left; raise the function's time-out")

    @abc.abstractmethod
    def decrypt(self, event: Event, deadline: Deadline) -> Secret:
        """The secret; raises DecryptionError, which names the check that failed and the remedy."""


class EncryptionSdkDecryptor(Decryptor):
    """Decrypts with the AWS Encryption SDK, strictly under the configured keys.

    Everything is imported and built by the constructor, so that a Lambda function does it while it starts.
    """

    # Three attempts, each with a connection and an answer, and the waits of botocore's standard mode between them. With
    # that much time and more, which is usual, no thread is needed, and threads are not free: see `bounded`.
    gives_up_after_s = KMS_ATTEMPTS * 2 * KMS_TIMEOUT_S + 4.0

    def __init__(self, key_arns: Sequence[str], clients: AwsClients, *, allow_missing_pool_id: bool = False) -> None:
        regions = {arn: _region(arn) for arn in key_arns}
        self._start([_kms_master_key(arn, clients, regions[arn]) for arn in key_arns], allow_missing_pool_id)

    def decrypt(self, event: Event, deadline: Deadline) -> Secret:
        """The secret of an event, once its pool id is proven to be the one that was encrypted for."""
        message = _decoded(event.ciphertext or "")
        if deadline.passed:
            raise DecryptionError("deadline", "no time was left to decrypt; raise the function's time-out")
        outcome = self._checked(message, event)
        if isinstance(outcome, DecryptionError):
            raise outcome
        return outcome

    def _checked(self, message: bytes, event: Event) -> Secret | DecryptionError:
        """The secret, or the error as a value: raised here it would carry a frame that holds the plaintext."""
        opened = self._opened(message)
        if isinstance(opened, DecryptionError):
            return opened
        plaintext, context = opened
        return self._pool_error(context, event) or _secret(plaintext, html_escaped=event.trigger == TEMPORARY_PASSWORD)

    def _start(self, master_keys: list[Any], allow_missing_pool_id: bool) -> None:  # noqa: FBT001 - one caller each
        from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient

        # The SDK's default policy refuses suite 0x0378, which does not commit to its key.
        self._client = EncryptionSDKClient(
            commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT, max_encrypted_data_keys=1
        )
        self._keys = _key_provider(master_keys)
        self._allow_missing_pool_id = allow_missing_pool_id
        guard_aws()

    def _opened(self, message: bytes) -> tuple[bytes, dict[str, str]] | DecryptionError:
        """Plaintext and authenticated context, or the error as a value: raised here it would carry the SDK's own."""
        decryptor = self._client.stream(mode="decrypt", source=message, key_provider=self._keys)
        try:
            plaintext = decryptor.read()
            decryptor.close()  # raises unless the footer was read, and with it the signature
        except Exception as error:  # noqa: BLE001 - the SDK parses foreign bytes and fails in every way there is
            decryptor.footer = None  # else its finaliser raises once more, which Python 3.13 prints
            return explained(error)
        return plaintext, decryptor.header.encryption_context

    def _pool_error(self, context: dict[str, str], event: Event) -> DecryptionError | None:
        sealed_for = context.get(POOL_CONTEXT)
        if sealed_for is None and self._allow_missing_pool_id:
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


class LocalKeyDecryptor(EncryptionSdkDecryptor):
    """The same path over a raw AES-256 key, for development, tests and the demo."""

    gives_up_after_s = 0.0

    def __init__(self, key: bytes, *, allow_missing_pool_id: bool = False) -> None:
        self._start([local_master_key(key)], allow_missing_pool_id)


def local_key(text: str) -> bytes:
    """The raw key that a base64 text stands for; raises ConfigurationError unless it is 32 bytes."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != LOCAL_KEY_BYTES:
        raise ConfigurationError(
            "write 32 bytes in base64; this prints fresh ones: "
            'python -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())"',
            path="decryption.local_key",
        )
    return key


def local_master_key(key: bytes) -> Any:
    """The Encryption SDK's raw master key over these bytes."""
    from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
    from aws_encryption_sdk.key_providers.raw import RawMasterKey

    wrapping_key = WrappingKey(
        wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        wrapping_key=key,
        wrapping_key_type=EncryptionKeyType.SYMMETRIC,
    )
    # Named by the key itself: under one name for all, a wrong key would look like a changed message.
    name = hashlib.sha256(key).hexdigest()[:16]
    return RawMasterKey(provider_id=LOCAL_PROVIDER, key_id=name, wrapping_key=wrapping_key)


def unescaped(text: str) -> str:
    """Cognito's HTML escaping of temporary passwords undone: five entities, one pass, nothing that looks similar.

    `html.unescape` is too greedy here: it turns `x&notb1` into `x¬b1`.
    """
    return _ENTITY.sub(lambda match: _ENTITIES[match[0]], text)


def _region(arn: str) -> str:
    if match := _KEY_ARN.fullmatch(arn):
        return match["region"]
    raise ConfigurationError(
        "write the key's ARN (arn:aws:kms:REGION:ACCOUNT:key/ID): the Encryption SDK matches neither an id nor an "
        "alias; `aws kms describe-key --key-id …` prints it as KeyMetadata.Arn",
        path="decryption.key_arns",
    )


def _kms_master_key(arn: str, clients: AwsClients, region: str) -> Any:
    """A master key over a client of ours: the SDK's own provider drops its client after the first lost connection."""
    from aws_encryption_sdk.key_providers.kms import KMSMasterKey

    client = clients.get("kms", region, attempts=KMS_ATTEMPTS, timeout_s=KMS_TIMEOUT_S)
    client.meta.events.register("after-call.kms.Decrypt", raise_refusal, unique_id="notifyhub")
    return KMSMasterKey(key_id=arn, client=client)


def _key_provider(master_keys: list[Any]) -> Any:
    """A key provider over just these keys: a data key of any other is refused."""
    from aws_encryption_sdk.key_providers.base import MasterKeyProvider, MasterKeyProviderConfig

    class Strict(MasterKeyProvider):  # type: ignore[misc]  # the SDK ships no types
        provider_id = "notifyhub"  # pyright: ignore[reportAssignmentType]  # an abstract property there
        _config_class = MasterKeyProviderConfig  # pyright: ignore[reportAssignmentType]
        vend_masterkey_on_decrypt = False

        def _new_master_key(self, key_id: bytes) -> Any:
            raise AssertionError(f"never asked for, as nothing is vended on decrypt ({key_id!r})")

    provider = Strict()
    for master_key in master_keys:
        provider.add_master_key_provider(master_key)
    return provider


def _decoded(ciphertext: str) -> bytes:
    try:
        return base64.b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise DecryptionError("encoding", "request.code is not base64; pass the event on as Cognito sent it")


def _secret(plaintext: bytes, *, html_escaped: bool) -> Secret | DecryptionError:
    try:
        text = plaintext.decode()
    except UnicodeDecodeError:
        return DecryptionError("text", "the decrypted secret is not UTF-8 text; it was not Cognito that encrypted it")
    return Secret(unescaped(text) if html_escaped else text)
