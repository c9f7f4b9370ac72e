"""Decrypts under a raw AES-256 key, for development, tests and the demo."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from notifyhub.decryption.encryption_sdk import SdkDecryptor
from notifyhub.errors import ConfigurationError

LOCAL_PROVIDER = "notifyhub-local"
LOCAL_KEY_BYTES = 32


class LocalKeyDecryptor(SdkDecryptor):
    """Decrypts down the same path as under KMS, with a raw AES-256 key of 32 bytes in its place."""

    may_block = False

    def __init__(self, key: bytes, *, allow_missing_pool_id: bool = False) -> None:
        super().__init__([make_master_key(key)], allow_missing_pool_id=allow_missing_pool_id)


def parse_local_key(text: str) -> bytes:
    """Decodes a raw key from base64; raises ConfigurationError unless it is 32 bytes."""
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


def make_master_key(key: bytes) -> Any:
    """Makes the Encryption SDK's raw master key over these bytes."""
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
