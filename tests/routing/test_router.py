"""Which instances a message may take."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from notifyhub.errors import ConfigurationError, MissingExtra, NoRoute
from notifyhub.events import NotificationEvent, Recipient, parse_event
from notifyhub.routing.router import Explanation, Plan, Router, Verdict
from notifyhub.settings.policy import Route
from notifyhub.testing import RecordingProvider, forge_event
from notifyhub.testing.forge import CLIENT_ID, POOL_ID
from tests.support.hub import Hub, settings_of, signing_up

LOCAL_KEY = bytes(32)
KEY = hashlib.sha256(b"one message").hexdigest()
EMAIL = "jane.roe@example.com"
CATCH_ALL: dict[str, Any] = {"channel": "email", "providers": ["mail", "backup"]}
MFA_ONLY = {"channel": "email", "providers": ["fast"], "triggers": ["Authentication", "ForgotPassword"]}
WEIGHTED = {"channel": "email", "providers": ["a", "b", "c"], "strategy": "weighted", "weights": [70, 0, 30]}


class Invoice(NotificationEvent):
    tier: str
    urgent: bool


def router(*routes):
    return Router([Route.model_validate(route) for route in routes])


def event(source="CustomEmailSender_SignUp", **changes):
    return parse_event(forge_event(source, LOCAL_KEY, **changes))


def planned(routes, subject, channel="email", *, to=EMAIL, key=KEY):
    return routes.plan(subject, channel, to=to, key=key)


def keys(number):
    return [hashlib.sha256(str(n).encode()).hexdigest() for n in range(number)]


def test_the_plan_keeps_the_routes_order_and_names_its_route():
    assert planned(router(MFA_ONLY, CATCH_ALL), event()) == Plan(("mail", "backup"), route=1)


def test_an_instance_named_twice_is_tried_once():
    assert planned(router({"channel": "email", "providers": ["a", "b", "a"]}), event()).providers == ("a", "b")


@pytest.mark.parametrize(
    ("trigger", "first"), [("Authentication", "fast"), ("ForgotPassword", "fast"), ("SignUp", "mail")]
)
def test_the_first_route_that_matches_wins(trigger, first):
    plan = planned(router(MFA_ONLY, CATCH_ALL), event(f"CustomEmailSender_{trigger}"))
    assert plan.providers[0] == first


def test_a_catch_all_in_front_hides_what_follows():
    assert planned(router(CATCH_ALL, MFA_ONLY), event("CustomEmailSender_Authentication")).providers[0] == "mail"


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
        planned(router(*routes), event(source), channel)
    assert (caught.value.channel, caught.value.trigger) == (channel, "SignUp")


USER = {"locale": "de_AT", "custom:tenant": "acme", "custom:beta": "true"}
SMS = "CustomSMSSender_SignUp"


@pytest.mark.parametrize(
    ("condition", "why_not"),
    [
        ({"triggers": ["ResendCode", "SignUp"]}, ""),
        ({"triggers": ["ResendCode"]}, "trigger is SignUp"),
        ({"pools": ["eu-west-1_Other", POOL_ID]}, ""),
        ({"pools": ["eu-west-1_Other"]}, f"pool is {POOL_ID}"),
        ({"clients": [CLIENT_ID]}, ""),
        ({"clients": ["other"]}, f"client is {CLIENT_ID}"),
        ({"countries": ["at", "gb"]}, ""),
        ({"countries": ["AT", "DE"]}, "country is GB"),
        ({"locales": ["fr", "de"]}, ""),
        ({"locales": ["de-AT"]}, ""),
        ({"locales": ["DE_at"]}, ""),
        ({"locales": ["de-CH"]}, "locale is de-at"),
        ({"locales": ["deu"]}, "locale is de-at"),
        ({"attributes": {"custom:tenant": "acme"}}, ""),
        ({"attributes": {"custom:tenant": ["initech", "acme"]}}, ""),
        ({"attributes": {"custom:beta": True}}, ""),
        ({"attributes": {"custom:tenant": "initech"}}, "attribute custom:tenant differs"),
        ({"attributes": {"custom:plan": "gold"}}, "attribute custom:plan is absent"),
        ({"attributes": {"custom:tenant": "acme", "custom:beta": "false"}}, "attribute custom:beta differs"),
        ({"triggers": ["SignUp"], "pools": [POOL_ID], "countries": ["GB"], "locales": ["de"]}, ""),
        ({"triggers": ["SignUp"], "pools": ["eu-west-1_Other"], "countries": ["DE"]}, f"pool is {POOL_ID}"),
    ],
    ids=str,
)
def test_all_conditions_of_a_route_must_hold_and_any_value_of_each(condition, why_not):
    routes, to = router({"channel": "sms", "providers": ["text"], **condition}), "+447400123456"
    explanation = routes.explain(event(SMS, attributes=USER), "sms", to=to, key=KEY)
    assert explanation.verdicts == (Verdict(0, why_not),)
    if why_not:
        with pytest.raises(NoRoute):
            planned(routes, event(SMS, attributes=USER), "sms", to=to)
    else:
        assert planned(routes, event(SMS, attributes=USER), "sms", to=to) == explanation.plan == Plan(("text",), 0)


def test_a_wider_locale_is_not_what_a_narrower_condition_asks_for():
    routes = router({**CATCH_ALL, "locales": ["de-AT"]}, {**CATCH_ALL, "locales": ["zh-Hant"]}, CATCH_ALL)
    assert planned(routes, event(attributes={"locale": "de"})).route == 2
    assert planned(routes, event(attributes={"locale": "zh_Hant_TW"})).route == 1
    assert planned(routes, event(attributes={"locale": "zh-Hantx"})).route == 2


def test_the_locale_that_the_event_prefers_counts_alone():
    routes = router({**CATCH_ALL, "locales": ["fr"]}, {**CATCH_ALL, "locales": ["de"]})
    assert planned(routes, event(attributes={"locale": "fr"}, client_metadata={"locale": "de"})).route == 1


def test_what_no_template_would_look_for_is_no_locale():
    routes = router({**CATCH_ALL, "locales": ["de"]}, CATCH_ALL)
    assert planned(routes, event(client_metadata={"locale": "de" + "-x" * 20})).route == 1


def test_an_event_without_what_a_condition_asks_for_does_not_match():
    asked: list[Any] = [
        {"pools": [POOL_ID]},
        {"clients": [CLIENT_ID]},
        {"locales": ["de"]},
        {"attributes": {"plan": "x"}},
    ]
    routes = router(*({**CATCH_ALL, **condition} for condition in asked), CATCH_ALL)
    invoice = Invoice(id="1", recipient=Recipient(email=EMAIL), tier="gold", urgent=True)
    explanation = routes.explain(invoice, "email", to=EMAIL, key=KEY)
    assert [verdict.why_not for verdict in explanation.verdicts] == [
        "pool is not known", "client is not known", "locale is not known", "attribute plan is absent", "",
    ]  # fmt: skip
    assert planned(routes, invoice).route == 4


def test_own_events_are_told_apart_by_their_fields():
    routes = router({**CATCH_ALL, "triggers": ["Invoice"], "attributes": {"tier": "gold", "urgent": True}}, CATCH_ALL)
    ann = Recipient(email=EMAIL)
    assert planned(routes, Invoice(id="1", recipient=ann, tier="gold", urgent=True)).route == 0
    assert planned(routes, Invoice(id="1", recipient=ann, tier="gold", urgent=False)).route == 1


def test_take_over_events_have_no_attributes():
    routes = router({**CATCH_ALL, "attributes": {"COUNTRY": "Ireland"}}, CATCH_ALL)
    assert planned(routes, event("CustomEmailSender_AccountTakeOverNotification")).route == 1


def test_a_number_that_is_none_matches_no_country():
    by_country = {"channel": "sms", "providers": ["text"], "countries": ["US"]}
    for to in ("", "+1", "5550009", "jane"):
        explanation = router(by_country).explain(event(SMS), "sms", to=to, key=KEY)
        assert explanation == Explanation((Verdict(0, "country is not known"),), None)


def test_reasons_quote_neither_recipients_nor_attributes():
    asked: list[Any] = [
        {"countries": ["AT"]},
        {"attributes": {"custom:tenant": "x"}},
        {"locales": ["fr"]},
        {"clients": ["x"]},
    ]
    routes = router(*({"channel": "sms", "providers": ["text"], **condition} for condition in asked))
    raw = forge_event(
        SMS, LOCAL_KEY, attributes={"custom:tenant": "c4n4ry"}, client_metadata={"locale": "c4n4ry@example.com"}
    )
    raw["callerContext"]["clientId"] = "c4n4ry\x1b[31m"
    verdicts = routes.explain(parse_event(raw), "sms", to="+447400123456", key=KEY).verdicts
    assert "c4n4ry" not in str(verdicts)
    assert [verdict.why_not for verdict in verdicts][2:] == ["locale differs", "client differs"]


def test_an_explanation_tells_later_matches_from_the_plan():
    explanation = router(MFA_ONLY, CATCH_ALL, CATCH_ALL).explain(event(), "email", to=EMAIL, key=KEY)
    assert [verdict.matches for verdict in explanation.verdicts] == [False, True, True]
    assert explanation.plan == Plan(("mail", "backup"), 1)


def test_weights_share_the_messages_out_and_the_others_follow_in_their_order():
    routes, sign_up = router(WEIGHTED), event()
    found = Counter(planned(routes, sign_up, key=key).providers for key in keys(4000))
    assert set(found) == {("a", "b", "c"), ("c", "a", "b")}
    assert found["a", "b", "c"] / 4000 == pytest.approx(0.7, abs=0.03)


def test_equal_weights_share_evenly():
    names, sign_up = list("abcde"), event()
    routes = router({"channel": "email", "providers": names, "strategy": "weighted", "weights": [1] * 5})
    found = Counter(planned(routes, sign_up, key=key).providers[0] for key in keys(5000))
    assert all(found[name] / 5000 == pytest.approx(0.2, abs=0.03) for name in names)


def test_a_weight_may_stand_alone():
    routes, sign_up = router({**WEIGHTED, "weights": [0, 5, 0]}), event()
    assert {planned(routes, sign_up, key=key).providers for key in keys(50)} == {("b", "a", "c")}


def test_a_redelivery_takes_the_same_way_in_every_process():
    code = (
        "import json, hashlib\nfrom notifyhub.routing.router import _draw\n"
        "print(json.dumps([_draw(hashlib.sha256(str(n).encode()).hexdigest(), 100) for n in range(40)]))"
    )
    drawn = [
        json.loads(subprocess.check_output([sys.executable, "-c", code], env=_seeded(seed)))
        for seed in ("0", "1", "77")
    ]
    assert drawn[0] == drawn[1] == drawn[2]
    routes = router({"channel": "email", "providers": ["a", "b"], "strategy": "weighted", "weights": [80, 20]})
    sign_up = event()
    expected = ["a" if number < 80 else "b" for number in drawn[0]]
    assert set(expected) == {"a", "b"}
    assert [planned(routes, sign_up, key=key).providers[0] for key in keys(40)] == expected


def _seeded(seed):
    return {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_keys_of_any_form_are_drawn_by():
    """Own events may make their keys themselves."""
    for key in ("", "order 7", "\ud800"):
        assert planned(router(WEIGHTED), event(), key=key) == planned(router(WEIGHTED), event(), key=key)


def test_the_dispatcher_plans_by_the_recipient_and_the_key():
    text = {"channel": "sms", "providers": ["text"]}
    uk = {"channel": "sms", "providers": ["a", "b"], "strategy": "weighted", "weights": [1, 1], "countries": ["GB"]}
    hub = Hub(settings_of(sms=("a", "b", "text"), routes=[uk, text]))
    for number in range(12):
        raw = signing_up(SMS, attributes={"phone_number": f"+4474001234{number:02}"})
        sent = hub.dispatcher.dispatch(raw).deliveries[0].provider
        key = parse_event(raw).key("sms", "")
        assert (
            sent
            == hub.dispatcher.pipeline.router.plan(parse_event(raw), "sms", to="+447400123400", key=key).providers[0]
        )
    assert hub.sent("a")
    assert hub.sent("b")
    assert not hub.sent("text")
    assert hub.dispatcher.dispatch(signing_up(SMS)).deliveries[0].provider == "text"


def test_countries_without_their_library_are_refused_when_the_router_is_checked(monkeypatch):
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(MissingExtra) as caught:
        router({"channel": "sms", "providers": ["text"], "countries": ["GB"]}).check(lambda name: RecordingProvider)
    assert str(caught.value) == 'phonenumbers is not installed; run: pip install "notifyhub-core[countries]"'
    assert planned(router(CATCH_ALL), event()).route == 0


def test_nobody_who_asks_for_no_country_loads_the_library():
    code = (
        "import sys\nfrom notifyhub.routing.router import Router\nfrom notifyhub.settings.policy import Route\n"
        "from notifyhub.testing import RecordingProvider as R\n"
        "Router([Route(channel='sms', providers=('a',))]).check(lambda name: R)\nprint('phonenumbers' in sys.modules)\n"
        "Router([Route(channel='sms', providers=('a',), countries=('GB',))]).check(lambda name: R)\nprint('phonenumbers' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], env=_seeded("0"), text=True).split() == [
        "False",
        "True",
    ]


def test_a_router_tells_what_is_to_be_built_and_compiled_ahead():
    routes = router(MFA_ONLY, CATCH_ALL, {"channel": "sms", "providers": ["text", "backup"]})
    assert routes.providers() == ["fast", "mail", "backup", "text"]
    assert routes.primaries() == ["fast", "mail", "text"]
    assert routes.channels() == ["email", "sms"]


def test_all_that_a_weighted_route_may_try_first_is_built_ahead():
    routes = router(WEIGHTED, CATCH_ALL)
    assert routes.primaries() == ["a", "c", "mail"]
    assert routes.providers() == ["a", "b", "c", "mail", "backup"]


def test_a_provider_that_does_not_send_on_its_routes_channel_is_refused_at_the_start():
    settings = settings_of(email=("mail",), providers={"post": {"use": "sendgrid", "api_key": "k", "sender": "a@b.co"}})
    settings = settings.model_copy(update={"routes": (*settings.routes, Route(channel="sms", providers=("post",)))})
    with pytest.raises(ConfigurationError, match=r"post \(sendgrid\) does not send sms, only email") as caught:
        Hub(settings)
    assert caught.value.path == f"routes.{len(settings.routes) - 1}.providers"
