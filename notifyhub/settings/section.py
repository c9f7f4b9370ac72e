"""The base class of every table of the configuration, which also reads lists and tables from text."""

from __future__ import annotations

import json
import typing
from types import UnionType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from notifyhub.redaction.tracebacks import rebuilt


class Section(BaseModel):
    """A table of the configuration: frozen, a misspelt key is an error, and errors never quote a value.

    Environment variables hold text only, so a list may be written as JSON or comma-separated, a table as JSON.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True, defer_build=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _from_text(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str) or info.field_name is None:
            return value
        return _unpack(value, cls.model_fields[info.field_name].annotation)


def _unpack(text: str, annotation: Any) -> Any:
    """Reads a list or a table from text where the field holds one; returns other text as it is."""
    containers = _find_containers(annotation)
    if dict in containers or (containers and text.lstrip().startswith("[")):
        return unpack_json(text)
    return [item.strip() for item in text.split(",") if item.strip()] if containers else text


def _find_containers(annotation: Any) -> set[type]:
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _find_containers(typing.get_args(annotation)[0])
    if origin is typing.Union or origin is UnionType:
        return set().union(*map(_find_containers, typing.get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {dict}
    return {origin} & {list, tuple, set, frozenset, dict}


def unpack_json(text: str, *, problem: str = "this is not valid JSON") -> Any:
    """Reads JSON from an environment variable; raises ValueError with the problem, which quotes nothing of it."""
    return rebuilt(lambda: json.loads(text), by=lambda _: ValueError(problem), of=ValueError)
