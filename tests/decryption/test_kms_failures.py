"""What KMS may answer, and what the error says of it."""

import logging
import time

import pytest

from notifyhub.deadline import Deadline
from notifyhub.decryption import encryption_sdk
from notifyhub.errors import ConfigurationError, DecryptionError
from notifyhub.testing import VendorAnswer, assert_absent, traces_of
from notifyhub.testing.ciphertexts import CODE, POOL
from tests.decryption.scripted_kms import ARN
from tests.support.raw_server import free_port


@pytest.fixture
def decryptor(scripted, clients):
    return scripted.decryptor(clients)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(encryption_sdk, "KMS_TIMEOUT_S", 0.3)
    monkeypatch.setattr(encryption_sdk, "KMS_ATTEMPTS", 1)


@pytest.fixture
def refusal(scripted, caplog):
    """Check and message of the error that the scripted event ends in; neither it nor any log shows anything."""

    def refuse(decryptor):
        caplog.set_level(logging.DEBUG)
        with pytest.raises(DecryptionError) as caught:
            decryptor.decrypt(scripted.event, Deadline.never())
        error, body = caught.value, scripted.opened.body
        assert (error.__context__, error.__cause__) == (None, None)
        shown = [*traces_of(error), caplog.text]
        assert_absent([CODE, scripted.event.ciphertext[:40], body["Plaintext"], body["CiphertextBlob"][:40]], shown)
        return error.check, str(error)

    return refuse


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("AccessDeniedException", ("kms_access", "grant the function's role kms:Decrypt", 1)),
        ("ThrottlingException", ("kms_throttled", "raise the request quota", 3)),
        ("DisabledException", ("kms_key_state", "enable the key again", 1)),
        ("KMSInvalidStateException", ("kms_key_state", "pending deletion or import", 1)),
        ("NotFoundException", ("kms_key", "check decryption.key_arns", 1)),
        ("InvalidCiphertextException", ("key", "check decryption.key_arns", 1)),
        ("IncorrectKeyException", ("key", "check decryption.key_arns", 1)),
        ("SomethingNewException", ("kms", "KMS API reference", 1)),
    ],
)
def test_a_refusal_of_kms_is_named_with_its_remedy(scripted, decryptor, refusal, code, found):
    scripted.refuse(code)
    expected, remedy, calls = found
    check, message = refusal(decryptor)
    assert check == expected
    assert f"({code})" in message
    assert remedy in message
    assert len(scripted.server.requests) == calls


@pytest.mark.parametrize(
    "answer",
    [
        VendorAnswer(status=500, body={"__type": "KMSInternalException"}),
        VendorAnswer(status=502, body=f"<html>{CODE}", headers={"content-type": "text/html"}),
        VendorAnswer(status=400, body=f"<html>{CODE}"),
        VendorAnswer(status=302, headers={"location": "https://portal.example"}),
    ],
    ids=["internal", "gateway", "no JSON", "captive portal"],
)
def test_an_answer_that_is_not_of_kms_is_not_blamed_on_the_ciphertext(scripted, decryptor, refusal, answer):
    scripted.server.answer = answer
    check, message = refusal(decryptor)
    assert check == "kms"
    assert "KMS refused to decrypt" in message


@pytest.mark.parametrize(
    "change", [{"KeyId": ARN[:-1] + "0"}, {"Plaintext": "AAAA"}], ids=["another key", "another length"]
)
def test_an_answer_that_does_not_fit_is_refused(scripted, decryptor, refusal, change):
    scripted.server.answer = VendorAnswer(body={**scripted.opened.body, **change})
    assert refusal(decryptor)[0] == "key"


def test_kms_is_asked_strictly_for_the_key_and_gets_the_whole_context(scripted, decryptor):
    """A key policy can depend on `kms:EncryptionContext:userpool-id`."""
    assert decryptor.decrypt(scripted.event, Deadline.never()).reveal() == CODE
    (request,) = scripted.server.requests
    assert request.headers["x-amz-target"] == "TrentService.Decrypt"
    assert request.json()["KeyId"] == ARN
    context = request.json()["EncryptionContext"]
    assert context.pop("aws-crypto-public-key")
    assert context == POOL


