"""Countries by phone numbers."""

import sys

import pytest

from notifyhub.errors import MissingExtra
from notifyhub.recipients.countries import country_of, is_country, prepare, usual_code


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+14155552671", "US"),
        ("+15005550009", "US"),
        ("+14165550123", "CA"),
        ("+12423591234", "BS"),
        ("+18764123456", "JM"),
        ("+17875551234", "PR"),
        ("+79161234567", "RU"),
        ("+77011234567", "KZ"),
        ("+447400123456", "GB"),
        ("+447797712345", "JE"),
        ("+390612345678", "IT"),
        ("+3906698", "VA"),
        ("+491711234567", "DE"),
        ("+43664123456", "AT"),
        ("+80012345678", None),
        ("+8821234567890", None),
        ("+9991234567", None),
        ("+1", None),
        ("+", None),
        ("", None),
        ("jane@example.com", None),
        ("4155552671", None),
        ("+" + "1" * 300, None),
    ],
)
def test_countries_that_share_a_calling_code_are_told_apart(number, country):
    assert country_of(number) == country


def test_codes_that_are_none_of_iso_are_known_as_such():
    assert [code for code in ("GB", "GR", "XK", "UK", "EL", "ZZ", "001", "gb") if is_country(code)] == [
        "GB",
        "GR",
        "XK",
    ]
    assert (usual_code("UK"), usual_code("EL"), usual_code("ZZ")) == ("GB", "GR", None)


def test_a_country_without_numbers_can_be_prepared_for():
    prepare(["GB", "ZZ", "UK"])


def test_what_is_missing_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    for use in (lambda: country_of("+1"), lambda: prepare([]), lambda: is_country("GB")):
        with pytest.raises(MissingExtra, match=r'pip install "notifyhub-core\[countries\]"') as caught:
            use()
        assert (caught.value.extra, caught.value.module) == ("countries", "phonenumbers")
