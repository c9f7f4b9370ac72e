"""Where the code or password stands, what stands beside it, and what must not be shown at all."""

from __future__ import annotations

import re

import pytest

from tests.templates.html_page import Page
from tests.templates.rendering import (
    CANARY,
    CODE_TRIGGERS,
    EMAILS,
    EVERY_PART,
    PASSWORD,
    SMS_TRIGGERS,
    TRIGGERS,
    USER_NAME,
    full,
    minimal,
    render,
    secret_of,
)

HOSTILE = "a<b>&\"'x"
BODIES = [(t, p) for t, p in EVERY_PART if "body" in p and secret_of(t)]


def shown(trigger, part, context):
    """What a reader gets to see; the line that binds a code to a domain is for phones and left out."""
    source = render(trigger, part, context)
    if part.endswith("html"):
        return Page(source).content
    return "\n".join(line for line in source.split("\n") if not line.startswith("@"))


@pytest.mark.parametrize(("trigger", "part"), BODIES)
@pytest.mark.parametrize("context", [minimal, full])
def test_nothing_touches_the_code_or_the_password(trigger, part, context):
    secret = re.escape(secret_of(trigger))
    text = shown(trigger, part, context(trigger))
    assert len(re.findall(rf"(?<!\S){secret}(?!\S)", text)) == len(re.findall(secret, text)) >= 1


@pytest.mark.parametrize("trigger", SMS_TRIGGERS)
def test_in_a_text_email_the_code_or_password_is_alone_on_its_line(trigger):
    lines = render(trigger, "email.body.en.txt", full(trigger)).split("\n")
    at = lines.index(secret_of(trigger))
    assert (lines[at - 1], lines[at + 1]) == ("", "")
    assert re.search(r"(code|password) is:$", lines[at - 2])


@pytest.mark.parametrize("trigger", SMS_TRIGGERS)
def test_in_an_html_email_the_secret_is_the_only_text_of_a_monospaced_element(trigger):
    texts = Page(render(trigger, "email.body.en.html", full(trigger))).visible
    (at,) = [i for i, text in enumerate(texts) if secret_of(trigger) in text.data]
    assert texts[at].data == secret_of(trigger)
    assert texts[at].style("font-family", {}).endswith("monospace")
    assert texts[at].style("user-select", {}) == "all"
    assert re.search(r"(code|password) is$", texts[at - 1].data.strip())


def test_an_html_email_keeps_every_blank_of_a_password():
    page = Page(render("AdminCreateUser", "email.body.en.html", minimal("AdminCreateUser", password="a  b  c")))
    (text,) = [each for each in page.visible if each.data == "a  b  c"]
    assert text.style("white-space", {}) == "pre-wrap"


@pytest.mark.parametrize("trigger", CODE_TRIGGERS)
def test_the_preheader_shows_the_code_to_whoever_reads_the_notification(trigger):
    preheader = Page(render(trigger, "email.body.en.html", full(trigger))).text_of("preheader")
    assert re.fullmatch(rf"Your .*code is {secret_of(trigger)}", preheader)


@pytest.mark.parametrize("trigger", ["AdminCreateUser", "AccountTakeOverNotification"])
def test_the_preheader_is_there_and_shows_no_password_or_user_name(trigger):
    preheader = Page(render(trigger, "email.body.en.html", full(trigger))).text_of("preheader")
    assert preheader
    assert PASSWORD not in preheader
    assert USER_NAME not in preheader


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_subject_is_one_line_and_the_same_whatever_the_secret(trigger):
    changed = full(trigger, user_name="other", **({"code": "1", "password": "1"} if secret_of(trigger) else {}))
    subject = render(trigger, "email.subject.en.txt", full(trigger))
    assert subject == render(trigger, "email.subject.en.txt", changed)
    assert "\n" not in subject
    assert "Acme" in subject


@pytest.mark.parametrize(("trigger", "part"), EVERY_PART)
def test_text_that_anyone_can_choose_is_never_shown(trigger, part):
    assert CANARY not in render(trigger, part, full(trigger))


@pytest.mark.parametrize(("trigger", "part"), EVERY_PART)
def test_the_user_name_is_shown_only_with_a_temporary_password(trigger, part):
    expected = trigger == "AdminCreateUser" and "body" in part
    assert (USER_NAME in render(trigger, part, full(trigger))) is expected


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_html_escapes_a_hostile_app_and_shows_its_name_as_it_is(trigger):
    app = dict.fromkeys(("name", "url", "support_url", "support_email", "logo_url"), HOSTILE)
    source = render(trigger, "email.body.en.html", minimal(trigger, app=app))
    page = Page(source)
    assert page.faults == []
    assert HOSTILE not in source
    assert HOSTILE in page.content
    assert [each.attributes["alt"] for each in page.all("img")] == [HOSTILE]
    assert page.all("b") == []


def test_html_escapes_a_password_and_text_parts_leave_it_alone():
    context = minimal("AdminCreateUser", password=HOSTILE)
    page = Page(render("AdminCreateUser", "email.body.en.html", context))
    assert HOSTILE in [text.data for text in page.visible]
    for part in ("email.body.en.txt", "sms.body.en.txt"):
        assert HOSTILE in render("AdminCreateUser", part, context).split("\n")


@pytest.mark.parametrize(("trigger", "part"), [each for each in EMAILS if each[1].endswith("txt")])
def test_text_parts_show_names_without_html_entities(trigger, part):
    text = render(trigger, part, minimal(trigger, app={"name": HOSTILE}))
    assert HOSTILE in text
    assert not re.search(r"&(#\d+|\w+);", text)
