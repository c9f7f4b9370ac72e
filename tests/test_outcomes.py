"""The table of outcomes, row by row: what dispatch returns or raises, and what the ledger holds afterwards."""

import _thread
import logging
import time

import pytest

from notifyhub.decryption.decryptor import Decryptor
from notifyhub.errors import (
    DecryptionError,
    DeliveryFailed,
    InProgress,
    NoRoute,
    NotifyHubError,
    OutcomeUnknown,
    RecipientLookupError,
    RecipientRejected,
    RefusedHere,
    TemplateError,
    Undeliverable,
)
from notifyhub.events import parse_event
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.observability.observer import Observer
from notifyhub.recipients import RecipientResolver
from notifyhub.testing import RecordingProvider, assert_absent, forge_event, traces_of
from notifyhub.testing.contracts.ledger import ManualClock
from tests.support.hub import CODE, EMAIL, Hub, settings_of, signing_up

RETRYABLE = ("won", 2)
"""Released: the next owner may work on it, and it is his the second time."""


class Interrupted(RecordingProvider):
    """Somebody presses Ctrl-C, or the process is to end, in the middle of a call, which then goes well all the same."""

    def send(self, message, context):
        _thread.interrupt_main()
        time.sleep(0.3)
        return super().send(message, context)


class Unanswered(RecipientResolver):
    """Cognito does not answer just now."""

    def resolve(self, event, channel, deadline):
        raise RecipientLookupError("AdminGetUser did not answer")


class Defective(RecipientResolver):
    """An application's resolver with a mistake in it."""

    def resolve(self, event, channel, deadline):
        raise KeyError(event.request.user_attributes["email"])


class Undecided(Decryptor):
    """An application's decryptor with a mistake in it."""

    def decrypt(self, event, deadline):
        raise ZeroDivisionError


def failing(error, *, settings=None, **parts):
    """A hub whose providers all fail that way."""
    hub = Hub(settings, **parts)
    for provider in hub.providers.values():
        provider.fail_with(error, times=99)
    return hub


def test_accepted_returns_and_settles():
    hub, event = Hub(), parse_event(signing_up())
    assert hub.dispatcher.dispatch(event).status == "accepted"
    assert hub.state(event)[0] == "settled"


def test_a_duplicate_returns_and_stays_settled():
    hub, event = Hub(), parse_event(signing_up())
    hub.dispatcher.dispatch(event)
    assert hub.dispatcher.dispatch(event).status == "duplicate"
    assert hub.state(event) == ("settled", 1)


def test_a_verdict_on_the_recipient_raises_and_settles():
    hub, event = failing(RecipientRejected), parse_event(signing_up())
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(event)
    assert hub.state(event)[0] == "settled"
    with pytest.raises(Undeliverable) as again:
        hub.dispatcher.dispatch(event)
    assert again.value.reason == "recipient_rejected"
    assert "the recipient was rejected" in str(again.value)
    assert again.value.receipt is not None
    (delivery,) = again.value.receipt.deliveries
    assert (delivery.status, len(delivery.attempts)) == ("undeliverable", 1)
    assert delivery.recipient is not None
    assert len(hub.providers["mail"].contexts) == 1


def test_a_message_that_was_never_claimed_needs_no_settling():
    """Without a code or an address nothing is claimed; the event's next arrival comes to the same verdict."""
    hub = Hub()
    for attributes in ({"email": None}, {"email": "no address"}):
        event = parse_event(signing_up(attributes=attributes))
        for _ in range(2):
            with pytest.raises(Undeliverable):
                hub.dispatcher.dispatch(event, correlation="one")
        assert hub.state(event) == ("won", 1)


def test_an_exhausted_plan_raises_and_releases():
    hub, event = failing(RefusedHere), parse_event(signing_up())
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    assert hub.state(event) == RETRYABLE


def test_where_the_outcome_was_unknown_is_kept_for_the_next_attempt():
    hub, event = Hub(settings_of(email=("first", "second", "third"))), parse_event(signing_up())
    hub.providers["first"].fail_with(OutcomeUnknown)
    hub.providers["second"].fail_with(RefusedHere)
    hub.providers["third"].fail_with(KeyError())
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    claim = hub.ledger.claim(event.key("email", ""), owner="next", lease=45)
    assert set(claim.unknown_at) == {"first", "third"}


