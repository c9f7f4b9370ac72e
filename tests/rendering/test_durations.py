from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifyhub.rendering.durations import format_duration


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=1), "1 minute"),
        (timedelta(seconds=59), "1 minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=61), "2 minutes"),
        (timedelta(minutes=3), "3 minutes"),
        (timedelta(minutes=59, seconds=30), "1 hour"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "1 hour 30 minutes"),
        (timedelta(hours=2, minutes=1), "2 hours 1 minute"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(hours=25), "25 hours"),
        (timedelta(hours=47, minutes=59), "47 hours 59 minutes"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=2, hours=1, minutes=1), "2 days 1 hour 1 minute"),
        (timedelta(days=365), "365 days"),
    ],
)
def test_a_duration_reads_as_people_say_it(duration, words):
    assert format_duration(duration) == words


@pytest.mark.parametrize("locale", ["en", "en-gb", "xx", "", "../.."])
def test_a_language_that_is_not_known_is_answered_in_english(locale):
    assert format_duration(timedelta(minutes=3), locale) == "3 minutes"


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3650)))
def test_nobody_is_told_less_time_than_there_is_nor_a_minute_more(duration):
    """A code that is said to have expired would not be typed in any more."""
    words = format_duration(duration).split()
    units = {"minute": 60, "hour": 3600, "day": 86400}
    told = sum(int(count) * units[unit.rstrip("s")] for count, unit in zip(words[::2], words[1::2], strict=True))
    assert int(duration.total_seconds()) <= told < max(61, duration.total_seconds() + 60)
