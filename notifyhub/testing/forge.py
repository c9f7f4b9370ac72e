"""Events as Cognito would send them, with secrets encrypted in Cognito's byte layout."""

from __future__ import annotations

import base64
import functools
import os
import uuid
from typing import TYPE_CHECKING, Any

from notifyhub.decryption.decryptor import POOL_CONTEXT
from notifyhub.decryption.local_key import LOCAL_KEY_BYTES, make_master_key
from notifyhub.events.triggers import TAKE_OVER, TEMPORARY_PASSWORD, split_source

if TYPE_CHECKING:
    from collections.abc import Mapping

POOL_ID = "eu-west-1_AbCdEfGhI"
CLIENT_ID = "4abc0example1client2id3"
EMAIL = "jane.roe@example.com"
PHONE = "+15005550009"


def make_local_key() -> bytes:
    """Makes a fresh raw AES-256 key for `LocalKeyDecryptor`."""
    return os.urandom(LOCAL_KEY_BYTES)


def forge_event(
    source: str,
    key: bytes | Any,
    *,
    code: str | None = None,
    pool_id: str = POOL_ID,
    user_name: str = "jane",
    attributes: Mapping[str, str | None] | None = None,
    client_metadata: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Makes an event of a source, such as `CustomEmailSender_SignUp`, as the Lambda function receives it.

    `key` is a raw AES-256 key, or a key provider of the AWS Encryption SDK (a KMS master key, for one). `code` is the
    plaintext; temporary passwords are escaped as Cognito does. An attribute given as None is left out.
    """
    parts = split_source(source)
    if parts is None:
        raise ValueError(f"{source!r} is no custom sender's source, such as CustomEmailSender_SignUp")
    channel, trigger = parts
    request = {"type": "customEmailSenderRequestV1" if channel == "email" else "customSMSSenderRequestV1"}
    filled = (
        _make_take_over_request(attributes)
        if trigger == TAKE_OVER
        else _make_code_request(trigger, key, code, pool_id, attributes)
    )
    return {
        "version": "1",
        "triggerSource": source,
        "region": pool_id.partition("_")[0],
        "userPoolId": pool_id,
        "userName": user_name,
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": "CLIENT_ID_NOT_APPLICABLE" if trigger == TEMPORARY_PASSWORD else CLIENT_ID,
        },
        "request": {**request, "clientMetadata": dict(client_metadata) if client_metadata else None, **filled},
    }


def seal(plaintext: str, key: bytes | Any, *, context: Mapping[str, str]) -> str:
    """Encrypts a text as Cognito does, in base64: message format 1, suite 0x0378, one data key, frames of 4096."""
    from aws_encryption_sdk.identifiers import AlgorithmSuite

    key_provider = make_master_key(key) if isinstance(key, bytes) else key
    ciphertext, _ = _sealing_client().encrypt(
        source=plaintext.encode(),
        key_provider=key_provider,
        encryption_context=dict(context),
        algorithm=AlgorithmSuite.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
        frame_length=4096,
    )
    return base64.b64encode(ciphertext).decode()


@functools.cache
def _sealing_client() -> Any:
    from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient

    return EncryptionSDKClient(commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)


def _make_code_request(
    trigger: str, key: Any, code: str | None, pool_id: str, attributes: Mapping[str, str | None] | None
) -> dict[str, Any]:
    plaintext = code or ("Xy7<Qm&2pL" if trigger == TEMPORARY_PASSWORD else "839201")
    sent = _escape(plaintext) if trigger == TEMPORARY_PASSWORD else plaintext
    user = {
        "sub": "6f1c2a44-58a0-4f0e-9d4a-0f2d8f6f7a10",
        "email": EMAIL,
        "email_verified": "false" if trigger == "SignUp" else "true",
        "phone_number": PHONE,
        "phone_number_verified": "false" if trigger == "SignUp" else "true",
        "cognito:user_status": "UNCONFIRMED" if trigger in {"SignUp", "ResendCode"} else "CONFIRMED",
        **(attributes or {}),
    }
    return {
        "code": seal(sent, key, context={POOL_CONTEXT: pool_id}),
        "userAttributes": {name: value for name, value in user.items() if value is not None},
    }


def _make_take_over_request(attributes: Mapping[str, str | None] | None) -> dict[str, Any]:
    link = "https://auth.acme.example/feedback?token=made-up"
    seen: dict[str, str | None] = {
        "EVENT_ID": str(uuid.uuid4()),
        "USER_NAME": "jane",
        "IP_ADDRESS": "203.0.113.7",
        "LOGIN_TIME": "Friday, March 19, 2021 02:25 PM UTC",
        "FEEDBACK_TOKEN": "made-up-feedback-token",
        "ONE_CLICK_LINK_VALID": f"{link}&v=valid",
        "ONE_CLICK_LINK_INVALID": f"{link}&v=invalid",
        "ACCOUNT_TAKE_OVER_ACTION": "NO_ACTION",
        "CITY": "Dublin",
        "COUNTRY": "Ireland",
        "DEVICE_NAME": None,
    }
    return {"code": None, "userAttributes": {**seen, **(attributes or {})}}


def _escape(text: str) -> str:
    """Escapes a text as Cognito escapes temporary passwords."""
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(plain, entity)
    return text
