"""The base of every table of the configuration, and the kinds of values that more than one table holds."""

from __future__ import annotations

import ipaddress
import json
import typing
from pathlib import Path
from types import UnionType
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, field_validator

from notifyhub.messages import Mailbox


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
        return _unpacked(value, cls.model_fields[info.field_name].annotation)


def _unpacked(text: str, annotation: Any) -> Any:
    """The list or table that the text stands for, where one is expected; else the text."""
    kinds = _containers(annotation)
    if dict in kinds or (kinds and text.lstrip().startswith("[")):
        return _from_json(text)
    return [item.strip() for item in text.split(",") if item.strip()] if kinds else text


def _containers(annotation: Any) -> set[type]:
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _containers(typing.get_args(annotation)[0])
    if origin is typing.Union or origin is UnionType:
        return set().union(*map(_containers, typing.get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {dict}
    return {origin} & {list, tuple, set, frozenset, dict}


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    raise ValueError("this is not valid JSON")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, where plain connections are allowed."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base_url(url: str) -> str:
    scheme, host = _scheme_and_host(url)
    if not host or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        raise ValueError("write an https:// address; plain http:// is for loopback only")
    if "@" in urlsplit(url).netloc:  # settings show their addresses
        raise ValueError("leave out what stands before the @: it must hold no credentials")
    return url.rstrip("/")


def _scheme_and_host(url: str) -> tuple[str, str | None]:
    try:
        parts = urlsplit(url)
    except ValueError:  # it quotes the address, which may hold credentials
        return "", None
    return parts.scheme, parts.hostname


def _mail_sender(text: str) -> str:
    """The sender as it is written: encoded here, its name would be encoded twice in a header."""
    if not Mailbox.parse(text).address.isascii():
        raise ValueError("write the address in ASCII, its domain as xn--…")
    return text


def _anchored(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("folder")
    return Path(base, path.expanduser()) if base is not None else path.expanduser()


BaseUrl = Annotated[str, AfterValidator(_base_url)]
"""An https address without a trailing slash; plain http only for loopback."""

MailSender = Annotated[str, AfterValidator(_mail_sender)]
"""`Acme <no-reply@acme.example>` or a bare mail address."""

FilePath = Annotated[Path, AfterValidator(_anchored)]
"""A path; a relative one starts at the folder of the configuration file."""
