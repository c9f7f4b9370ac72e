"""Which routes leave nothing for another."""

import pytest

from notifyhub.routing.conditions import all_covered, make_conditions
from notifyhub.settings.policy import Route


def asked(**conditions):
    return make_conditions(Route.model_validate({"channel": "sms", "providers": ["text"], **conditions}))


def test_a_route_asks_for_its_channel_and_for_nothing_that_it_does_not_name():
    assert len(asked()) == 1
    assert len(asked(triggers=["SignUp"], attributes={"a": "1", "b": "2"}, countries=[])) == 4


@pytest.mark.parametrize(
    ("wider", "narrower"),
    [
        ({}, {"triggers": ["SignUp"]}),
        ({"triggers": ["SignUp", "ResendCode"]}, {"triggers": ["SignUp"], "countries": ["DE"]}),
        ({"pools": ["a_1"]}, {"pools": ["a_1"], "locales": ["de"]}),
        ({"locales": ["de", "fr"]}, {"locales": ["de_AT", "fr"]}),
        ({"attributes": {"x": ["1", "2"]}}, {"attributes": {"x": "2", "y": "3"}}),
    ],
    ids=str,
)
def test_equal_or_wider_conditions_cover_narrower_ones(wider, narrower):
    assert all_covered(asked(**wider), asked(**narrower))
    assert all_covered(asked(**narrower), asked(**narrower))
    assert not all_covered(asked(**narrower), asked(**wider))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"channel": "email"}, {}),
        ({"triggers": ["SignUp"]}, {"triggers": ["ResendCode"]}),
        ({"pools": ["a_1"]}, {"clients": ["a_1"]}),
        ({"locales": ["de"]}, {"locales": ["fr"]}),
        ({"attributes": {"x": "1"}}, {"attributes": {"y": "1"}}),
        ({"locales": ["de"]}, {"attributes": {"locale": "de"}}),
    ],
    ids=str,
)
def test_conditions_on_different_things_cover_nothing(one, other):
    assert not all_covered(asked(**one), asked(**other))
    assert not all_covered(asked(**other), asked(**one))
