"""What Pydantic found wrong, in words that quote no value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "string_type": "must be a text",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "string_too_short": "must not be empty",
}


class Finding(NamedTuple):
    """One thing that is wrong: its path, such as `providers.mail.sender`, and what to do about it."""

    path: str
    text: str
    kind: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


def findings(error: ValidationError, *, prefix: str = "") -> list[Finding]:
    """All that the error reports, rebuilt from location and type; Pydantic's own text shows the input."""
    return [_finding(detail, prefix) for detail in error.errors(include_url=False)]


def _finding(detail: Any, prefix: str) -> Finding:
    path = ".".join(filter(None, (prefix, *map(str, detail["loc"]))))
    kind = detail["type"]
    return Finding(path, _WORDS.get(kind) or _own_words(detail), kind)


def _own_words(detail: Any) -> str:
    """The validator's message, unless it quotes what it was given."""
    text = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    quoted = any(len(leaf) > 1 and leaf in text for leaf in map(str.strip, _leaves(detail["input"])))
    return "is not valid" if quoted else text


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield str(value)
