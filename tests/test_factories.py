import base64
import importlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifyhub.clients.aws import AwsClients
from notifyhub.deadline import Deadline
from notifyhub.decryption.encryption_sdk import EncryptionSdkDecryptor
from notifyhub.decryption.factory import make_decryptor
from notifyhub.decryption.local_key import LocalKeyDecryptor
from notifyhub.errors import ConfigurationError
from notifyhub.events.parsing import parse_event
from notifyhub.hooks import load_events, load_on_undeliverable
from notifyhub.ledger.dynamodb import DynamoDbLedger
from notifyhub.ledger.factory import make_ledger
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.ledger.sqlite import SqliteLedger
from notifyhub.observability.factory import make_observers
from notifyhub.observability.observer import Observer
from notifyhub.recipients import EventRecipients
from notifyhub.recipients.factory import make_resolver
from notifyhub.rendering.factory import make_renderer
from notifyhub.rendering.index import find_built_in_root
from notifyhub.settings import load_settings
from notifyhub.testing import VendorServer, assert_absent, traces_of
from notifyhub.testing.contracts.aws_provider import set_aws_environment
from notifyhub.testing.forge import forge_event

CANARY = "c4n4ry-value"
ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def hooks(monkeypatch, tmp_path):
    """The application's module, importable as `acme_hooks`."""
    (tmp_path / "acme_failing_hooks.py").write_text(f"raise KeyError({CANARY!r})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(Path(__file__).parent / "data" / "hooks")
    return importlib.import_module("acme_hooks")


@pytest.fixture
def clients():
    clients = AwsClients()
    yield clients
    clients.close()


def settings(**variables):
    """The settings of these `NOTIFYHUB__` variables."""
    named = {f"NOTIFYHUB__{name}": value for name, value in {"APP__NAME": "Acme", **variables}.items()}
    return load_settings(environ=named)


def decryptor_of(settings, clients):
    return make_decryptor(settings.decryption, clients, folder=settings.folder)


def observers_of(settings, given):
    return make_observers(settings.observability, settings.hooks, given)


def refused(make, *arguments):
    with pytest.raises(ConfigurationError) as caught:
        make(*arguments)
    return caught.value


def test_own_events_come_from_code_and_from_hooks(hooks):
    configured = settings(HOOKS__EVENTS="acme_hooks:OrderShipped")
    assert load_events(configured.hooks, []) == {"OrderShipped": hooks.OrderShipped}
    assert load_events(configured.hooks, [hooks.OrderShipped]) == {"OrderShipped": hooks.OrderShipped}
    assert load_events(settings().hooks, []) == {}


def test_two_events_of_one_name_are_refused():
    error = refused(load_events, settings(HOOKS__EVENTS="acme_hooks:OrderShipped,acme_hooks:OrderSent").hooks, [])
    assert str(error) == "hooks.events: two classes are called 'OrderShipped'; give one another `name`"


@pytest.mark.parametrize("name", ["Directory", "NUMBER", "on_undeliverable"])
def test_what_is_no_event_class_is_refused(name):
    error = refused(load_events, settings(HOOKS__EVENTS=f"acme_hooks:{name}").hooks, [])
    assert error.path == "hooks.events"
    assert "is no NotificationEvent class" in str(error)


def test_the_default_resolver_reads_the_event(clients):
    assert type(make_resolver(settings().hooks, clients)) is EventRecipients


@pytest.mark.parametrize("name", ["Directory", "directory"])
def test_a_resolver_is_named_as_a_class_or_an_instance(clients, name):
    resolver = make_resolver(settings(HOOKS__RESOLVER=f"acme_hooks:{name}").hooks, clients)
    assert type(resolver).__name__ == "Directory"


def test_a_resolver_that_extends_the_default_one_gets_its_clients(clients):
    resolver = make_resolver(settings(HOOKS__RESOLVER="acme_hooks:Careful").hooks, clients)
    assert isinstance(resolver, EventRecipients)
    assert resolver._clients is clients


@pytest.mark.parametrize(
    ("name", "says"),
    [("Watcher", "this is no RecipientResolver"), ("Demanding", "making it without arguments raised TypeError")],
)
def test_what_is_no_resolver_is_refused(clients, name, says):
    error = refused(make_resolver, settings(HOOKS__RESOLVER=f"acme_hooks:{name}").hooks, clients)
    assert str(error).startswith(f"hooks.resolver: {says}")


def test_observers_come_from_code_and_from_hooks(hooks):
    given = Observer()
    first, second, third = observers_of(settings(HOOKS__OBSERVERS="acme_hooks:Watcher,acme_hooks:watcher"), [given])
    assert (first, type(second), third) == (given, hooks.Watcher, hooks.watcher)


@pytest.mark.parametrize("name", ["NUMBER", "Directory", "on_undeliverable"])
def test_what_is_no_observer_is_refused(name):
    hooks = f"acme_hooks:Watcher,acme_hooks:{name}"
    error = refused(observers_of, settings(HOOKS__OBSERVERS=hooks), [])
    assert str(error) == "hooks.observers.1: this is no Observer class or instance"


def test_the_hook_for_what_cannot_be_delivered_is_called():
    hook = load_on_undeliverable(settings(HOOKS__ON_UNDELIVERABLE="acme_hooks:on_undeliverable").hooks)
    assert hook is not None
    assert hook("event", "error") == ("event", "error")
    assert load_on_undeliverable(settings().hooks) is None


def test_a_hook_that_cannot_be_called_is_refused():
    error = refused(load_on_undeliverable, settings(HOOKS__ON_UNDELIVERABLE="acme_hooks:NUMBER").hooks)
    assert str(error) == "hooks.on_undeliverable: this cannot be called"


@pytest.mark.parametrize(
    ("dotted", "says"),
    [
        ("acme_hooks", "write package.module:name"),
        ("acme_hooks.NUMBER", "write package.module:name"),
        (":NUMBER", "write package.module:name"),
        ("acme_hooks:", "write package.module:name"),
        ("acme_absent:x", "acme_absent:x cannot be imported: No module named 'acme_absent'"),
        ("acme_hooks:Absent", "acme_hooks:Absent cannot be imported: module 'acme_hooks' has no attribute 'Absent'"),
        ("acme_failing_hooks:x", "acme_failing_hooks:x cannot be imported (KeyError)"),
        (".acme_hooks:x", ".acme_hooks:x cannot be imported (TypeError)"),
    ],
)
@pytest.mark.parametrize(
    ("variable", "path", "make"),
    [
        ("EVENTS", "hooks.events.0", lambda settings: load_events(settings.hooks, [])),
        ("RESOLVER", "hooks.resolver", lambda settings: make_resolver(settings.hooks, AwsClients())),
        ("OBSERVERS", "hooks.observers.0", lambda settings: make_observers(settings.observability, settings.hooks, [])),
        ("ON_UNDELIVERABLE", "hooks.on_undeliverable", lambda settings: load_on_undeliverable(settings.hooks)),
    ],
)
def test_a_hook_that_cannot_be_found_is_named_with_its_path(variable, path, make, dotted, says):
    assert str(refused(make, settings(**{f"HOOKS__{variable}": dotted}))) == f"{path}: {says}"


@pytest.mark.parametrize(
    "key",
    [
        CANARY,
        f"{CANARY}=",
        "é" * 44,
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(bytes(33)).decode(),
    ],
)
def test_a_local_key_of_another_form_is_refused_without_showing_it(clients, key):
    error = refused(decryptor_of, settings(DECRYPTION__LOCAL_KEY=key), clients)
    assert error.path == "decryption.local_key"
    assert "write 32 bytes in base64" in str(error)
    assert_absent([CANARY, *([key] if key else [])], traces_of(error))


def test_a_local_key_may_be_a_reference(clients, monkeypatch):
    key = os.urandom(32)
    monkeypatch.setenv("MADE_UP_KEY", base64.b64encode(key).decode())
    decryptor = decryptor_of(settings(DECRYPTION__LOCAL_KEY="env:MADE_UP_KEY"), clients)
    event = parse_event(forge_event("CustomEmailSender_SignUp", key, code="83920174"))
    assert isinstance(decryptor, LocalKeyDecryptor)
    assert decryptor.decrypt(event, Deadline.never()).reveal() == "83920174"


def test_a_local_key_that_is_nowhere_is_named(clients):
    error = refused(decryptor_of, settings(DECRYPTION__LOCAL_KEY="env:MADE_UP_KEY"), clients)
    assert str(error) == "decryption.local_key: the environment variable MADE_UP_KEY is not set"


def test_a_local_key_is_refused_inside_lambda_unless_allowed(clients, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    key = {"DECRYPTION__LOCAL_KEY": base64.b64encode(os.urandom(32)).decode()}
    error = refused(decryptor_of, settings(**key), clients)
    assert error.path == "decryption.local_key"
    assert_absent(key.values(), traces_of(error))
    assert decryptor_of(settings(**key, DECRYPTION__ALLOW_IN_LAMBDA="true"), clients)


def test_key_arns_are_decrypted_under_by_kms(aws_env, clients):
    decryptor = decryptor_of(settings(DECRYPTION__KEY_ARNS=ARN), clients)
    assert type(decryptor) is EncryptionSdkDecryptor


def test_without_a_key_only_a_secret_is_an_error(clients):
    decryptor = decryptor_of(settings(), clients)
    event = parse_event(forge_event("CustomEmailSender_SignUp", bytes(32)))
    error = refused(decryptor.decrypt, event, Deadline.never())
    assert str(error) == "decryption: set key_arns to the ARN of the user pool's KMS key"


def test_the_own_folder_of_templates_comes_before_the_built_in_one(tmp_path):
    renderer = make_renderer(settings(TEMPLATES__PATH=str(tmp_path), TRIGGERS__SIGNUP__LIFETIME="5m"))
    assert renderer.index.roots == (tmp_path, find_built_in_root())
    assert make_renderer(settings()).index.roots == (find_built_in_root(),)


def test_an_own_folder_that_is_not_there_is_refused(tmp_path):
    error = refused(make_renderer, settings(TEMPLATES__PATH=str(tmp_path / "absent")))
    assert error.path == "templates.path"


FILE = {"LEDGER__USE": "sqlite", "LEDGER__PATH": "ledger.db"}
TABLE = {"LEDGER__USE": "dynamodb", "LEDGER__TABLE": "notifyhub", "LEDGER__REGION": "eu-south-1"}


@pytest.mark.parametrize("clock", [None, lambda: datetime(2026, 1, 1, tzinfo=UTC)])
def test_the_ledger_is_in_memory_unless_another_is_asked_for(clients, clock):
    assert isinstance(make_ledger(settings().ledger, clients, clock), MemoryLedger)


def test_the_ledger_may_be_a_file(clients, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    ledger = make_ledger(settings(**FILE, LEDGER__KEEP="8h").ledger, clients, lambda: clock)
    assert isinstance(ledger, SqliteLedger)
    assert list(tmp_path.iterdir()) == [tmp_path / "acme_failing_hooks.py"], "asking for it writes nothing"
    assert ledger.claim("a", owner="someone", lease=45).first_seen == clock
    assert (tmp_path / "ledger.db").is_file()


def test_a_file_is_no_ledger_inside_lambda(clients, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    error = refused(make_ledger, settings(**FILE).ledger, clients)
    assert str(error).startswith("ledger.use: a file is the container's own")


def test_the_client_of_a_table_is_made_at_once_and_asks_nobody(clients, monkeypatch):
    """During INIT a Lambda function has the whole CPU; its first event should not wait for a client to be made."""
    with VendorServer().running() as aws:
        set_aws_environment(monkeypatch, endpoint=aws.url)
        ledger = make_ledger(settings(**TABLE).ledger, clients)
        assert isinstance(ledger, DynamoDbLedger)
        assert list(clients._clients) == [("dynamodb", "eu-south-1")]
        assert aws.requests == []
        (client,) = clients._clients.values()
        assert (client.meta.config.read_timeout, client.meta.config.connect_timeout) == (1.0, 1.0)
        assert client.meta.config.retries["total_max_attempts"] == 2
