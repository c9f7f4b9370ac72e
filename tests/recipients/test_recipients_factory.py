import pytest

from notifyhub.recipients import EventRecipients
from notifyhub.recipients.factory import make_resolver
from tests.support.configured import refused, settings

pytestmark = pytest.mark.usefixtures("hooks")


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
