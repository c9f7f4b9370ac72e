"""Renders the built-in templates for the tests of this folder, with nothing of notifyhub in between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import jinja2

import notifyhub_templates

ROOT = Path(notifyhub_templates.__file__).parent
CODE_TRIGGERS = (
    "SignUp",
    "ResendCode",
    "ForgotPassword",
    "UpdateUserAttribute",
    "VerifyUserAttribute",
    "Authentication",
    "default",
)
SMS_TRIGGERS = (*CODE_TRIGGERS, "AdminCreateUser")
TRIGGERS = (*SMS_TRIGGERS, "AccountTakeOverNotification")
EMAIL_PARTS = ("email.subject.en.txt", "email.body.en.html", "email.body.en.txt")
EMAILS = [(trigger, part) for trigger in TRIGGERS for part in EMAIL_PARTS]
SMS = [(trigger, "sms.body.en.txt") for trigger in SMS_TRIGGERS]
EVERY_PART = EMAILS + SMS
CODE = "48291573"
PASSWORD = "Kd7-mQ2z_Rt9xW4p"
USER_NAME = "6f1c2f0e-5a0b-4c57-9d0e-0b7b1c2d3e4f"
CANARY = "WIN-A-PRIZE"

APP = {
    "name": "Acme",
    "url": "https://acme.example",
    "domain": "acme.example",
    "support_url": "https://acme.example/help",
    "support_email": "help@acme.example",
    "logo_url": "https://acme.example/logo.png",
    "color": "#7a3ff2",
}
LOGIN = {
    "time": "Friday, March 19, 2027 02:25 PM UTC",
    "ip_address": "203.0.113.7",
    "city": "Lisbon",
    "country": "Portugal",
    "device_name": "Firefox 140, Windows 11",
    "action": "BLOCK",
    "link_valid": "https://auth.acme.example/feedback?valid=true&token=made-up-1",
    "link_invalid": "https://auth.acme.example/feedback?valid=false&token=made-up-2",
}
LIFETIMES = {"Authentication": timedelta(minutes=3), "AdminCreateUser": timedelta(days=7)}


def environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["duration"] = duration
    return env


def duration(value: timedelta) -> str:
    """Stands in for the library's localised filter; whole units are all that these tests need."""
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count, rest = divmod(int(value.total_seconds()), seconds)
        if count > 1 and not rest:
            return f"{count} {unit}s"
    raise ValueError(value)


ENVIRONMENT = environment()


def render(trigger: str, part: str, context: dict[str, Any]) -> str:
    return ENVIRONMENT.get_template(f"{trigger}/{part}.j2").render(context)


def secret_of(trigger: str) -> str:
    """The code or password that a message of this trigger carries in these tests; empty where there is none."""
    if trigger == "AccountTakeOverNotification":
        return ""
    return PASSWORD if trigger == "AdminCreateUser" else CODE


def minimal(trigger: str, **more: Any) -> dict[str, Any]:
    """What is there in every case, and nothing else."""
    own: dict[str, Any] = {"code": CODE}
    if trigger == "AdminCreateUser":
        own = {"password": PASSWORD}
    if trigger == "AccountTakeOverNotification":
        own = {"login": {}}
    common = {"user": {}, "user_name": USER_NAME, "client_metadata": {}, "app": {"name": "Acme"}}
    return {**common, "locale": "en", "trigger": trigger, **own, **more}


def full(trigger: str, **more: Any) -> dict[str, Any]:
    """Everything that can be there, with an advert in every free-text field."""
    user = {"sub": USER_NAME, "email": "jane@example.com", "name": CANARY, "given_name": CANARY, "custom:motto": CANARY}
    lifetime = {"lifetime": LIFETIMES.get(trigger, timedelta(hours=24))} if secret_of(trigger) else {}
    login = {} if secret_of(trigger) else {"login": LOGIN}
    extra = {"user": user, "client_metadata": {"greeting": CANARY, "locale": CANARY}, "app": APP, **lifetime, **login}
    return minimal(trigger, **{**extra, **more})
