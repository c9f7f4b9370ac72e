"""What a rule has to say, and how a thing is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from notifyhub.errors import NotifyHubError

if TYPE_CHECKING:
    from collections.abc import Callable

Level = Literal["ok", "warning", "error"]


class Finding(NamedTuple):
    """One thing that a rule found, or that it found in order; `subject` names the setting or the file."""

    level: Level
    subject: str
    text: str = ""


def find(subject: str, attempt: Callable[[], object]) -> Finding:
    """Tries something; what it raises is an error about the subject, and a return means that all is well."""
    try:
        attempt()
    except NotifyHubError as error:
        return Finding("error", subject, str(error))
    except Exception as error:  # noqa: BLE001 - a plugin's own defect
        return Finding("error", subject, f"it raised {type(error).__name__}")
    return Finding("ok", subject)
