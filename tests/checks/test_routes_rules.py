import sys

import pytest

from notifyhub.checks.routes import find_route_problems
from tests.checks.conftest import GOOD, errors, first, lines

TEXT = 'channel = "sms"\nproviders = ["text"]\n'
NONE_TAKES_ALL = "none takes every message; add one, as the last, with nothing but `channel` and `providers`"


def test_routes_that_take_every_message_are_fine(load):
    assert lines(find_route_problems(load(GOOD))) == []


def test_no_routes_at_all_are_an_error(load):
    nothing = 'nothing can be sent; add a [[routes]] with channel = "email" and providers'
    assert errors(find_route_problems(load('[app]\nname = "Acme"\n'))) == [f"error routes: {nothing}"]


def test_a_channel_without_a_route_is_a_warning(load):
    head, _, _ = GOOD.rpartition("[[routes]]")
    assert lines(find_route_problems(load(head))) == [
        "warning routes for sms: none; do not attach that trigger to the pool"
    ]


@pytest.mark.parametrize(
    ("channel", "condition"),
    [("sms", 'triggers = ["SignUp"]'), ("sms", 'countries = ["GB"]'), ("email", 'pools = ["a_1"]')],
)
def test_a_condition_without_a_route_for_the_rest_is_an_error(load, channel, condition):
    route = f'channel = "{channel}"'
    found = errors(find_route_problems(load(GOOD.replace(route, f"{route}\n{condition}"))))
    assert found == [f"error routes for {channel}: {NONE_TAKES_ALL}"]


def test_routes_that_an_earlier_one_hides_are_warned_about(load):
    german = f'[[routes]]\n{TEXT}locales = ["de"]\n'
    narrower, french = f'{german}triggers = ["SignUp"]\n', german.replace('"de"', '"fr"')
    head, routes = GOOD.split("[[routes]]", maxsplit=1)
    assert lines(find_route_problems(load(f"{head}{german}{narrower}[[routes]]{routes}{french}"))) == [
        "warning routes.1: is never reached: routes.0, which comes first, takes all that it would take",
        "warning routes.4: is never reached: routes.3, which comes first, takes all that it would take",
    ]


@pytest.mark.parametrize(
    ("country", "hint"), [("UK", "; did you mean 'GB'?"), ("ZZ", "")], ids=["another name", "no country"]
)
def test_countries_that_no_number_has_are_an_error(load, country, hint):
    found = errors(find_route_problems(load(first(f'{TEXT}countries = ["GB", "{country}"]\n'))))
    assert found == [f"error routes.0.countries: {country!r} has no phone numbers of its own{hint}"]


def test_known_countries_before_a_catch_all_are_fine(load):
    assert lines(find_route_problems(load(first(f'{TEXT}countries = ["GB", "xk"]\n')))) == []


def test_countries_without_their_library_are_an_error(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    missing = 'phonenumbers is not installed; run: pip install "notifyhub-core[countries]"'
    found = lines(find_route_problems(load(first(f'{TEXT}countries = ["GB"]\n'))))
    assert found == [f"error routes.0.countries: {missing}"]
