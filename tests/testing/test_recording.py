"""What applications test with: the recording provider, and the pytest plugin's outbox."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, RefusedHere
from notifyhub.messages import Message
from notifyhub.provider import SendContext
from notifyhub.testing import RecordingProvider
from notifyhub.testing.recording import outbox

pytest_plugins = ["pytester"]

CONTEXT = SendContext(deadline=Deadline.never(), idempotency_key="5f" * 32)


def message(text="Your code is 83920174"):
    return Message(channel="email", to="jane.roe@example.com", trigger="SignUp", text=text)


def test_it_keeps_what_it_accepts_and_numbers_it():
    provider = RecordingProvider()
    receipts = [provider.send(message(text), CONTEXT) for text in ("one", "two")]
    assert [m.text for m in provider.messages] == ["one", "two"]
    assert [receipt.message_id for receipt in receipts] == ["recorded-1", "recorded-2"]
    assert provider.contexts == [CONTEXT, CONTEXT]


def test_it_fails_as_often_as_it_is_told_to_and_in_that_order():
    provider = RecordingProvider()
    provider.fail_with(NotSent, times=2)
    provider.fail_with(KeyError("any exception"))
    for kind in (NotSent, NotSent, KeyError):
        with pytest.raises(kind):
            provider.send(message(), CONTEXT)
    provider.send(message(), CONTEXT)
    assert (len(provider.messages), len(provider.contexts)) == (1, 4)


def test_an_error_is_raised_as_it_was_given():
    provider, error = RecordingProvider(), RefusedHere("acme", status=422, code="E7")
    provider.fail_with(error)
    with pytest.raises(RefusedHere) as caught:
        provider.send(message(), CONTEXT)
    assert caught.value is error


def test_it_takes_both_channels_and_reads_no_secret():
    assert RecordingProvider.channels == ("email", "sms")
    assert not RecordingProvider.capabilities.needs_secret


def test_many_threads_may_send_at_once():
    provider = RecordingProvider()
    provider.fail_with(NotSent, times=10)

    def send(number):
        try:
            return provider.send(message(str(number)), CONTEXT).message_id
        except NotSent:
            return None

    with outbox() as collected, ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(send, range(100)))
    assert ids.count(None) == 10
    assert {number for number in ids if number} == {f"recorded-{n}" for n in range(1, 91)}
    assert collected == provider.messages


def test_an_outbox_collects_from_all_providers_and_ends():
    first, second = RecordingProvider(), RecordingProvider()
    second.fail_with(NotSent)
    with outbox() as collected, outbox() as another:
        first.send(message("one"), CONTEXT)
        with pytest.raises(NotSent):
            second.send(message("not sent"), CONTEXT)
        second.send(message("two"), CONTEXT)
    first.send(message("too late"), CONTEXT)
    assert [m.text for m in collected] == [m.text for m in another] == ["one", "two"]


APPLICATION_TEST = """
from notifyhub import Dispatcher, NotificationEvent, Settings
from notifyhub.testing import RecordingProvider

class Welcome(NotificationEvent):
    pass

def settings(folder):
    (folder / "Welcome").mkdir()
    (folder / "Welcome" / "email.body.txt.j2").write_text("Hello {{ event.id }}")
    return Settings.model_validate({
        "app": {"name": "Acme"},
        "templates": {"path": folder},
        "providers": {"mail": {"use": "console"}},
        "routes": [{"channel": "email", "providers": ["mail"]}],
    })

def test_a_message_is_sent(notifyhub_outbox, tmp_path):
    dispatcher = Dispatcher(settings(tmp_path), events=[Welcome], providers={"mail": RecordingProvider()})
    dispatcher.dispatch({"event": "Welcome", "id": "7", "recipient": {"email": "jane@example.com"}})
    assert [message.text for message in notifyhub_outbox] == ["Hello 7"]

def test_the_next_test_starts_with_an_empty_outbox(notifyhub_outbox):
    assert notifyhub_outbox == []
"""


def test_an_application_finds_its_messages_in_the_outbox(pytester):
    """In a process of its own, where pytest finds the plugin by its entry point."""
    pytester.makepyfile(APPLICATION_TEST)
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)


def test_the_plugin_costs_other_projects_nothing():
    """pytest loads it wherever notifyhub is installed."""
    code = (
        "import pytest, sys; before = set(sys.modules); import notifyhub.testing.pytest_plugin;"
        "print(*sorted(name for name in set(sys.modules) - before))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["notifyhub", "notifyhub.lazy", "notifyhub.testing", "notifyhub.testing.pytest_plugin"]
