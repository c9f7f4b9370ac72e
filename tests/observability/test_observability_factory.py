import pytest

from notifyhub.observability.factory import make_observers
from notifyhub.observability.observer import Observer
from tests.support.configured import refused, settings

pytestmark = pytest.mark.usefixtures("hooks")


def observers_of(settings, given):
    return make_observers(settings.observability, settings.hooks, given)


def test_observers_come_from_code_and_from_hooks(hooks):
    given = Observer()
    first, second, third = observers_of(settings(HOOKS__OBSERVERS="acme_hooks:Watcher,acme_hooks:watcher"), [given])
    assert (first, type(second), third) == (given, hooks.Watcher, hooks.watcher)


@pytest.mark.parametrize("name", ["NUMBER", "Directory", "on_undeliverable"])
def test_what_is_no_observer_is_refused(name):
    hooks = f"acme_hooks:Watcher,acme_hooks:{name}"
    error = refused(observers_of, settings(HOOKS__OBSERVERS=hooks), [])
    assert str(error) == "hooks.observers.1: this is no Observer class or instance"
