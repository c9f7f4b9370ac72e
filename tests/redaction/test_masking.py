"""Recipients as logs may show them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifyhub.redaction.masking import mask


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("anna@example.com", "a***@e***.com"),
        ("a@b.example", "a***@b***.example"),
        ("anna@mail.example.co.uk", "a***@m***.uk"),
        ('"odd@local"@example.com', '"***@e***.com'),
        ("root@localhost", "r***@***"),
        ("@example.com", "***@e***.com"),
        ("@", "***@***"),
        ("+15005554567", "+1******4567"),
        ("+436601234567", "+4******4567"),
        ("+12345678", "+******"),
        ("+", "+******"),
        ("05005554567", "***"),
        ("", "***"),
        ("jane", "***"),
    ],
)
def test_a_recipient_is_recognised_by_who_knows_it_and_not_by_others(address, shown):
    assert mask(address) == shown


@given(st.emails())
def test_no_mail_address_shows_more_than_initials_and_the_top_level_domain(address):
    """Some two seconds long: hypothesis loads all top-level domains for its addresses."""
    local, _, domain = address.rpartition("@")
    shown = mask(address)
    assert shown.startswith(f"{local[0]}***@{domain[0]}***.")
    assert len(shown) <= len("a***@e***.") + len(domain.rpartition(".")[2])


@given(st.from_regex(r"\+[1-9][0-9]{5,14}", fullmatch=True))
def test_no_phone_number_shows_more_than_five_digits(number):
    assert sum(character.isdigit() for character in mask(number)) <= 5
