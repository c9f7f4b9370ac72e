"""The types of the values that tables of the configuration hold."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo

from notifyhub import channels, locales
from notifyhub.events.triggers import TRIGGERS
from notifyhub.messages import Mailbox
from notifyhub.settings.section import unpack_json

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"']+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Locale = Annotated[str, StringConstraints(pattern=f"^{locales.PATTERN}$")]
MailAddress = Annotated[str, StringConstraints(pattern=f"^{channels.MAIL_ADDRESS}$")]
PhoneNumber = Annotated[str, StringConstraints(pattern=f"^{channels.PHONE_NUMBER}$")]
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _parse_duration(value: Any) -> timedelta:
    """Reads `90s`, `15m`, `24h`, `7d`, or a number of seconds."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"([0-9]{1,8}(?:\.[0-9]{1,3})?)\s*([smhd]?)", str(value))
    if match is None:
        raise ValueError("write 90s, 15m, 24h, 7d, or a number of seconds")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def unpack_table(value: Any) -> Any:
    """Reads a table that an environment variable writes as JSON; leaves other values as they are."""
    if not isinstance(value, str):
        return value
    return unpack_json(value, problem="must be a table; an environment variable writes it as JSON")


def _make_list(value: Any) -> Any:
    """Makes a list of one value or of several."""
    return [_as_text(item) for item in value] if isinstance(value, list | tuple) else [_as_text(value)]


def _as_text(value: Any) -> Any:
    """Writes numbers and truth values as Cognito does: `5`, `true`."""
    return str(value).lower() if isinstance(value, int | float) else value


def trigger_name(name: str) -> str:
    """Corrects the case of letters in the name of a Cognito trigger; leaves other names as they are."""
    return next((known for known in TRIGGERS if known.lower() == name.lower()), name)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, where plain connections are allowed."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_base_url(url: str) -> str:
    scheme, host = _scheme_and_host(url)
    if not host or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        raise ValueError("write an https:// address; plain http:// is for loopback only")
    return _refuse_credentials(url).rstrip("/")


def _refuse_credentials(url: str) -> str:
    """Refuses user and password in front of the host: settings show their addresses.

    `urlsplit` would do, but of some addresses it raises an error that quotes them. Like it, this passes over tabs and
    line breaks.
    """
    if re.match(r"[^/?#]*//[^/?#]*@", re.sub(r"[\t\r\n]", "", url)):
        raise ValueError("leave out what stands before the @: it must hold no credentials")
    return url


def _scheme_and_host(url: str) -> tuple[str, str | None]:
    try:
        parts = urlsplit(url)
    except ValueError:  # it quotes the address, which may hold credentials
        return "", None
    return parts.scheme, parts.hostname


def _check_sender(text: str) -> str:
    """Checks a sender and keeps it as written: encoded here, its name would be encoded twice in a header."""
    if not Mailbox.parse(text).address.isascii():
        raise ValueError("write the address in ASCII, its domain as xn--…")
    return text


def _anchor(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("folder")
    return Path(base, path.expanduser()) if base is not None else path.expanduser()


BaseUrl = Annotated[str, AfterValidator(_check_base_url)]
"""An https address without a trailing slash; plain http only for loopback."""

CallbackUrl = Annotated[str, StringConstraints(pattern=r"^https://\S+$"), AfterValidator(_refuse_credentials)]
"""An https address that a vendor is to call; credentials in it would be shown."""

MailSender = Annotated[str, AfterValidator(_check_sender)]
"""`Acme <no-reply@acme.example>` or a bare mail address."""

FilePath = Annotated[Path, AfterValidator(_anchor)]
"""A path; a relative one starts at the folder of the configuration file."""

Duration = Annotated[timedelta, BeforeValidator(_parse_duration), Field(gt=timedelta(0))]

Country = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$", to_upper=True)]
"""Two letters of ISO 3166."""

OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_make_list), Field(min_length=1)]
"""A value or a list of values."""
