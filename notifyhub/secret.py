"""A text that cannot be shown by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from notifyhub.redaction.escapes import contains_escaped

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

_MASK = "**********"


class Secret:
    """Holds a code, a temporary password or a one-click link.

    It shows asterisks in str, repr and format, and raises TypeError on pickle, copy and JSON. Only `reveal` gives the
    text; rendering calls it, and providers whose capabilities declare `needs_secret`.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Returns the plaintext, which must not be kept."""
        return self.__text

    def shows_in(self, text: str) -> bool:
        """Whether a text holds the plaintext, so that callers can keep it out without knowing it."""
        return contains_escaped(text, self.__text)

    def __repr__(self) -> str:
        return f"Secret('{_MASK}')"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__text == other.reveal()

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Secret has no state to be written")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Lets Pydantic models hold secrets: validated from text, never serialised."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            _validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_refuse, when_used="json"),
        )


def _validate(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        return Secret(value)
    raise ValueError("a text is needed")


def _refuse(value: Secret) -> NoReturn:
    raise TypeError(f"{value!r} cannot be written as JSON")
