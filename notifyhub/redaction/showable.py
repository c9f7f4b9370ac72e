"""Tells which foreign texts may be shown: those that look like a name, an id or a code, not like a message.

The patterns differ by what has to fit. An event's author may be anybody, so no more fits than what Cognito's names and
ids are made of, and for a `triggerSource` letters of any script, as its author reads it back. Vendors' codes have dots
and slashes too, and their message ids any character that is not a space; whether those quote the message is checked
against the message itself, in `delivery/scrubbing`.
"""

from __future__ import annotations

import re

_SOURCE_LENGTH = 80
_NAME = re.compile(r"[\w:+-]{1,80}", re.ASCII)
_CODE = re.compile(r"[\w.:/#=-]{1,80}", re.ASCII)
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,200}")


def is_source(text: str) -> bool:
    """Whether an event's `triggerSource` looks like one."""
    return text.replace("_", "").isalnum() and len(text) <= _SOURCE_LENGTH


def is_name(text: str) -> bool:
    """Whether a property of an event looks like a name or an id: of a trigger, a pool, a client, a locale."""
    return _NAME.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Whether what a vendor sent looks like an error code or a request id."""
    return _CODE.fullmatch(text) is not None


def is_message_id(text: str) -> bool:
    """Whether what a vendor sent looks like a message id."""
    return _MESSAGE_ID.fullmatch(text) is not None
