"""What every decryptor does, whatever it decrypts with."""

import threading
import time

import pytest

from notifyhub.deadline import Deadline
from notifyhub.decryption.decryptor import Decryptor
from notifyhub.decryption.encryption_sdk import EncryptionSdkDecryptor
from notifyhub.decryption.local_key import LocalKeyDecryptor
from notifyhub.errors import DecryptionError
from notifyhub.events.parsing import parse_event
from notifyhub.secret import Secret
from tests.support.hub import CODE, signing_up

EVENT = parse_event(signing_up())


class Hanging(Decryptor):
    """As KMS behind a name server that does not answer, or whose reply drips: no time-out of botocore's bounds that."""

    def __init__(self):
        self.let = threading.Event()
        self.threads = []

    def decrypt(self, event, deadline):
        self.threads.append(threading.current_thread())
        self.let.wait(20)
        return Secret(CODE)


@pytest.fixture
def hanging():
    decryptor = Hanging()
    yield decryptor
    decryptor.let.set()


def test_what_hangs_ends_with_the_deadline(hanging):
    began = time.monotonic()
    with pytest.raises(DecryptionError, match="raise the function's time-out") as caught:
        hanging.secret_of(EVENT, Deadline.after(0.3))
    assert caught.value.check == "deadline"
    assert time.monotonic() - began < 0.3 + 0.3 + 1.0


@pytest.mark.parametrize("seconds", [5, 17, 900])
def test_however_much_time_is_left_the_call_can_be_left_behind(hanging, seconds):
    hanging.let.set()
    assert hanging.secret_of(EVENT, Deadline.after(seconds)).reveal() == CODE
    assert threading.current_thread() not in hanging.threads


def test_only_what_waits_for_nothing_is_called_without_a_thread():
    assert (EncryptionSdkDecryptor.may_block, LocalKeyDecryptor.may_block) == (True, False)
