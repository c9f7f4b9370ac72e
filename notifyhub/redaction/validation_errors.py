"""Explains Pydantic's validation errors in words that quote no value."""

from __future__ import annotations

import re
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "string_type": "must be a text",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    # Two letters are easily part of a word, so a text that is compared with what was given would be withheld.
    "countries_of_email": 'is for channel = "sms" only: a country is told by a phone number',
    "string_too_short": "must not be empty",
}
_OF_VALIDATORS = ("value_error", "assertion_error")
_OF_TYPES = ("literal_error", "enum")
"""Kinds whose text lists what is allowed, and so holds what was given but for a letter's case."""
_SAYING_NOTHING = {"http", "https", "example"}


class Problem(NamedTuple):
    """One thing that is wrong: its path, such as `providers.mail.sender`, and what to do about it."""

    path: str
    text: str
    kind: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


def find_problems(error: ValidationError, *, prefix: str = "", names: AbstractSet[str] | None = None) -> list[Problem]:
    """Lists the problems of a validation error, rebuilt from location and type: Pydantic's text shows the input.

    With `names` other keys than these are data: neither a path nor a text shows them.
    """
    return [_make_problem(detail, prefix, names) for detail in error.errors(include_url=False)]


def find_names(model: type[Any]) -> set[str]:
    """Finds the names and aliases of all fields that a model is made of, at any depth."""
    names: set[str] = set()
    for part in find_types(model):
        for name, field in _fields(part).items():
            names |= {name, *_find_aliases(field)}
    return names


def find_types(annotation: Any) -> Iterator[Any]:
    """Finds the types that an annotation is made of, through the fields of models."""
    waiting, seen = [annotation], set()
    while waiting:
        part = waiting.pop()
        yield part
        waiting += typing.get_args(part)
        if (fields := _fields(part)) and part not in seen:
            seen.add(part)  # models may hold themselves
            waiting += [field.annotation for field in fields.values()]


def _fields(part: Any) -> dict[str, FieldInfo]:
    return getattr(part, "model_fields", {}) if isinstance(part, type) else {}


def _find_aliases(field: FieldInfo) -> Iterator[str]:
    waiting: list[Any] = [field.alias, field.validation_alias]
    while waiting:
        alias = waiting.pop()
        if isinstance(alias, str):
            yield alias
        elif isinstance(alias, list):
            waiting += alias
        elif hasattr(alias, "convert_to_aliases"):  # an AliasPath, or AliasChoices
            waiting += alias.convert_to_aliases()


def _make_problem(detail: Any, prefix: str, names: AbstractSet[str] | None) -> Problem:
    steps = [
        str(step) if names is None or isinstance(step, int) or step in names else "[key]" for step in detail["loc"]
    ]
    kind = detail["type"]
    return Problem(".".join(filter(None, (prefix, *steps))), _WORDS.get(kind) or _quote_validator(detail, names), kind)


def _quote_validator(detail: Any, names: AbstractSet[str] | None) -> str:
    """Returns the validator's message, unless it quotes the value."""
    text, kind = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, "), detail["type"]
    folded = text if kind in _OF_TYPES else text.casefold()
    words = _split_words(folded) if kind in _OF_VALIDATORS else set()
    for leaf in _find_leaves(detail["input"], names):
        given = leaf.strip() if kind in _OF_TYPES else leaf.strip().casefold()
        if (len(given) > 1 and given in folded) or not words.isdisjoint(_split_words(given)):
            return "is not valid"
    return text


def _split_words(text: str) -> set[str]:
    """Splits a text into words that a validator may quote, without those that every address may have."""
    return set(re.findall(r"\w{3,}", text)) - _SAYING_NOTHING


def _find_leaves(value: Any, names: AbstractSet[str] | None) -> Iterator[str]:
    waiting = [value]  # no recursion: what is given may be nested deeper than Python calls
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
            waiting += [key for key in item if names is not None and key not in names]
        elif isinstance(item, list | tuple | set):
            waiting += item
        elif item is not None:
            yield str(item)
