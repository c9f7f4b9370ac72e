"""Finds the country of a phone number; needs the extra `countries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifyhub.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable

_ELSEWHERE_CALLED = {"EL": "GR", "UK": "GB"}
"""Codes that the European Union or everyday use has in place of ISO's."""


def country_of(number: str) -> str | None:
    """Returns the ISO 3166 letters for a number in E.164 form; None if it is no number or no country's.

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
    """Loads the metadata of these countries, some 3 ms each, so that no message waits; raises MissingExtra."""
    library = _library()
    for number in filter(None, map(library.example_number, countries)):
        library.region_code_for_number(number)


def is_country(code: str) -> bool:
    """Whether the code is a country's that has phone numbers."""
    return code in _library().SUPPORTED_REGIONS


def usual_code(code: str) -> str | None:
    """Returns ISO's code for a country that is often written in another way, such as UK; else None."""
    return _ELSEWHERE_CALLED.get(code)


def _library() -> Any:
    """Imports the library on use: it takes about 30 ms, which only routes that ask for countries need."""
    try:
        import phonenumbers
    except ModuleNotFoundError as error:
        raise MissingExtra("countries", module="phonenumbers") from error
    return phonenumbers
