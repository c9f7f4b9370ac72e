"""Whatever hangs, and for how long: a dispatch ends with its deadline, and the ledger has no more than the reserve."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from notifyhub.deadline import Deadline
from notifyhub.decryption.decryptor import Decryptor
from notifyhub.errors import NotifyHubError, NotSent, OutcomeUnknown
from notifyhub.ledger.base import Ledger
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.secret import Secret
from notifyhub.testing import RecordingProvider
from tests.support.hub import CODE, Hub, settings_of, signing_up

NAMES = ("first", "second", "third")
EVENT = signing_up()
RESERVE_S = 0.2
SLACK_S = 1.5
"""Machines that run tests do other things, too; what hangs here, hangs for longer."""

pauses = st.sampled_from([0.0, 0.0, 0.05, 0.4, 8.0])


class Slow(RecordingProvider):
    def __init__(self, seconds, failure):
        super().__init__()
        self.seconds = seconds
        self.failure = failure

    def send(self, message, context):
        time.sleep(self.seconds)
        if self.failure:
            raise self.failure("acme")
        return super().send(message, context)


class SlowLedger(Ledger):
    def __init__(self, claim, settle):
        self.real = MemoryLedger()
        self.seconds = {"claim": claim, "settle": settle}

    def claim(self, key, *, owner, lease):
        time.sleep(self.seconds["claim"])
        return self.real.claim(key, owner=owner, lease=lease)

    def settle(self, claim, receipt):
        time.sleep(self.seconds["settle"])
        self.real.settle(claim, receipt)

    def release(self, claim, *, unknown_at=()):
        time.sleep(self.seconds["settle"])
        self.real.release(claim, unknown_at=unknown_at)


class SlowDecryptor(Decryptor):
    def __init__(self, seconds):
        self.seconds = seconds

    def decrypt(self, event, deadline):
        time.sleep(self.seconds)
        return Secret(CODE)


@settings(max_examples=25, deadline=None)
@given(
    providers=st.lists(st.tuples(pauses, st.sampled_from([None, NotSent, OutcomeUnknown])), min_size=3, max_size=3),
    ledger=st.tuples(pauses, pauses),
    decrypting=pauses,
    seconds=st.sampled_from([0.05, 0.2, 0.5]),
)
def test_a_dispatch_ends_with_its_deadline(providers, ledger, decrypting, seconds):
    """Some seconds long, as the deadlines are real ones: it is the wall clock that must hold."""
    hub = Hub(
        settings_of(email=NAMES, delivery={"reserve_ms": RESERVE_S * 1000}),
        providers={name: Slow(*script) for name, script in zip(NAMES, providers, strict=True)},
        ledger=SlowLedger(*ledger),
        decryptor=SlowDecryptor(decrypting),
    )
    began = time.monotonic()
    try:
        outcome: str = hub.dispatcher.dispatch(EVENT, deadline=Deadline.after(seconds)).status
    except NotifyHubError as error:
        outcome = type(error).__name__
    assert time.monotonic() - began < seconds + RESERVE_S + SLACK_S
    assert outcome in {"accepted", "DeliveryFailed", "DecryptionError", "InProgress"}
