"""Makes the decryptor that `[decryption]` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from notifyhub.decryption.decryptor import Decryptor
from notifyhub.errors import ConfigurationError
from notifyhub.settings.references import SecretReferences
from notifyhub.settings.runtime import in_lambda

if TYPE_CHECKING:
    from pathlib import Path

    from notifyhub.clients.aws import AwsClients
    from notifyhub.deadline import Deadline
    from notifyhub.events.base import Event
    from notifyhub.settings.tables import Decryption


def make_decryptor(wanted: Decryption, clients: AwsClients, *, folder: Path) -> Decryptor:
    """The decryptor over KMS keys or over a local key; without either, one that says so when a secret comes.

    `folder` is where relative paths of secret references start. Raises ConfigurationError for a local key in Lambda.
    """
    if wanted.key_arns:
        from notifyhub.decryption.encryption_sdk import EncryptionSdkDecryptor

        return EncryptionSdkDecryptor(wanted.key_arns, clients, allow_missing_pool_id=wanted.allow_missing_pool_id)
    if wanted.local_key is None:
        return _NoDecryptor()
    if in_lambda() and not wanted.allow_in_lambda:
        raise ConfigurationError(
            "a local key is for development; inside Lambda set key_arns, or allow_in_lambda = true",
            path="decryption.local_key",
        )
    from notifyhub.decryption.local_key import LocalKeyDecryptor, parse_local_key

    resolved = SecretReferences(clients, folder=folder).resolve(wanted, path="decryption")
    key = parse_local_key(resolved.local_key.get_secret_value() if resolved.local_key else "")
    return LocalKeyDecryptor(key, allow_missing_pool_id=wanted.allow_missing_pool_id)


class _NoDecryptor(Decryptor):
    """Stands in where no key is configured, as applications without Cognito need none."""

    def decrypt(self, event: Event, deadline: Deadline) -> NoReturn:
        """Raises ConfigurationError, which says what to configure."""
        raise ConfigurationError("set key_arns to the ARN of the user pool's KMS key", path="decryption")
