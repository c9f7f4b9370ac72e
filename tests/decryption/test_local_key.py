"""Decryption under a raw key, for development and tests."""

import base64

import pytest

from notifyhub.deadline import Deadline
from notifyhub.decryption.decryptor import unescape
from notifyhub.decryption.local_key import LocalKeyDecryptor, parse_local_key
from notifyhub.errors import ConfigurationError
from notifyhub.testing import DecryptorContract, assert_absent, traces_of
from notifyhub.testing.ciphertexts import CODE, encode, encrypt, event_with, flip_bit
from notifyhub.testing.forge import make_local_key

CANARY = "c4n4ry"


class TestLocalKey(DecryptorContract):
    @pytest.fixture
    def key(self):
        return make_local_key()

    @pytest.fixture
    def other_key(self):
        return make_local_key()

    @pytest.fixture
    def decryptor(self, key):
        return LocalKeyDecryptor(key)

    @pytest.fixture
    def lenient(self, key):
        return LocalKeyDecryptor(key, allow_missing_pool_id=True)

    def test_a_bit_that_is_flipped_is_noticed_in_every_byte(self, refusal, key):
        message = encrypt(CODE.encode(), key)
        for at in range(len(message)):
            refusal(event_with(encode(flip_bit(message, at))))

    def test_a_message_that_ends_early_is_refused_after_every_byte(self, refusal, key):
        message = encrypt(CODE.encode(), key)
        for end in range(len(message)):
            refusal(event_with(encode(message[:end])))


@pytest.mark.parametrize(
    "text",
    [
        "",
        CANARY,
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(b"x" * 31).decode(),
        "é" * 44,
        "x" * 44 + "%",
    ],
)
def test_a_local_key_is_32_bytes_in_base64(text):
    with pytest.raises(ConfigurationError, match="write 32 bytes in base64") as caught:
        parse_local_key(text)
    assert caught.value.path == "decryption.local_key"
    assert "os.urandom(32)" in str(caught.value)
    if text:
        assert_absent([text], traces_of(caught.value))


def test_a_local_key_opens_what_was_sealed_under_it():
    key = make_local_key()
    decryptor = LocalKeyDecryptor(parse_local_key(base64.b64encode(key).decode()))
    event = event_with(encode(encrypt(CODE.encode(), key)))
    assert decryptor.decrypt(event, Deadline.never()).reveal() == CODE


@pytest.mark.parametrize(("text", "read"), [("", ""), ("&", "&"), ("&amp;#39;", "&#39;"), ("&lt;&lt;", "<<")])
def test_unescaping_is_one_pass(text, read):
    assert unescape(text) == read
