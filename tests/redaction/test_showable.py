"""What an event or a vendor says may be shown where it looks like a name, an id or a code."""

import pytest

from notifyhub.redaction.showable import is_code, is_message_id, is_name, is_source

# By text, whether it looks like a source, a name, a code and a message id.
TEXTS = {
    "PreSignUp_SignUp": "source name code id",
    "eu-west-1_Ab12": "name code id",
    "+15005550006": "name id",
    "sms.pumping:22/1#a=": "code id",
    "<1.2@mail.example>": "id",
    "Your code is 123456": "",
    "Grüße": "source",
    "___": "name code id",
    "a\n": "",
    "": "",
    "x" * 80: "source name code id",
    "x" * 81: "id",
    "x" * 201: "",
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_looks_like_one_may_be_shown(text):
    looks = {"source": is_source, "name": is_name, "code": is_code, "id": is_message_id}
    assert [kind for kind, looks_like in looks.items() if looks_like(text)] == TEXTS[text].split()
