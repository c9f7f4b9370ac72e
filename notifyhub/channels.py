"""The channels that a message can go out on."""

from __future__ import annotations

from typing import Literal, get_args

Channel = Literal["email", "sms"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
