"""What each message tells its reader: purpose, lifetime, what to do if it was not asked for; and the take-over warning."""

from __future__ import annotations

import re

import pytest

from tests.templates.html_page import Page
from tests.templates.rendering import (
    APP,
    CODE_TRIGGERS,
    EVERY_PART,
    LOGIN,
    ROOT,
    SMS_TRIGGERS,
    TRIGGERS,
    full,
    minimal,
    render,
    secret_of,
)

BODIES = [(trigger, part) for trigger, part in EVERY_PART if "body" in part]
WITH_SECRET = [(trigger, part) for trigger, part in BODIES if secret_of(trigger)]
EMAIL_BODIES = ["email.body.en.html", "email.body.en.txt"]
TAKE_OVER = "AccountTakeOverNotification"
PURPOSE = {
    "SignUp": "sign(ing)?[ -]up",
    "ResendCode": "sign(ing)?[ -]up",
    "ForgotPassword": "password",
    "UpdateUserAttribute": "confirm",
    "VerifyUserAttribute": "verify",
    "AdminCreateUser": "password",
    "Authentication": "sign[ -]in",
    "default": "code",
    TAKE_OVER: "unusual",
}


def words(trigger, part, context):
    source = render(trigger, part, context)
    text = Page(source).content if part.endswith("html") else source
    return " ".join(text.split())


@pytest.mark.parametrize(("trigger", "part"), BODIES)
def test_a_message_says_what_it_is_for_and_for_which_app(trigger, part):
    text = words(trigger, part, minimal(trigger))
    assert re.search(PURPOSE[trigger], text, re.IGNORECASE)
    assert "Acme" in text


@pytest.mark.parametrize(("trigger", "part"), WITH_SECRET)
def test_a_message_says_how_long_its_secret_lives_if_that_is_known(trigger, part):
    told = {"Authentication": "3 minutes", "AdminCreateUser": "7 days"}.get(trigger, "24 hours")
    assert re.search(rf"\bvalid (for )?{told}\.", words(trigger, part, full(trigger)), re.IGNORECASE)
    assert "valid" not in words(trigger, part, minimal(trigger)).lower()


@pytest.mark.parametrize(("trigger", "part"), BODIES)
def test_a_message_says_what_to_do_if_it_was_not_asked_for(trigger, part):
    pattern = r"Not you\? \w+" if part.startswith("sms") else r"If (you (are|did|were) not|this was not you)"
    assert re.search(pattern, words(trigger, part, minimal(trigger)))


@pytest.mark.parametrize("trigger", CODE_TRIGGERS)
def test_a_code_by_sms_comes_with_the_advice_never_to_share_it(trigger):
    assert "Never share it." in words(trigger, "sms.body.en.txt", minimal(trigger))


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("part", EMAIL_BODIES)
def test_an_email_says_never_to_share_its_secret_and_that_staff_never_ask(trigger, part):
    text = words(trigger, part, minimal(trigger))
    assert re.search(r"Never share (this code|your password)", text)
    assert "Nobody at Acme will ask you for" in text


@pytest.mark.parametrize("part", [*EMAIL_BODIES, "sms.body.en.txt"])
def test_a_reset_code_tells_whoever_did_not_ask_that_nothing_is_to_be_done(part):
    """Not that the password is unchanged: after AdminResetUserPassword, which raises this trigger too, it is not valid any more."""
    assert re.search(r"[Ii]gnore this", words("ForgotPassword", part, minimal("ForgotPassword")))


@pytest.mark.parametrize("part", EMAIL_BODIES)
def test_a_temporary_password_must_be_changed_at_the_first_sign_in(part):
    text = words("AdminCreateUser", part, minimal("AdminCreateUser"))
    assert "You must change it when you sign in for the first time." in text


@pytest.mark.parametrize("trigger", SMS_TRIGGERS)
@pytest.mark.parametrize("part", EMAIL_BODIES)
@pytest.mark.parametrize("key", ["support_url", "support_email"])
def test_help_is_offered_only_with_the_way_to_get_it(trigger, part, key):
    assert "Need help?" not in words(trigger, part, minimal(trigger))
    text = words(trigger, part, minimal(trigger, app={"name": "Acme", key: APP[key]}))
    assert re.search(rf"Need help\? (https://)?{re.escape(APP[key].removeprefix('https://'))}", text)


@pytest.mark.parametrize(("trigger", "part"), [each for each in EVERY_PART if each[1].endswith("txt")])
@pytest.mark.parametrize("context", [minimal, full])
def test_text_parts_are_tidy(trigger, part, context):
    text = render(trigger, part, context(trigger))
    assert not re.search(r"[ \t]\n", text)
    assert not re.search(r"[ \t]$", text)
    assert "\n\n\n" not in text
    assert text == text.lstrip()


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_fixed_lines_of_text_emails_fit_a_narrow_window(trigger):
    source = (ROOT / trigger / "email.body.en.txt.j2").read_text(encoding="utf-8")
    assert [line for line in source.split("\n") if len(line) > 78 and "{" not in line] == []


@pytest.mark.parametrize("part", EMAIL_BODIES)
@pytest.mark.parametrize("absent", sorted(LOGIN))
def test_a_take_over_warning_leaves_out_what_is_not_known(part, absent):
    login = {key: value for key, value in LOGIN.items() if key != absent}
    whole, less = (render(TAKE_OVER, part, full(TAKE_OVER, login=each)) for each in (LOGIN, login))
    shown = {"action": "blocked", "link_valid": "valid=true", "link_invalid": "valid=false"}.get(absent, LOGIN[absent])
    assert shown in whole
    assert shown not in less


@pytest.mark.parametrize("part", EMAIL_BODIES)
@pytest.mark.parametrize("more", [{"login": {}}, {"login": {"action": "SOMETHING_NEW"}}], ids=["nothing", "new-action"])
def test_a_take_over_warning_makes_sense_when_nothing_is_known(part, more):
    text = words(TAKE_OVER, part, minimal(TAKE_OVER, **more))
    assert "unusual for you." in text
    assert not re.search(r"Time|Place|Device|IP address|this was me|Was this you\?|SOMETHING_NEW|None", text)


@pytest.mark.parametrize("part", EMAIL_BODIES)
def test_a_take_over_warning_says_in_words_what_was_done(part):
    actions = ("BLOCK", "NO_ACTION", "MFA", "MFA_IF_CONFIGURED", "MFA_REQUIRED")
    texts = [words(TAKE_OVER, part, minimal(TAKE_OVER, login={"action": each})) for each in actions]
    assert len(set(texts)) == len(actions)
    assert not any(re.search("BLOCK|NO_ACTION|MFA", text) for text in texts)
    assert "We blocked it." in texts[0]
    assert "We did not block it." in texts[1]


def test_a_take_over_warning_links_its_buttons_to_what_they_say():
    page = Page(render(TAKE_OVER, "email.body.en.html", full(TAKE_OVER)))
    links = {t.data.strip(): t.ancestors[-1].attributes["href"] for t in page.visible if t.ancestors[-1].tag == "a"}
    assert links["No, this was not me"] == LOGIN["link_invalid"]
    assert links["Yes, this was me"] == LOGIN["link_valid"]