def test_only_the_key_of_the_message_is_asked_for(scripted, clients):
    others = tuple(ARN.replace("eu-west-1", region) for region in ("eu-west-2", "us-east-1"))
    decryptor = scripted.decryptor(clients, (others[0], ARN, others[1]))
    assert decryptor.decrypt(scripted.event, Deadline.never()).reveal() == CODE
    assert [request.json()["KeyId"] for request in scripted.server.requests] == [ARN]


def test_a_message_of_another_key_never_reaches_kms(scripted, clients, refusal):
    assert refusal(scripted.decryptor(clients, (ARN[:-1] + "0",)))[0] == "key"
    assert scripted.server.requests == []


def test_an_event_without_time_never_reaches_kms(scripted, decryptor):
    with pytest.raises(DecryptionError):
        decryptor.decrypt(scripted.event, Deadline.after(0))
    assert scripted.server.requests == []


def test_a_silent_kms_costs_seconds_and_no_more(impatient, scripted, clients, refusal):
    scripted.server.answer = VendorAnswer(delay_s=30)
    began = time.monotonic()
    check, message = refusal(scripted.decryptor(clients))
    assert check == "kms_unreachable"
    assert "(ReadTimeoutError)" in message
    assert "NAT gateway" in message
    assert time.monotonic() - began < 5


def test_a_kms_that_is_not_there_is_unreachable(impatient, monkeypatch, scripted, clients, refusal):
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{free_port()}")
    check, message = refusal(scripted.decryptor(clients))
    assert check == "kms_unreachable"
    assert "(EndpointConnectionError)" in message


def test_a_function_without_credentials_is_told_so(monkeypatch, scripted, clients, refusal):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    check, message = refusal(scripted.decryptor(clients))
    assert check == "kms_credentials"
    assert "give the function a role" in message


@pytest.mark.parametrize(
    "answer",
    [VendorAnswer(hang_up=True), VendorAnswer(delay_s=30), VendorAnswer(status=500)],
    ids=["hang up", "silence", "error"],
)
def test_after_a_failure_the_same_decryptor_works_again(impatient, scripted, clients, refusal, answer):
    """The SDK's own key provider drops its client with the first lost connection, and fails from then on."""
    decryptor = scripted.decryptor(clients)
    for _ in range(2):
        scripted.server.answer = answer
        refusal(decryptor)
        scripted.server.answer = scripted.opened
        assert decryptor.decrypt(scripted.event, Deadline.never()).reveal() == CODE


def test_a_lost_connection_is_tried_again_at_once(scripted, decryptor, refusal):
    scripted.server.answer = VendorAnswer(hang_up=True)
    assert refusal(decryptor)[0] == "kms_unreachable"
    assert len(scripted.server.requests) == 3


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "0d8a8b3e-5f7e-4c0c-9a1b-6f1f5e3f9c21",
        "alias/cognito",
        "arn:aws:kms:eu-west-1:111122223333:alias/cognito",
        "arn:aws:kms:eu-west-1:111122223333:key/",
        "arn:aws:kms::111122223333:key/0d8a8b3e",
        "arn:aws:kms:eu-west-1:1234:key/0d8a8b3e",
        "arn:aws:s3:::bucket",
        f"{ARN}\n",
        f"{ARN},{ARN}",
    ],
)
def test_whatever_is_not_the_arn_of_a_key_is_a_matter_of_the_configuration(clients, arn):
    with pytest.raises(ConfigurationError, match="write the key's ARN") as caught:
        encryption_sdk.EncryptionSdkDecryptor([ARN, arn], clients)
    assert caught.value.path == "decryption.key_arns"
    assert "aws kms describe-key" in str(caught.value)
    assert_absent([arn] if arn else [], traces_of(caught.value))


@pytest.mark.parametrize(
    "arn",
    [ARN, "arn:aws-cn:kms:cn-north-1:111122223333:key/a", "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-0d8a"],
)
def test_keys_of_every_partition_and_of_several_regions_are_taken(scripted, clients, arn):
    assert scripted.decryptor(clients, (arn,))
