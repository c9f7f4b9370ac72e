"""Messages that other implementations made: the vectors that the Encryption SDK's authors publish.

They are not part of this project; NOTIFYHUB_ESDK_VECTORS_DIR names a folder that holds
- `commitment-test-vectors.json`: aws/aws-encryption-sdk-python, test/resources, as it is;
- `raw-aes-net-4.0.1.json`: of aws/aws-encryption-sdk, v4-Net-4.0.1.zip, the raw AES-256 vectors with key and plaintext.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from notifyhub.decryption.encryption_sdk import SdkDecryptor
from notifyhub.errors import DecryptionError

KEPT_IN = os.environ.get("NOTIFYHUB_ESDK_VECTORS_DIR", "")
SUITES = ["0014", "0046", "0078", "0114", "0146", "0178", "0214", "0346", "0378", "0478", "0578"]


class RawKeyDecryptor(SdkDecryptor):
    """The library's decryptor over a raw AES key of any name."""

    def __init__(self, provider: str, name: str, key: bytes) -> None:
        super().__init__([_master_key(provider, name, key)], allow_missing_pool_id=True)


def _master_key(provider: str, name: str, key: bytes) -> Any:
    from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
    from aws_encryption_sdk.key_providers.raw import RawMasterKey

    wrapping_key = WrappingKey(
        wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        wrapping_key=key,
        wrapping_key_type=EncryptionKeyType.SYMMETRIC,
    )
    return RawMasterKey(provider_id=provider, key_id=name, wrapping_key=wrapping_key)


def vectors(name: str) -> Any:
    file = Path(KEPT_IN, name)
    if not KEPT_IN or not file.is_file():
        pytest.skip(f"NOTIFYHUB_ESDK_VECTORS_DIR names no folder with {name}: the vectors are not part of this project")
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def raw_aes():
    return vectors("raw-aes-net-4.0.1.json")


@pytest.fixture(scope="module")
def commitment():
    """Those of the commitment vectors that have a raw key: 32 zero bytes."""
    return [each for each in vectors("commitment-test-vectors.json")["tests"] if each["keyring-type"] == "static"]


@pytest.fixture(scope="module")
def zero_key():
    return RawKeyDecryptor("ProviderName", "KeyId", bytes(32))


def test_there_is_one_raw_vector_for_every_suite(raw_aes):
    assert sorted(vector["suite"] for vector in raw_aes["vectors"]) == SUITES


@pytest.mark.parametrize("suite", SUITES)
def test_a_message_of_the_net_implementation_opens(raw_aes, suite):
    key = raw_aes["key"]
    decryptor = RawKeyDecryptor(key["namespace"], key["name"], base64.b64decode(key["aes256_base64"]))
    (vector,) = [vector for vector in raw_aes["vectors"] if vector["suite"] == suite]
    outcome = decryptor.open(base64.b64decode(vector["ciphertext_base64"]))
    assert not isinstance(outcome, DecryptionError)
    plaintext, context = outcome
    assert plaintext == base64.b64decode(raw_aes["plaintext_base64"])
    assert {name: context.get(name) for name in vector["encryption_context"]} == vector["encryption_context"]


def test_a_message_that_commits_to_its_key_opens(commitment, zero_key):
    (vector,) = [vector for vector in commitment if vector["status"]]
    assert zero_key.open(base64.b64decode(vector["ciphertext"])) == (b"GoodCommitment", {})


def test_a_message_that_commits_to_another_key_is_refused(commitment, zero_key):
    (vector,) = [vector for vector in commitment if not vector["status"]]
    outcome = zero_key.open(base64.b64decode(vector["ciphertext"]))
    assert isinstance(outcome, DecryptionError)
    assert outcome.check in {"format", "integrity"}
