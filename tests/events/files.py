"""The captured events beside this file; their values are invented."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ALL = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "pre_sign_up")
"""The names of those that are meant for notifyhub."""
CANARY = "c4n4ry"


def captured(name: str, **request: Any) -> dict[str, Any]:
    """The event of that name, with parts of its `request` replaced."""
    event: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    event["request"].update(request)
    return event
