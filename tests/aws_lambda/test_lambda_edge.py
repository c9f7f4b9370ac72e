"""The handler: what it returns and raises, what it builds while the function starts, and the time that it keeps."""

import base64
import logging
import sys

import pytest

import notifyhub.aws_lambda
from notifyhub import Dispatcher
from notifyhub.aws_lambda import make_handler
from notifyhub.errors import (
    ConfigurationError,
    DecryptionError,
    DeliveryFailed,
    EventError,
    InProgress,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
)
from notifyhub.events import parse_event
from tests.events.files import captured
from tests.support.hub import CODE, EMAIL, LOCAL_KEY, Hub, settings_of, signing_up

CONFIG = """
[app]
name = "Acme"

[decryption]
local_key = "env:LOCAL_KEY_OF_THE_TEST"

[providers.screen]
use = "console"

[[routes]]
channel = "email"
providers = ["screen"]
"""


class Context:
    """What the Lambda runtime hands over."""

    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

    def __init__(self, left_ms=30_000):
        self.left_ms = left_ms

    def get_remaining_time_in_millis(self):
        return self.left_ms


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A configuration file, named in the environment, that a test may write anew."""
    monkeypatch.setenv("LOCAL_KEY_OF_THE_TEST", base64.b64encode(LOCAL_KEY).decode())
    file = tmp_path / "notifyhub.toml"
    file.write_text(CONFIG)
    monkeypatch.setenv("NOTIFYHUB_CONFIG", str(file))
    return file


@pytest.fixture
def fresh(monkeypatch):
    """The module as a new process has it, without a handler made before."""
    monkeypatch.delitem(vars(notifyhub.aws_lambda), "handler", raising=False)
    yield notifyhub.aws_lambda
    vars(notifyhub.aws_lambda).pop("handler", None)


@pytest.fixture
def hooks(tmp_path, monkeypatch):
    """Writes a module of hooks, which the configuration may name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source, *, name="hooks_of_the_test"):
        (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    yield write
    sys.modules.pop("hooks_of_the_test", None)


def handler_of(hub):
    return make_handler(dispatcher=hub.dispatcher)


def test_a_delivered_event_returns_none(config, capsys):
    handler = make_handler(config)
    assert handler(signing_up(), Context()) is None
    assert CODE in capsys.readouterr().out


def test_an_event_that_comes_again_returns_none_and_is_not_sent_again():
    hub, event = Hub(), signing_up()
    handler = handler_of(hub)
    assert [handler(event, Context()), handler(event, Context())] == [None, None]
    assert len(hub.sent()) == 1


def test_what_may_be_tried_again_is_raised_so_that_lambda_does():
    hub = Hub()
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        handler_of(hub)(signing_up(), Context())


def test_a_message_in_progress_is_raised():
    """As long as a held claim is waited for: `PATIENCE_S` seconds."""
    hub, event = Hub(), signing_up()
    hub.ledger.claim(parse_event(event).key("email", ""), owner="another invocation", lease=45)
    with pytest.raises(InProgress):
        handler_of(hub)(event, Context())


def test_another_trigger_wired_here_by_mistake_gets_an_error_that_says_so():
    with pytest.raises(EventError, match="CustomEmailSender or CustomSMSSender") as caught:
        handler_of(Hub())(captured("pre_sign_up"), Context())
    assert "dispatcher.handles(event)" in str(caught.value)
    assert "PreSignUp_SignUp" in str(caught.value)


def test_an_undeliverable_event_returns_none_and_is_an_error_line(caplog):
    hub = Hub()
    hub.providers["mail"].fail_with(RecipientRejected)
    assert handler_of(hub)(signing_up(), Context()) is None
    assert [r.outcome for r in caplog.records if r.levelno == logging.ERROR] == ["undeliverable"]


def test_the_requests_id_is_the_correlation_and_identifies_what_has_no_code(caplog):
    caplog.set_level(logging.INFO, logger="notifyhub")
    handler_of(Hub())(signing_up(), Context())
    assert [record.correlation for record in caplog.records] == [Context.aws_request_id]


def test_the_hook_is_handed_the_event_and_the_verdict(hooks):
    name = hooks("calls = []\ndef parked(event, verdict):\n    calls.append((event, verdict))\n")
    hub = Hub(settings_of(hooks={"on_undeliverable": f"{name}:parked"}))
    handler, event = handler_of(hub), captured("no_code")
    assert handler(event, Context()) is None
    ((given, verdict),) = sys.modules[name].calls
    assert given is event
    assert isinstance(verdict, Undeliverable)
    assert verdict.reason == "no_code"
    assert verdict.receipt is not None


def test_the_hook_is_not_called_for_anything_else(hooks):
    name = hooks("calls = []\ndef parked(event, verdict):\n    calls.append(verdict)\n")
    hub = Hub(settings_of(hooks={"on_undeliverable": f"{name}:parked"}))
    handler = handler_of(hub)
    handler(signing_up(), Context())
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        handler(signing_up(), Context())
    assert sys.modules[name].calls == []


def test_a_hook_that_raises_is_logged_and_changes_nothing(hooks, caplog):
    name = hooks("def parked(event, verdict):\n    raise ValueError(event['request']['userAttributes']['email'])\n")
    hub = Hub(settings_of(hooks={"on_undeliverable": f"{name}:parked"}))
    hub.providers["mail"].fail_with(RecipientRejected)
    assert handler_of(hub)(signing_up(), Context()) is None
    assert "on_undeliverable raised ValueError" in caplog.messages
    assert EMAIL not in caplog.text


def test_the_module_makes_its_handler_once_when_it_is_asked_for(config, fresh, capsys):
    handler = fresh.handler
    config.unlink()
    assert fresh.handler is handler
    handler(signing_up(), Context())
    assert CODE in capsys.readouterr().out


def test_no_other_name_is_made_up(fresh):
    with pytest.raises(AttributeError, match="has no attribute 'handle'"):
        _ = fresh.handle


@pytest.mark.parametrize(
    ("added", "path"),
    [
        ("[providers.mail]\nuse = 'sendgrid'\n[[routes]]\nchannel='sms'\nproviders=['mail']", "providers.mail.api_key"),
        ("[[routes]]\nchannel = 'sms'\nproviders = ['nobody']", "routes.1.providers"),
        ("[hooks]\non_undeliverable = 'no_such_module:hook'", "hooks.on_undeliverable"),
        ("[hooks]\nresolver = 'notifyhub.errors:NoRoute'", "hooks.resolver"),
        ("[delivery]\nlease = 4", "delivery.lease"),
        ("[templates]\npath = 'no_such_folder'", "templates.path"),
    ],
)
def test_a_wrong_configuration_fails_the_start_and_names_the_setting(added, path, config, fresh):
    config.write_text(CONFIG + added)
    with pytest.raises(ConfigurationError) as caught:
        _ = fresh.handler
    assert caught.value.path == path
    assert "handler" not in vars(fresh)


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.no_such_thing\n",
        "from notifyhub import Observer\nclass Hook(Observer):\n    def __init__(self):\n        self.no_such_thing\n",
    ],
)
def test_an_attribute_error_inside_is_a_configuration_error(source, config, fresh, hooks):
    """The runtime would take an AttributeError for a missing handler, and hide the reason."""
    config.write_text(f"{CONFIG}[hooks]\nobservers = ['{hooks(source)}:Hook']")
    with pytest.raises(ConfigurationError, match=r"hooks_of_the_test|no_such_thing") as caught:
        _ = fresh.handler
    assert isinstance(caught.value.__cause__, AttributeError)


