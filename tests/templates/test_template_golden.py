"""Rendered messages, byte for byte, so that a change of wording or markup shows in a review.

After a deliberate change: NOTIFYHUB_UPDATE_GOLDEN=1 python -m pytest tests/templates/test_template_golden.py
writes the files anew and fails, so that it is never mistaken for a pass; look at the difference, then run without it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.templates.rendering import full, minimal, render

GOLDEN = Path(__file__).parent / "golden"
MESSAGES = [
    ("SignUp", "email.body.en.html"),
    ("SignUp", "email.body.en.txt"),
    ("SignUp", "email.subject.en.txt"),
    ("SignUp", "sms.body.en.txt"),
    ("AdminCreateUser", "email.body.en.html"),
    ("AdminCreateUser", "email.body.en.txt"),
    ("AdminCreateUser", "sms.body.en.txt"),
    ("Authentication", "sms.body.en.txt"),
    ("AccountTakeOverNotification", "email.body.en.html"),
    ("AccountTakeOverNotification", "email.body.en.txt"),
]
KINDS = {"full": full, "minimal": minimal}
CASES = {f"{trigger}.{kind}.{part}": (trigger, part, kind) for trigger, part in MESSAGES for kind in KINDS}


@pytest.mark.parametrize("name", CASES)
def test_a_message_is_rendered_as_recorded(name):
    trigger, part, kind = CASES[name]
    rendered = render(trigger, part, KINDS[kind](trigger)).encode()
    path = GOLDEN / name
    if os.environ.get("NOTIFYHUB_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(rendered)
        pytest.fail(f"{name} was written anew; run again without NOTIFYHUB_UPDATE_GOLDEN")
    assert rendered == path.read_bytes()


def test_every_recorded_message_is_compared():
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)