def test_a_secret_under_another_key_raises_and_releases():
    hub, event = Hub(), parse_event(forge_event("CustomEmailSender_SignUp", bytes(32), code=CODE))
    with pytest.raises(DecryptionError):
        hub.dispatcher.dispatch(event)
    assert hub.state(event) == RETRYABLE


def test_a_broken_template_raises_and_releases(tmp_path):
    (tmp_path / "SignUp").mkdir()
    (tmp_path / "SignUp" / "email.body.html.j2").write_text("{{ no_such_name }}")
    hub, event = Hub(settings_of(templates={"path": tmp_path})), parse_event(signing_up())
    with pytest.raises(TemplateError):
        hub.dispatcher.dispatch(event)
    assert hub.state(event) == RETRYABLE
    assert hub.providers["mail"].contexts == []


def test_an_address_that_cannot_be_looked_up_raises_and_claims_nothing():
    hub, event = Hub(resolver=Unanswered()), parse_event(signing_up())
    with pytest.raises(RecipientLookupError):
        hub.dispatcher.dispatch(event)
    assert hub.state(event) == ("won", 1)


def test_a_missing_route_raises_and_claims_nothing():
    hub, event = Hub(settings_of(sms=())), parse_event(signing_up("CustomSMSSender_SignUp"))
    with pytest.raises(NoRoute):
        hub.dispatcher.dispatch(event)
    assert hub.state(event, "sms") == ("won", 1)


def test_an_event_that_another_works_on_is_in_progress_and_never_a_duplicate():
    """As long as a held claim is waited for: `PATIENCE_S` seconds."""
    clock = ManualClock()
    hub, event = Hub(ledger=MemoryLedger(clock=clock)), parse_event(signing_up())
    hub.ledger.claim(event.key("email", ""), owner="another invocation", lease=45)
    with pytest.raises(InProgress):
        hub.dispatcher.dispatch(event)
    assert (hub.sent(), hub.decryptor.calls) == ([], 0)
    assert hub.state(event)[0] == "held"
    clock.advance(46)
    assert hub.dispatcher.dispatch(event).status == "accepted"


def test_the_lease_is_the_configured_one():
    clock = ManualClock()
    hub = Hub(settings_of(delivery={"lease_s": 20}), ledger=Frozen(clock=clock))
    hub.providers["mail"].fail_with(RefusedHere)
    event = parse_event(signing_up())
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    clock.advance(19)
    assert hub.state(event)[0] == "held"
    clock.advance(2)
    assert hub.state(event)[0] == "won"


def test_a_defect_of_a_hook_raises_with_its_place_and_without_its_text(caplog):
    caplog.set_level(0)
    hub, event = Hub(resolver=Defective()), parse_event(signing_up())
    with pytest.raises(NotifyHubError, match=r"KeyError in resolve, .*test_outcomes\.py:\d+") as caught:
        hub.dispatcher.dispatch(event)
    assert caught.value.receipt is not None
    assert hub.witness.failures == [caught.value]
    assert_absent([EMAIL], [*traces_of(caught.value), caplog.text])


def test_a_defect_behind_the_claim_releases_it():
    hub, event = Hub(decryptor=Undecided()), parse_event(signing_up())
    with pytest.raises(NotifyHubError, match="ZeroDivisionError in decrypt"):
        hub.dispatcher.dispatch(event)
    assert hub.state(event) == RETRYABLE


def test_an_interruption_releases_and_goes_on_its_way(interruptible):
    hub, event = Hub(providers={"mail": Interrupted()}), parse_event(signing_up())
    with pytest.raises(KeyboardInterrupt):
        hub.dispatcher.dispatch(event)
    claim = hub.ledger.claim(event.key("email", ""), owner="next", lease=45)
    assert (claim.state, claim.unknown_at) == ("won", ("mail",)), "nobody knows what became of the call"