def test_a_development_provider_and_key_are_refused_inside_lambda(config, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    with pytest.raises(ConfigurationError, match="inside Lambda"):
        make_handler(config)


def test_providers_are_built_before_the_first_event_and_one_that_cannot_be_waits(config, monkeypatch, capsys):
    """A secret that cannot be fetched while the function starts is fetched when a message needs it."""
    monkeypatch.delenv("KEY_THAT_COMES_LATER", raising=False)
    late = "[providers.late]\nuse = 'sendgrid'\napi_key = 'env:KEY_THAT_COMES_LATER'\nsender = 'a@acme.example'\n"
    route = "[[routes]]\nchannel = 'email'\ntriggers = ['ForgotPassword']\nproviders = ['late']\n"
    config.write_text(CONFIG + late + route)
    dispatcher = Dispatcher.from_config(config)
    handler = make_handler(dispatcher=dispatcher)
    assert list(dispatcher.providers._built) == ["screen"]
    handler(signing_up(), Context())
    assert CODE in capsys.readouterr().out


def test_the_deadline_is_the_invocations_end_less_the_reserve():
    hub = Hub(settings_of(delivery={"reserve_ms": 4000, "attempt_timeout_s": 60}))
    handler_of(hub)(signing_up(), Context(left_ms=20_000))
    (context,) = hub.providers["mail"].contexts
    assert context.deadline.remaining() == pytest.approx(16.0, abs=1.0)


def test_an_invocation_that_is_shorter_than_the_reserve_sends_nothing_and_says_what_to_do():
    hub = Hub(settings_of(delivery={"reserve_ms": 4000}))
    with pytest.raises(DecryptionError, match="raise the function's time-out"):
        handler_of(hub)(signing_up(), Context(left_ms=3000))
    assert hub.providers["mail"].contexts == []


def test_in_lambda_what_the_start_made_is_left_out_of_later_collections(config, monkeypatch):
    import gc

    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(gc.isenabled()))
    make_handler(config)
    assert frozen == [], "other processes keep their garbage collected"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    with pytest.raises(ConfigurationError):
        make_handler(config)
    assert frozen == [], "a start that failed leaves nothing worth keeping"
    config.write_text(config.read_text().replace('use = "console"', 'use = "console"\nallow_in_lambda = true'))
    config.write_text(config.read_text().replace("local_key", "allow_in_lambda = true\nlocal_key"))
    make_handler(config)
    assert frozen == [True]


def test_the_collector_rests_while_the_handler_is_made_and_works_again_behind_it(config, monkeypatch):
    import gc

    from notifyhub.aws_lambda import cognito

    seen = []
    real = cognito._handler

    def watched(dispatcher):
        seen.append(gc.isenabled())
        return real(dispatcher)

    monkeypatch.setattr(cognito, "_handler", watched)
    make_handler(config)
    assert (seen, gc.isenabled()) == ([False], True)
