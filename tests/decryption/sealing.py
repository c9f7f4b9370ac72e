"""Ciphertexts as Cognito makes them, and as others do."""

import base64
from typing import Any

from notifyhub.decryption.decryptor import POOL_CONTEXT
from notifyhub.decryption.encryption_sdk import _key_provider
from notifyhub.decryption.local_key import make_master_key
from notifyhub.events import CodeEvent, parse_event
from notifyhub.testing.forge import POOL_ID

CODE = "8392c4n4ry"
SIGN_UP = "CustomEmailSender_SignUp"
POOL = {POOL_CONTEXT: POOL_ID}


def event_with(ciphertext: str, *, source: str = SIGN_UP, pool_id: str = POOL_ID) -> CodeEvent:
    """An event that carries just this."""
    raw = {"triggerSource": source, "userPoolId": pool_id, "userName": "jane", "request": {"code": ciphertext}}
    event = parse_event(raw)
    assert isinstance(event, CodeEvent)
    return event


def sealed(plaintext: bytes, *keys: Any, context: dict[str, str] | None = None, committing: bool = False) -> bytes:
    """An Encryption SDK message under one data key per given key, where `seal` of the library makes only Cognito's."""
    from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
    from aws_encryption_sdk.identifiers import AlgorithmSuite

    policy = (
        CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
        if committing
        else CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    suites = (
        AlgorithmSuite.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
        AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
    )
    masters = [make_master_key(key) if isinstance(key, bytes) else key for key in keys]
    message, _ = EncryptionSDKClient(commitment_policy=policy).encrypt(
        source=plaintext,
        key_provider=_key_provider(masters),
        encryption_context=POOL if context is None else context,
        algorithm=suites[committing],
        frame_length=4096,
    )
    assert isinstance(message, bytes)
    return message


def encoded(message: bytes) -> str:
    """As the event carries it."""
    return base64.b64encode(message).decode()


def flipped(message: bytes, at: int) -> bytes:
    """The message with one bit changed."""
    changed = bytearray(message)
    changed[at] ^= 1
    return bytes(changed)
