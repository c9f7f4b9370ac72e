"""Decrypts with the AWS Encryption SDK, strictly under the configured KMS keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from notifyhub.decryption.decryptor import Decryptor, check_pool, decode, read_secret
from notifyhub.decryption.failures import explain, raise_refusal
from notifyhub.errors import ConfigurationError, DecryptionError
from notifyhub.redaction.library_logs import quiet_aws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifyhub.clients.aws import AwsClients
    from notifyhub.deadline import Deadline
    from notifyhub.events.base import Event
    from notifyhub.secret import Secret

KMS_ATTEMPTS = 3
KMS_TIMEOUT_S = 2.0
"""Per attempt; three of them stay far below what a sign-in code lives."""

_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")


class SdkDecryptor(Decryptor):
    """Decrypts under the Encryption SDK's master keys, and under no other key.

    Everything is imported and built by the constructor, so that a Lambda function does it while it starts.
    """

    def __init__(self, master_keys: Sequence[Any], *, allow_missing_pool_id: bool) -> None:
        from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient

        # The SDK's default policy refuses suite 0x0378, which does not commit to its key.
        self._client = EncryptionSDKClient(
            commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT, max_encrypted_data_keys=1
        )
        self._keys = strict_key_provider(master_keys)
        self._allow_missing_pool_id = allow_missing_pool_id
        quiet_aws()

    def decrypt(self, event: Event, deadline: Deadline) -> Secret:
        """Decrypts an event's secret, once its pool id is proven to be the one that was encrypted for."""
        message = decode(event.ciphertext or "")
        if deadline.passed:
            raise DecryptionError("deadline", "no time was left to decrypt; raise the function's time-out")
        outcome = self._check(message, event)
        if isinstance(outcome, DecryptionError):
            raise outcome
        return outcome

    def _check(self, message: bytes, event: Event) -> Secret | DecryptionError:
        """The secret, or the error as a value: raised here it would carry a frame that holds the plaintext."""
        opened = self.open(message)
        if isinstance(opened, DecryptionError):
            return opened
        plaintext, context = opened
        problem = check_pool(context, event, allow_missing=self._allow_missing_pool_id)
        return problem or read_secret(plaintext, event)

    def open(self, message: bytes) -> tuple[bytes, dict[str, str]] | DecryptionError:
        """Opens an Encryption SDK message: the plaintext and the authenticated context, or the error as a value.

        Raised here, the error would carry the SDK's own and a frame that holds the plaintext.
        """
        decryptor = self._client.stream(mode="decrypt", source=message, key_provider=self._keys)
        try:
            plaintext = decryptor.read()
            decryptor.close()  # raises unless the footer was read, and with it the signature
        except Exception as error:  # noqa: BLE001 - the SDK parses foreign bytes and fails in every way there is
            decryptor.footer = None  # else its finaliser raises once more, which Python 3.13 prints
            return explain(error)
        return plaintext, decryptor.header.encryption_context


class EncryptionSdkDecryptor(SdkDecryptor):
    """Decrypts under KMS keys, given by their ARNs; raises ConfigurationError for an id or an alias."""

    def __init__(self, key_arns: Sequence[str], clients: AwsClients, *, allow_missing_pool_id: bool = False) -> None:
        regions = {arn: _region(arn) for arn in key_arns}
        keys = [_kms_master_key(arn, clients, regions[arn]) for arn in key_arns]
        super().__init__(keys, allow_missing_pool_id=allow_missing_pool_id)


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


def strict_key_provider(master_keys: Sequence[Any]) -> Any:
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
