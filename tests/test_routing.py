"""Which instances a message may take."""

import pytest

from notifyhub.errors import ConfigurationError, NoRoute
from notifyhub.events import parse_event
from notifyhub.routing import Plan, Router
from notifyhub.settings.policy import Route
from notifyhub.testing import forge_event
from tests.dispatching import Hub, settings_of

KEY = bytes(32)


def router(*routes):
    return Router([Route.model_validate(route) for route in routes])


def event(source="CustomEmailSender_SignUp"):
    return parse_event(forge_event(source, KEY))


CATCH_ALL = {"channel": "email", "providers": ["mail", "backup"]}
MFA_ONLY = {"channel": "email", "providers": ["fast"], "triggers": ["Authentication", "ForgotPassword"]}


def test_the_plan_keeps_the_routes_order():
    assert router(CATCH_ALL).plan(event(), "email") == Plan(("mail", "backup"))


def test_an_instance_named_twice_is_tried_once():
    assert router({"channel": "email", "providers": ["a", "b", "a"]}).plan(event(), "email").providers == ("a", "b")


@pytest.mark.parametrize(
    ("trigger", "first"), [("Authentication", "fast"), ("ForgotPassword", "fast"), ("SignUp", "mail")]
)
def test_the_first_route_that_matches_wins(trigger, first):
    plan = router(MFA_ONLY, CATCH_ALL).plan(event(f"CustomEmailSender_{trigger}"), "email")
    assert plan.providers[0] == first


def test_a_catch_all_in_front_hides_what_follows():
    plan = router(CATCH_ALL, MFA_ONLY).plan(event("CustomEmailSender_Authentication"), "email")
    assert plan.providers[0] == "mail"


@pytest.mark.parametrize(
    ("routes", "source", "channel"),
    [
        ([], "CustomEmailSender_SignUp", "email"),
        ([CATCH_ALL], "CustomSMSSender_SignUp", "sms"),
        ([MFA_ONLY], "CustomEmailSender_SignUp", "email"),
    ],
)
def test_without_a_matching_route_the_error_says_what_to_add(routes, source, channel):
    with pytest.raises(NoRoute, match=rf"no route takes {channel} for SignUp; add a \[\[routes\]\]") as caught:
        router(*routes).plan(event(source), channel)
    assert (caught.value.channel, caught.value.trigger) == (channel, "SignUp")


def test_a_router_tells_what_is_to_be_built_and_compiled_ahead():
    routes = router(MFA_ONLY, CATCH_ALL, {"channel": "sms", "providers": ["text", "backup"]})
    assert routes.providers() == ["fast", "mail", "backup", "text"]
    assert routes.primaries() == ["fast", "mail", "text"]
    assert routes.channels() == ["email", "sms"]


def test_a_provider_that_does_not_send_on_its_routes_channel_is_refused_at_the_start():
    settings = settings_of(email=("mail",), providers={"post": {"use": "sendgrid", "api_key": "k", "sender": "a@b.co"}})
    settings = settings.model_copy(update={"routes": (*settings.routes, Route(channel="sms", providers=("post",)))})
    with pytest.raises(ConfigurationError, match=r"post \(sendgrid\) does not send sms, only email") as caught:
        Hub(settings)
    assert caught.value.path == f"routes.{len(settings.routes) - 1}.providers"
