"""Reads events for commands, and finds the receipts of those that failed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from notifyhub.cli.output import WRONG_USAGE, fail

if TYPE_CHECKING:
    from pathlib import Path

    from notifyhub.errors import NotifyHubError
    from notifyhub.receipts import Receipt


def read_event(path: Path) -> Any:
    """Reads the JSON of a file or of standard input; ends the command where there is none."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", code=WRONG_USAGE)
    except json.JSONDecodeError as error:
        fail(f"{path} is not JSON (line {error.lineno}, column {error.colno})", code=WRONG_USAGE)
    except UnicodeDecodeError:
        fail(f"{path} is not UTF-8 text", code=WRONG_USAGE)
    except (ValueError, RecursionError):
        fail(f"{path} is not JSON that can be read: a number is too long, or it is nested too deeply", code=WRONG_USAGE)


def require_receipt(error: NotifyHubError) -> Receipt:
    """Returns the receipt on an error of a dispatch; raises the error where it came before any channel."""
    if error.receipt is None:
        raise error
    return error.receipt
