"""`notifyhub forge`: an event as Cognito would send it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from notifyhub.cli.configuration import load_settings_if_any
from notifyhub.cli.options import ChannelOption, Config
from notifyhub.cli.output import WRONG_USAGE, err, fail, out, report_errors
from notifyhub.decryption.local_key import parse_local_key
from notifyhub.testing.forge import POOL_ID, forge_event, make_local_key
from notifyhub.testing.samples import find_source

_Text = Optional[str]  # noqa: UP045 - typer reads annotations at run time


def forge(
    trigger: Annotated[str, typer.Argument(help="SignUp, ForgotPassword, … or a full source, CustomSMSSender_SignUp.")],
    channel: ChannelOption = None,
    code: Annotated[_Text, typer.Option(help="The code or temporary password; made up unless given.")] = None,
    email: Annotated[_Text, typer.Option(help="The user's mail address.")] = None,
    phone: Annotated[_Text, typer.Option(help="The user's phone number, such as +15005550009.")] = None,
    locale: Annotated[_Text, typer.Option(help="The user's locale, such as de-AT.")] = None,
    pool: Annotated[str, typer.Option(help="The user pool's id.")] = POOL_ID,
    config: Config = None,
    key_file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A file with a local key in base64; else decryption.local_key of the configuration."),
    ] = None,
) -> None:
    """Prints an event whose secret is encrypted in Cognito's byte layout, under a local key for development."""
    with report_errors():
        source = find_source(trigger, channel.value if channel else None)
        attributes = {"email": email, "phone_number": phone, "locale": locale}
        given = {name: value for name, value in attributes.items() if value}
        event = forge_event(source, _find_key(key_file, config), code=code, pool_id=pool, attributes=given)
        out().print_json(json.dumps(event), indent=1) if out().is_terminal else print(json.dumps(event, indent=1))  # noqa: T201


def _find_key(key_file: Path | None, config: Path | None) -> bytes:
    if key_file is not None:
        return _read_key(key_file)
    settings = load_settings_if_any(config)
    if settings is None or settings.decryption.local_key is None:
        return _make_key()
    from notifyhub.clients.aws import AwsClients
    from notifyhub.settings.references import SecretReferences

    references = SecretReferences(AwsClients(), folder=settings.folder)
    resolved = references.resolve(settings.decryption, path="decryption").local_key
    return parse_local_key(resolved.get_secret_value() if resolved else "")


def _read_key(file: Path) -> bytes:
    try:
        return parse_local_key(file.read_text(encoding="utf-8").strip())
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", code=WRONG_USAGE)
    except UnicodeDecodeError:
        fail(f"{file} is not text; a key file holds the key in base64", code=WRONG_USAGE)


def _make_key() -> bytes:
    key = make_local_key()
    err().print(
        "No local key is configured, so a fresh one was made. To send this event, set in the environment:\n"
        f"NOTIFYHUB__DECRYPTION__LOCAL_KEY={base64.b64encode(key).decode()}"
    )
    return key
