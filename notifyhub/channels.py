"""The channels that a message can go out on, and the forms of their addresses."""

from __future__ import annotations

from typing import Literal, get_args

Channel = Literal["email", "sms"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)

PHONE_NUMBER = r"\+[1-9][0-9]{5,14}"
"""A phone number in E.164 form, such as +15005550006, as a regular expression."""
MAIL_ADDRESS = r"[^@\s]+@[^@\s]+"
"""A mail address in the configuration, whose author is trusted: it only has to look like one."""
RECIPIENT = r"[^\s\x00-\x1f\x7f<>,;:\"()\[\]\\@]{1,64}@[^\s\x00-\x1f\x7f<>,;:\"()\[\]\\@]{1,255}"
"""A mail address of an event, whose author is not: nothing in it may become a second recipient or a header."""
