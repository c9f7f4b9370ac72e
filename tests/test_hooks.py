import pytest

from notifyhub.clients.aws import AwsClients
from notifyhub.hooks import load_events, load_on_undeliverable
from notifyhub.observability.factory import make_observers
from notifyhub.recipients.factory import make_resolver
from tests.support.configured import refused, settings

pytestmark = pytest.mark.usefixtures("hooks")


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
