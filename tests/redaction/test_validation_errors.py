"""Findings name the place and the remedy, and quote no value."""

import datetime as dt
import decimal
import enum
import ipaddress
import uuid
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, HttpUrl, TypeAdapter, ValidationError

from notifyhub.redaction.validation_errors import find_problems
from notifyhub.settings.section import Section
from notifyhub.testing import assert_absent

CANARY = "c4n4ry"


class Colour(enum.Enum):
    RED = "red"


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def quoting(value: Any) -> Any:
    raise ValueError(f"{value} is not wanted")


def asserting(value: Any) -> Any:
    raise AssertionError(f"not {value}")


def explaining(value: Any) -> Any:
    raise ValueError("write it otherwise")


KINDS = {
    "int": int,
    "float": float,
    "bool": bool,
    "datetime": dt.datetime,
    "timedelta": dt.timedelta,
    "decimal": decimal.Decimal,
    "uuid": uuid.UUID,
    "address": ipaddress.IPv4Address,
    "url": HttpUrl,
    "enum": Colour,
    "literal": Literal["a", "b"],
    "pattern": Annotated[str, Field(pattern="^x")],
    "length": Annotated[str, Field(max_length=2)],
    "quoted after": Annotated[str, AfterValidator(quoting)],
    "quoted before": Annotated[str, BeforeValidator(quoting)],
    "quoted by an assertion": Annotated[str, AfterValidator(asserting)],
    "list": list[int],
    "dict": dict[str, int],
    "section": Section,
    "union": Annotated[Cat | Dog, Field(discriminator="kind")],
}


def wrong(kind: Any, value: object, prefix: str = ""):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return find_problems(caught.value, prefix=prefix)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("value", [CANARY, [CANARY], {"kind": CANARY}, {"a": {"b": [CANARY]}}], ids=repr)
def test_no_finding_quotes_what_was_given(kind, value):
    found = wrong(kind, value)
    assert_absent([CANARY], [*map(str, found), *map(repr, found)])


def test_a_value_that_was_stripped_before_it_was_quoted_is_not_shown_either():
    class Table(Section):
        name: Annotated[str, AfterValidator(quoting)]

    with pytest.raises(ValidationError) as caught:
        Table(name=f"  {CANARY} ")
    assert str(find_problems(caught.value)[0]) == "name: is not valid"


def test_words_that_quote_nothing_are_kept():
    assert [found.text for found in wrong(Annotated[str, AfterValidator(explaining)], CANARY)] == ["write it otherwise"]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Cat, {}, "kind: is missing"),
        (Section, {"typo": 1}, "typo: is not a known key"),
        (str, 7, "must be a text"),
        (str, None, "must be a text"),
        (Annotated[str, BeforeValidator(explaining)], None, "write it otherwise"),
        (dict[str, str], 7, "must be a table"),
        (Cat, 7, "must be a table"),
        (list[str], 7, "must be a list"),
        (tuple[str, ...], 7, "must be a list"),
        (Annotated[str, Field(min_length=1)], "", "must not be empty"),
        (list[dict[str, str]], [{}, {"a": 7}], "1.a: must be a text"),
    ],
)
def test_frequent_mistakes_are_told_in_plain_words(kind, value, text):
    assert str(wrong(kind, value)[0]) == text


def test_all_that_is_wrong_is_found_with_its_whole_path():
    class Inner(BaseModel):
        a: str
        b: list[int]

    found = wrong(Inner, {"b": ["x"]}, prefix="providers.mail")
    assert [(each.path, each.kind) for each in found] == [
        ("providers.mail.a", "missing"),
        ("providers.mail.b.0", "int_parsing"),
    ]


@pytest.mark.parametrize(
    "quoted", [str.lower, str.swapcase, lambda text: text.split("@")[0], lambda text: text.replace(".", " ").title()]
)
@pytest.mark.parametrize("error", [ValueError, AssertionError])
def test_a_value_that_was_changed_before_it_was_quoted_is_not_shown_either(quoted, error):
    def refusing(value: Any) -> Any:
        raise error(f"{quoted(value)} is no address")

    assert [found.text for found in wrong(Annotated[str, AfterValidator(refusing)], "Jane.Roe@acme.test")] == [
        "is not valid"
    ]


def test_what_is_allowed_is_told_to_who_wrote_it_in_capitals():
    assert "'retain'" in wrong(Literal["retain", "discard"], "Retain")[0].text


def test_keys_are_shown_unless_names_are_given():
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(dict[str, int]).validate_python({CANARY: "x"})
    assert find_problems(caught.value)[0].path == CANARY
    assert find_problems(caught.value, names={"a"})[0].path == "[key]"