def test_what_an_interruption_left_unknown_is_not_sent_again_where_that_must_not_be(interruptible):
    hub = Hub(settings_of(triggers={"SignUp": {"on_unknown": "stop"}}), providers={"mail": Interrupted()})
    event = signing_up()
    with pytest.raises(KeyboardInterrupt):
        hub.dispatcher.dispatch(event)
    with pytest.raises(Undeliverable, match="on_unknown is stop") as caught:
        hub.dispatcher.dispatch(event)
    assert caught.value.reason == "outcome_unknown"
    assert len(hub.providers["mail"].contexts) <= 1


class Interrupting(Observer):
    """Ends the process as some signal's handler may: in the midst of what follows an acceptance."""

    def on_attempt(self, event, channel, attempt):
        raise SystemExit(143)


class InterruptedLedger(MemoryLedger):
    """Is told of the end while a signal comes, before it has written or after."""

    def __init__(self, *, writes):
        super().__init__()
        self.writes = writes
        self.told = 0

    def settle(self, claim, receipt):
        self.told += 1
        if self.told > 1 or self.writes:
            super().settle(claim, receipt)
        if self.told == 1:
            raise SystemExit(143)


ONCE = {"SignUp": {"on_unknown": "stop"}}


def test_an_interruption_behind_an_acceptance_is_no_release_as_if_nothing_was_sent():
    hub, event = Hub(settings_of(triggers=ONCE), observers=[Interrupting()]), parse_event(signing_up())
    with pytest.raises(SystemExit):
        hub.dispatcher.dispatch(event)
    assert hub.ledger.claim(event.key("email", ""), owner="next", lease=0).unknown_at == ("mail",)
    with pytest.raises(Undeliverable, match="on_unknown is stop"):
        hub.dispatcher.dispatch(event)
    assert len(hub.sent()) == 1


@pytest.mark.parametrize("writes", [False, True])
def test_an_interruption_while_the_ledger_is_told_has_it_told_again(writes):
    hub, event = Hub(settings_of(triggers=ONCE), ledger=InterruptedLedger(writes=writes)), signing_up()
    with pytest.raises(SystemExit):
        hub.dispatcher.dispatch(event)
    assert hub.dispatcher.dispatch(event).status == "duplicate"
    assert len(hub.sent()) == 1


def test_an_interruption_while_a_verdict_is_told_has_it_told_again():
    hub, event = failing(RecipientRejected, ledger=InterruptedLedger(writes=False)), signing_up()
    with pytest.raises(SystemExit):
        hub.dispatcher.dispatch(event)
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(event)
    assert len(hub.providers["mail"].contexts) == 1


def test_a_refusal_before_the_interruption_leaves_nothing_unknown():
    class Late(Interrupting):
        def on_attempt(self, event, channel, attempt):
            if attempt.provider == "backup":
                raise SystemExit(143)

    hub, event = Hub(settings_of(email=("mail", "backup")), observers=[Late()]), parse_event(signing_up())
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(SystemExit):
        hub.dispatcher.dispatch(event)
    assert hub.ledger.claim(event.key("email", ""), owner="next", lease=0).unknown_at == ("backup",)


def test_an_event_that_failed_is_delivered_when_it_comes_again():
    hub, event = Hub(), signing_up()
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(event)
    assert hub.dispatcher.dispatch(event).status == "accepted"
    assert hub.dispatcher.dispatch(event).status == "duplicate"
    assert len(hub.sent()) == 1


@pytest.mark.parametrize("error", [RefusedHere, RecipientRejected])
def test_every_error_of_a_dispatch_carries_the_receipt_and_is_logged_once_as_an_error(error, caplog):
    hub = failing(error)
    with pytest.raises((DeliveryFailed, Undeliverable)) as caught:
        hub.dispatcher.dispatch(signing_up())
    assert caught.value.receipt is not None
    (delivery,) = caught.value.receipt.deliveries
    assert delivery.status == ("undeliverable" if error is RecipientRejected else "failed")
    assert delivery.error == f"{type(caught.value).__name__}: {caught.value}"
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1


class Frozen(MemoryLedger):
    """Loses every release, as one would be lost with the process."""

    def release(self, claim, *, unknown_at=()):
        pass
