"""Explains each failure of the Encryption SDK and of KMS, with its remedy.

The libraries' own texts stay out: they may quote the message, and the SDK swallows KMS's reason altogether.
"""

from __future__ import annotations

from typing import Any

from notifyhub.errors import DecryptionError


class KmsRefusalError(Exception):
    """KMS answered with an error. The SDK swallows the client's own exception, and with it the reason."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def raise_refusal(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """A botocore handler for `after-call`: raises what the SDK does not catch, in place of what it does."""
    if http_response.status_code >= 300:  # noqa: PLR2004 - as botocore itself decides
        raise KmsRefusalError(parsed.get("Error", {}).get("Code", "Unknown"))


def explain(error: Exception) -> DecryptionError:
    """Makes the error with the failed check and the remedy; the SDK's text, which may quote the message, stays out."""
    from botocore.exceptions import BotoCoreError
    from cryptography.exceptions import InvalidSignature, InvalidTag

    if isinstance(error, KmsRefusalError):
        return _kms_refusal(error.code)
    if isinstance(error, BotoCoreError):
        return _kms_unreachable(type(error).__name__)
    if isinstance(error, InvalidTag | InvalidSignature):
        return DecryptionError("integrity", "the ciphertext was changed on its way; pass on what Cognito sent")
    return _sdk_refusal(type(error).__name__)


def _sdk_refusal(name: str) -> DecryptionError:
    refusals = {
        "MaxEncryptedDataKeysExceeded": (
            "data_keys",
            "the ciphertext holds more than the one data key that Cognito uses",
        ),
        "DecryptKeyError": (
            "key",
            (
                "no configured key opens the ciphertext; decryption.key_arns must hold the key of the pool's "
                "LambdaConfig.KMSKeyID; an event of `notifyhub forge` may have been made under another local key"
            ),
        ),
    }
    check, text = refusals.get(name, ("format", "the ciphertext is not a whole, unchanged AWS Encryption SDK message"))
    return DecryptionError(check, f"{text} ({name})")


def _kms_refusal(code: str) -> DecryptionError:
    remedies = {
        "AccessDeniedException": (
            "kms_access",
            "grant the function's role kms:Decrypt on the key, and check the key's policy",
        ),
        "ThrottlingException": (
            "kms_throttled",
            "KMS is throttling; the invocation is retried; raise the request quota",
        ),
        "DisabledException": ("kms_key_state", "enable the key again"),
        "KMSInvalidStateException": ("kms_key_state", "the key is pending deletion or import; restore it"),
        "NotFoundException": ("kms_key", "there is no such key in that account and region; check decryption.key_arns"),
        "InvalidCiphertextException": ("key", "KMS did not make this data key; check decryption.key_arns"),
        "IncorrectKeyException": ("key", "the data key is another key's; check decryption.key_arns"),
    }
    check, remedy = remedies.get(code, ("kms", "see the error code in the KMS API reference, Decrypt"))
    return DecryptionError(check, f"KMS refused to decrypt ({code}): {remedy}")


def _kms_unreachable(name: str) -> DecryptionError:
    if "Credential" in name or "Token" in name:
        return DecryptionError(
            "kms_credentials", f"no AWS credentials to call KMS with ({name}); give the function a role"
        )
    return DecryptionError(
        "kms_unreachable", f"KMS did not answer ({name}); in a VPC the function needs a NAT gateway or a KMS endpoint"
    )
