"""A process that does what a Lambda function does on its first event, and prints the modules that it took.

The first argument is the file of the event; the others are packages that it must not find.
"""

import json
import sys
from pathlib import Path

# httpx and httpx2 import their command lines where click and rich are installed; a Lambda bundle has neither.
for absent in ("click", "rich", *sys.argv[2:]):
    sys.modules[absent] = None  # type: ignore[assignment]

from notifyhub.aws_lambda import handler  # noqa: E402


class Context:
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def get_remaining_time_in_millis(self):
        return 30_000


if __name__ == "__main__":
    handler(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Context())
    sys.stdout.write(json.dumps(sorted(name for name, module in sys.modules.items() if module)))
