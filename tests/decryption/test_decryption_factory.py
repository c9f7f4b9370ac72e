import base64
import os

import pytest

from notifyhub.deadline import Deadline
from notifyhub.decryption.encryption_sdk import EncryptionSdkDecryptor
from notifyhub.decryption.factory import make_decryptor
from notifyhub.decryption.local_key import LocalKeyDecryptor
from notifyhub.events.parsing import parse_event
from notifyhub.testing import assert_absent, traces_of
from notifyhub.testing.forge import forge_event
from tests.support.configured import CANARY, refused, settings

ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000"


def decryptor_of(settings, clients):
    return make_decryptor(settings.decryption, clients, folder=settings.folder)


@pytest.mark.parametrize(
    "key",
    [
        CANARY,
        f"{CANARY}=",
        "é" * 44,
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(bytes(33)).decode(),
    ],
)
def test_a_local_key_of_another_form_is_refused_without_showing_it(clients, key):
    error = refused(decryptor_of, settings(DECRYPTION__LOCAL_KEY=key), clients)
    assert error.path == "decryption.local_key"
    assert "write 32 bytes in base64" in str(error)
    assert_absent([CANARY, *([key] if key else [])], traces_of(error))


def test_a_local_key_may_be_a_reference(clients, monkeypatch):
    key = os.urandom(32)
    monkeypatch.setenv("MADE_UP_KEY", base64.b64encode(key).decode())
    decryptor = decryptor_of(settings(DECRYPTION__LOCAL_KEY="env:MADE_UP_KEY"), clients)
    event = parse_event(forge_event("CustomEmailSender_SignUp", key, code="83920174"))
    assert isinstance(decryptor, LocalKeyDecryptor)
    assert decryptor.decrypt(event, Deadline.never()).reveal() == "83920174"


def test_a_local_key_that_is_nowhere_is_named(clients):
    error = refused(decryptor_of, settings(DECRYPTION__LOCAL_KEY="env:MADE_UP_KEY"), clients)
    assert str(error) == "decryption.local_key: the environment variable MADE_UP_KEY is not set"


def test_a_local_key_is_refused_inside_lambda_unless_allowed(clients, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    key = {"DECRYPTION__LOCAL_KEY": base64.b64encode(os.urandom(32)).decode()}
    error = refused(decryptor_of, settings(**key), clients)
    assert error.path == "decryption.local_key"
    assert_absent(key.values(), traces_of(error))
    assert decryptor_of(settings(**key, DECRYPTION__ALLOW_IN_LAMBDA="true"), clients)


def test_key_arns_are_decrypted_under_by_kms(aws_env, clients):
    decryptor = decryptor_of(settings(DECRYPTION__KEY_ARNS=ARN), clients)
    assert type(decryptor) is EncryptionSdkDecryptor


def test_without_a_key_only_a_secret_is_an_error(clients):
    decryptor = decryptor_of(settings(), clients)
    event = parse_event(forge_event("CustomEmailSender_SignUp", bytes(32)))
    error = refused(decryptor.decrypt, event, Deadline.never())
    assert str(error) == "decryption: set key_arns to the ARN of the user pool's KMS key"
