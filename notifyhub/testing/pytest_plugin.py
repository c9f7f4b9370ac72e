"""Rewrites the assertions of the contract suites, so that a failure shows values."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "notifyhub.testing.canary", "notifyhub.testing.openapi", "notifyhub.testing.provider_contract"
)
