import re

import pytest

from notifyhub.locales import LONGEST, PATTERN, normalize, normalize_all, widen


@pytest.mark.parametrize("spelling", ["de-AT", "de_AT", "DE-at", "de-at"])
def test_a_locale_has_one_spelling(spelling):
    assert normalize(spelling) == "de-at"


def test_wider_forms_come_after_narrower_ones():
    assert list(widen("zh-hant-tw")) == ["zh-hant-tw", "zh-hant", "zh"]
    assert list(widen("")) == []


def test_what_is_too_long_for_a_locale_is_passed_over():
    assert list(normalize_all(["a" * (LONGEST + 1), "De_AT", "b" * LONGEST])) == ["de-at", "b" * LONGEST]


@pytest.mark.parametrize(
    ("text", "fits"), [("de", True), ("zh-Hant_TW", True), ("d", False), ("de-", False), ("de.AT", False)]
)
def test_the_pattern_takes_locales_alone(text, fits):
    assert bool(re.fullmatch(PATTERN, text)) is fits
