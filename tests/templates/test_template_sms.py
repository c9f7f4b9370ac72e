"""Text messages: one segment of 160 septets in the worst case, and the line that binds a code to a domain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.templates.rendering import CODE, CODE_TRIGGERS, SMS_TRIGGERS, USER_NAME, full, minimal, render

# 3GPP TS 23.038, 6.2.1: the default alphabet, and the table reached through an escape, which costs a second septet.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
SEGMENT = 160
LONG_NAME = "Twenty letters, no m"
LONG_DOMAIN = "login.acme-x.example"
LIFETIMES = [timedelta(minutes=3), timedelta(minutes=15), timedelta(hours=24), timedelta(days=365)]


def septets(text: str) -> int:
    unknown = set(text) - set(BASIC) - set(EXTENSION)
    if unknown:
        raise ValueError(f"not in GSM-7: {sorted(unknown)}")
    return len(text) + sum(text.count(each) for each in EXTENSION)


def test_septets_are_counted_as_phones_count_them():
    assert len(set(BASIC)) == 127
    assert (septets("Aé@\n"), septets("a€[b")) == (4, 6)
    with pytest.raises(ValueError, match="GSM-7"):
        septets("don’t")  # noqa: RUF001 - the point


@pytest.mark.parametrize("trigger", SMS_TRIGGERS)
@pytest.mark.parametrize("lifetime", LIFETIMES, ids=str)
@pytest.mark.parametrize("domain", [{}, {"domain": LONG_DOMAIN}], ids=["unbound", "bound"])
def test_the_longest_message_fits_one_segment(trigger, lifetime, domain):
    assert (len(CODE), len(LONG_NAME), len(LONG_DOMAIN)) == (8, 20, 20)
    context = minimal(trigger, app={"name": LONG_NAME, **domain}, lifetime=lifetime)
    assert septets(render(trigger, "sms.body.en.txt", context)) <= SEGMENT


def test_the_longest_password_fits_even_with_four_characters_that_count_twice():
    password = "Kd7[mQ2{Rt9^xW4~"
    assert (len(password), len(USER_NAME)) == (16, 36)
    context = minimal("AdminCreateUser", app={"name": LONG_NAME}, password=password, lifetime=LIFETIMES[-1])
    assert septets(render("AdminCreateUser", "sms.body.en.txt", context)) <= SEGMENT


@pytest.mark.parametrize("trigger", CODE_TRIGGERS)
def test_with_a_domain_the_last_line_binds_the_code_to_it_and_people_read_the_code_before(trigger):
    *human, last = render(trigger, "sms.body.en.txt", full(trigger)).split("\n")
    assert last == f"@acme.example #{CODE}"
    assert human[0].startswith("Your ")
    assert human[0].endswith(f" is {CODE}")


@pytest.mark.parametrize("trigger", CODE_TRIGGERS)
def test_without_a_domain_nothing_looks_like_a_bound_code(trigger):
    text = render(trigger, "sms.body.en.txt", minimal(trigger))
    assert "@" not in text
    assert "#" not in text


def test_a_password_is_never_bound_to_a_domain():
    assert "@acme.example" not in render("AdminCreateUser", "sms.body.en.txt", full("AdminCreateUser"))


@pytest.mark.parametrize("trigger", SMS_TRIGGERS)
def test_a_message_wastes_nothing_on_blanks(trigger):
    for context in (minimal(trigger), full(trigger)):
        text = render(trigger, "sms.body.en.txt", context)
        assert text == text.strip()
        assert "  " not in text
        assert "\n\n" not in text


def test_a_password_message_gives_user_name_and_password_whole():
    lines = render("AdminCreateUser", "sms.body.en.txt", full("AdminCreateUser")).split("\n")
    assert lines[0] == f"Acme user: {USER_NAME}"
    assert lines[1:3] == ["Temporary password:", full("AdminCreateUser")["password"]]
