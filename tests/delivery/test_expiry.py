"""The two lives of a message: what the user is told, and when it is refused."""

from datetime import timedelta

import pytest

from notifyhub.errors import DeliveryFailed, RefusedHere, Undeliverable
from notifyhub.events.triggers import TRIGGERS
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.testing.contracts.ledger import ManualClock
from tests.support.hub import Hub, KnownAddresses, settings_of, signing_up

MINUTE = 60.0
HOUR = 60 * MINUTE
MFA = "CustomEmailSender_Authentication"


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def hub_of(clock):
    def made(**triggers):
        return Hub(settings_of(triggers=triggers), clock=clock, ledger=MemoryLedger(clock=clock))

    return made


def seen_and_failed(hub, event):
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)


@pytest.mark.parametrize(
    ("trigger", "longest_s"),
    [
        ("SignUp", 24 * HOUR),
        ("ForgotPassword", HOUR),
        ("Authentication", 15 * MINUTE),
        ("AdminCreateUser", 365 * 24 * HOUR),
    ],
)
def test_a_message_dies_when_the_longest_life_that_cognito_allows_is_over(trigger, longest_s, hub_of, clock):
    """Counted from first sight, which outlives a release; the default life would refuse codes that still work."""
    hub = hub_of()
    event, other = signing_up(f"CustomEmailSender_{trigger}"), signing_up(f"CustomEmailSender_{trigger}")
    seen_and_failed(hub, event)
    seen_and_failed(hub, other)
    clock.advance(longest_s - 1)
    assert hub.dispatcher.dispatch(other).status == "accepted"
    clock.advance(1)
    with pytest.raises(Undeliverable, match="expired") as caught:
        hub.dispatcher.dispatch(event)
    assert (caught.value.reason, hub.decryptor.calls) == ("expired", 3), "what is dead never reaches KMS"


def test_a_dead_message_is_settled(hub_of, clock):
    hub, event = hub_of(), signing_up(MFA)
    seen_and_failed(hub, event)
    clock.advance(16 * MINUTE)
    for _ in range(2):
        with pytest.raises(Undeliverable, match="expired"):
            hub.dispatcher.dispatch(event)
    assert hub.sent() == []


def test_what_is_configured_counts(hub_of, clock):
    hub, event = hub_of(Authentication={"dead_after": "4m"}), signing_up(MFA)
    seen_and_failed(hub, event)
    clock.advance(4 * MINUTE)
    with pytest.raises(Undeliverable, match="expired"):
        hub.dispatcher.dispatch(event)


def test_vendors_get_the_end_and_users_the_life(hub_of, clock):
    hub = hub_of(Authentication={"lifetime": "10m", "dead_after": "12m"})
    hub.dispatcher.dispatch(signing_up(MFA))
    (context,) = hub.providers["mail"].contexts
    assert context.dead_after == clock.now + timedelta(minutes=12)
    assert "10 minutes" in hub.sent()[0].text


def test_by_default_users_are_told_the_default_life_and_vendors_the_longest(hub_of, clock):
    hub = hub_of()
    hub.dispatcher.dispatch(signing_up(MFA))
    assert hub.providers["mail"].contexts[0].dead_after == clock.now + timedelta(minutes=15)
    assert "3 minutes" in hub.sent()[0].text


def test_what_holds_no_code_never_dies(clock):
    hub = Hub(settings_of(), clock=clock, resolver=KnownAddresses())
    hub.dispatcher.dispatch(signing_up("CustomEmailSender_AccountTakeOverNotification"))
    assert hub.providers["mail"].contexts[0].dead_after is None


def test_a_source_that_is_not_known_yet_never_dies(hub_of):
    hub = hub_of()
    hub.dispatcher.dispatch(signing_up("CustomEmailSender_NotKnownYet"))
    assert hub.providers["mail"].contexts[0].dead_after is None


def test_no_default_life_is_longer_than_the_longest():
    for trigger in TRIGGERS.values():
        assert (trigger.lifetime is None) is (trigger.longest is None)
        assert (trigger.lifetime or timedelta(0)) <= (trigger.longest or timedelta(0))
