"""Whatever routes there are: a plan is never empty, holds all of its route, and is that of the first route that fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifyhub.delivery.cooldown import Cooldown
from notifyhub.errors import NoRoute, NotSent, ProviderUnusable
from notifyhub.events import parse_event
from notifyhub.routing.router import Router
from notifyhub.settings.policy import Route
from notifyhub.testing import forge_event

KEY = bytes(32)
INSTANCES = ["a", "b", "c", "d"]
TRIGGERS = ["SignUp", "ForgotPassword", "Authentication"]
TENANTS = ["acme", "globex"]
LOCALES = ["de", "de-AT", "fr"]
COUNTRIES = {"+15005550009": "US", "+12423456789": "BS", "+442071838750": "GB", "+4930901820": "DE"}
SMS = {trigger: parse_event(forge_event(f"CustomSMSSender_{trigger}", KEY)) for trigger in TRIGGERS}


@st.composite
def routes(draw):
    names = draw(st.lists(st.sampled_from(INSTANCES), min_size=1, max_size=4, unique=True))
    route = {
        "channel": draw(st.sampled_from(["sms", "sms", "email"])),
        "providers": names,
        "triggers": draw(st.lists(st.sampled_from(TRIGGERS), max_size=2)),
        "locales": draw(st.lists(st.sampled_from(LOCALES), max_size=1)),
        "attributes": draw(st.dictionaries(st.just("custom:tenant"), st.sampled_from(TENANTS), max_size=1)),
    }
    if route["channel"] == "sms":
        route["countries"] = draw(st.lists(st.sampled_from(sorted(COUNTRIES.values())), max_size=2))
    if draw(st.booleans()):
        weights = draw(st.lists(st.integers(0, 5), min_size=len(names), max_size=len(names)).filter(any))
        route |= {"strategy": "weighted", "weights": weights}
    return Route.model_validate(route)


@st.composite
def messages(draw):
    """An event, and the number that it goes to."""
    attributes = draw(
        st.fixed_dictionaries(
            {}, optional={"locale": st.sampled_from([*LOCALES, "de_CH"]), "custom:tenant": st.sampled_from(TENANTS)}
        )
    )
    raw = SMS[draw(st.sampled_from(TRIGGERS))].model_dump(by_alias=True)
    raw["request"]["userAttributes"] = attributes
    return parse_event(raw), draw(st.sampled_from(sorted(COUNTRIES)))


def fits(route, event, number):
    """The rules once more, written down in another way."""
    attributes = event.request.user_attributes
    locale = attributes.get("locale", "").replace("_", "-")
    return (
        route.channel == "sms"
        and (not route.triggers or event.trigger in route.triggers)
        and (not route.countries or COUNTRIES[number] in route.countries)
        and (not route.locales or any(locale == wanted or locale.startswith(f"{wanted}-") for wanted in route.locales))
        and all(attributes.get(name) in values for name, values in route.attributes.items())
    )


@given(st.lists(routes(), max_size=5), messages(), st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_the_first_route_that_fits_gives_all_of_its_providers(listed, message, key):
    event, number = message
    router = Router(listed)
    first = next((n for n, route in enumerate(listed) if fits(route, event, number)), None)
    if first is None:
        with pytest.raises(NoRoute):
            router.plan(event, "sms", to=number, key=key)
        return
    plan = router.plan(event, "sms", to=number, key=key)
    assert plan.route == first
    assert sorted(plan.providers) == sorted(listed[first].providers)
    weights = dict(zip(listed[first].providers, listed[first].weights, strict=False))
    assert plan.providers[0] == listed[first].providers[0] if not weights else weights[plan.providers[0]] > 0
    rest = [name for name in listed[first].providers if name != plan.providers[0]]
    assert list(plan.providers[1:]) == rest
    assert router.plan(event, "sms", to=number, key=key) == plan, "a redelivery gets the same"


@given(
    st.lists(st.sampled_from(INSTANCES), min_size=1, unique=True),
    st.lists(st.tuples(st.sampled_from(INSTANCES), st.sampled_from([NotSent, ProviderUnusable])), max_size=20),
)
def test_no_cool_down_leaves_anybody_out(names, failures):
    cooldown = Cooldown(60)
    for name, kind in failures:
        cooldown.note(name, kind("acme"))
    assert sorted(cooldown.order(names)) == sorted(names)
