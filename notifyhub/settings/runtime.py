"""Where the process runs: inside Lambda or not."""

from __future__ import annotations

import os


def in_lambda() -> bool:
    """Whether this process is a Lambda function; the runtime sets the variable."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ
