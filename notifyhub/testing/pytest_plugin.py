"""The pytest plugin: the fixture `notifyhub_outbox`, and assertions of the contract suites that show values.

pytest loads it in every project that has notifyhub installed, so it imports nothing of notifyhub until asked to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.messages import Message

pytest.register_assert_rewrite(
    "notifyhub.testing.contracts.aws_provider",
    "notifyhub.testing.contracts.decryptor",
    "notifyhub.testing.contracts.ledger",
    "notifyhub.testing.contracts.provider",
    "notifyhub.testing.leaks",
    "notifyhub.testing.openapi",
)


@pytest.fixture
def notifyhub_outbox() -> Iterator[list[Message]]:
    """The messages that every RecordingProvider accepts during the test, in order."""
    from notifyhub.testing.recording import outbox

    with outbox() as messages:
        yield messages
