"""Decryption under KMS keys at moto, which opens disabled keys too: KMS's refusals are in test_kms_failures.py."""

import concurrent.futures

import pytest

from notifyhub.deadline import Deadline
from notifyhub.decryption.encryption_sdk import EncryptionSdkDecryptor
from notifyhub.events import parse_event
from notifyhub.testing import DecryptorContract
from notifyhub.testing.ciphertexts import CODE, SIGN_UP, encode, encrypt, event_with
from notifyhub.testing.forge import forge_event


def arn_of(master_key) -> str:
    return str(master_key.key_id, "ascii")


class TestKms(DecryptorContract):
    @pytest.fixture
    def key(self, new_key):
        return new_key()

    @pytest.fixture
    def other_key(self, new_key):
        return new_key()

    @pytest.fixture
    def decryptor(self, key, clients):
        return EncryptionSdkDecryptor([arn_of(key)], clients)

    @pytest.fixture
    def lenient(self, key, clients):
        return EncryptionSdkDecryptor([arn_of(key)], clients, allow_missing_pool_id=True)

    def test_any_of_several_keys_may_be_the_pools(self, key, other_key, clients):
        """Pools of one function can have keys of their own, and a pool's key can be replaced."""
        decryptor = EncryptionSdkDecryptor([arn_of(other_key), arn_of(key)], clients)
        for master_key in (key, other_key):
            event = event_with(encode(encrypt(CODE.encode(), master_key)))
            assert decryptor.decrypt(event, Deadline.never()).reveal() == CODE

    def test_many_threads_decrypt_at_once(self, decryptor, key):
        codes = [f"{number:06}" for number in range(24)]
        events = [parse_event(forge_event(SIGN_UP, key, code=code)) for code in codes]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            secrets = list(pool.map(lambda event: decryptor.decrypt(event, Deadline.after(60)), events))
        assert [secret.reveal() for secret in secrets] == codes
