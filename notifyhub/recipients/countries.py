"""The country that a phone number belongs to; needs the extra `countries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifyhub.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable

_ELSEWHERE_CALLED = {"EL": "GR", "UK": "GB"}
"""Codes that the European Union or everyday use has in place of ISO's."""


def country_of(number: str) -> str | None:
    """The two letters of ISO 3166 for a number in E.164 form; None where it is no country's or not a number.

    Countries that share a calling code, such as the 25 behind +1, are told apart by the ranges that each has given out.
    """
    library = _library()
    try:
        region = library.region_code_for_number(library.parse(number))
    except library.NumberParseException:
        return None
    # 001 stands for numbers of no country, such as +800.
    return str(region) if region in library.SUPPORTED_REGIONS else None


def prepare(countries: Iterable[str]) -> None:
    """Loads what telling these countries takes, some 3 ms each, so that no message waits; raises MissingExtra."""
    library = _library()
    for number in filter(None, map(library.example_number, countries)):
        library.region_code_for_number(number)


def is_country(code: str) -> bool:
    """Whether numbers can be of that country."""
    return code in _library().SUPPORTED_REGIONS


def usual_code(code: str) -> str | None:
    """ISO's code for a country that is often written in another way; None where there is nothing to suggest."""
    return _ELSEWHERE_CALLED.get(code)


def _library() -> Any:
    """Imported on use: it takes about 30 ms, which only those wait for whose routes ask for countries."""
    try:
        import phonenumbers
    except ModuleNotFoundError as error:
        raise MissingExtra("countries", module="phonenumbers") from error
    return phonenumbers
