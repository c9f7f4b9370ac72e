"""Forged events have the byte layout of Cognito's: a decryptor that opens these opens those."""

import base64

import pytest

from notifyhub.testing.ciphertexts import SIGN_UP, Layout
from notifyhub.testing.contracts.decryptor import WITH_CODE
from notifyhub.testing.forge import POOL_ID, forge_event, make_local_key


def layout_of(event) -> Layout:
    return Layout(base64.b64decode(event["request"]["code"], validate=True))


@pytest.mark.parametrize("source", WITH_CODE)
def test_a_forged_message_is_laid_out_as_cognitos(source):
    event = forge_event(source, make_local_key())
    layout = layout_of(event)
    assert event["request"]["code"].startswith("AYADe")
    assert layout["version"] == b"\x01"
    assert layout["type"] == b"\x80"
    assert layout.number("suite") == 0x0378
    assert sorted(layout.context()) == ["aws-crypto-public-key", "userpool-id"]
    assert layout.context()["userpool-id"] == POOL_ID
    assert layout.number("data keys") == 1
    assert layout["content type"] == b"\x02", "framed"
    assert layout.number("frame length") == 4096
    assert layout.number("sequence") == 1


def test_under_a_kms_key_the_message_is_as_long_as_cognitos(new_key):
    """614 bytes for six digits. KMS wraps a data key in 184 bytes, moto in fewer; a DER signature varies a little."""
    master_key = new_key()
    layout = layout_of(forge_event(SIGN_UP, master_key, code="839201"))
    assert layout["provider"] == b"aws-kms"
    assert layout["key"] == master_key.key_id
    assert layout["key"].startswith(b"arn:aws:kms:eu-west-1:")
    assert abs(len(layout.message) - len(layout["data key"]) + 184 - 614) <= 8
