"""The search of test_no_leak.py finds what is planted: it can fail."""

import dataclasses
import logging

import pytest

from tests.support.leak_search import LeakSearch

CODE = "c4nary_c0de"


@pytest.fixture
def search():
    with LeakSearch() as search:
        yield search


@pytest.mark.parametrize(
    "leak",
    [
        lambda logger: logger.debug("the code is %s", CODE),
        lambda logger: logger.debug("a number of %d", 1, extra={"seen": {"code": CODE}}),
        lambda logger: logger.debug("an object: %s", Loud()),
        lambda logger: logger.debug("an error", exc_info=chained()),
    ],
)
def test_the_search_finds_what_is_planted_in_a_log(leak, search):
    leak(logging.getLogger("a.library"))
    with pytest.raises(AssertionError, match="needle 0 shows") as caught:
        search.assert_absent(CODE)
    assert CODE not in str(caught.value)


def test_the_search_finds_what_is_planted_in_errors_and_objects(search):
    for note, thing in ((search.note, chained()), (search.note, Loud()), (search.note_fields, Pocket([Pocket(CODE)]))):
        search.texts.clear()
        note(thing)
        with pytest.raises(AssertionError, match="needle 0 shows"):
            search.assert_absent(CODE)


def test_the_search_finds_what_is_planted_in_a_frame(search):
    with pytest.raises(ZeroDivisionError) as caught:
        carrying(Pocket(CODE))
    search.note_frames(caught.value)
    with pytest.raises(AssertionError, match="needle 0 shows"):
        search.assert_absent(CODE)


class Loud:
    """Shows what it holds."""

    def __repr__(self):
        return f"Loud({CODE})"


@dataclasses.dataclass(repr=False)
class Pocket:
    """Shows what it holds only to those who look into its fields."""

    content: object


def chained():
    """An error whose suppressed context holds the code."""
    error = ValueError("harmless")
    error.__context__ = KeyError(CODE)
    error.__suppress_context__ = True
    return error


def carrying(pocket):
    opened = pocket.content
    return len(opened) / 0
