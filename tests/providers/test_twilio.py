import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifyhub.testing import ProviderContract
from notifyhub.testing.openapi import assert_conforms
from notifyhub_providers.twilio import Twilio

HEX = "0123456789abcdef" * 2
ACCOUNT = {"account_sid": f"AC{HEX}"}
TOKEN = {"auth_token": "token-of-the-test"}
KEY = {"api_key_sid": f"SK{HEX}", "api_key_secret": "key-secret-of-the-test"}
NUMBER = {"sender": "+15005550006"}
SERVICE = {"messaging_service_sid": f"MG{HEX}"}


class TestTwilio(ProviderContract):
    provider = Twilio
    settings = {**ACCOUNT, **TOKEN, **NUMBER}
    credentials = ("token-of-the-test",)
    answers = Path(__file__).parent / "twilio" / "answers.json"
    openapi = ("twilio.json", "/2010-04-01/Accounts/{AccountSid}/Messages.json")

    @pytest.fixture
    def sent(self, vendor):
        """Sends with that table of settings; gives the form that arrived."""
        from notifyhub.provider.toolkit import Clients

        clients = Clients()

        def send(table, context=None, **changes):
            vendor.answer = self.accepting()
            provider = self.build(clients, {**table, "base_url": vendor.url})
            provider.send(self.message(**changes), context or self.context())
            return vendor.requests[-1].form()

        yield send
        clients.http.close()

    def test_a_message_holds_recipient_sender_and_text_and_nothing_else(self, sent, vendor):
        form = sent(self.settings)
        assert form == {"To": "+15005550009", "From": "+15005550006", "Body": self.message().text}
        assert vendor.requests[0].path == f"/2010-04-01/Accounts/AC{HEX}/Messages.json"

    @pytest.mark.parametrize(
        ("table", "user"),
        [(TOKEN, f"AC{HEX}:token-of-the-test"), (KEY, f"SK{HEX}:key-secret-of-the-test")],
        ids=["auth token", "API key"],
    )
    def test_either_kind_of_credential_signs_in(self, sent, vendor, table, user):
        sent({**ACCOUNT, **table, **NUMBER})
        assert vendor.requests[0].headers["authorization"] == f"Basic {base64.b64encode(user.encode()).decode()}"

    @pytest.mark.parametrize(
        ("table", "problem"),
        [
            ({**NUMBER}, "either auth_token"),
            ({**TOKEN, **KEY, **NUMBER}, "either auth_token"),
            ({"api_key_sid": f"SK{HEX}", **NUMBER}, "belong together"),
            ({"api_key_secret": "x", **TOKEN, **NUMBER}, "belong together"),
            ({**TOKEN}, "either sender"),
            ({**TOKEN, **NUMBER, **SERVICE}, "either sender"),
            ({**TOKEN, **NUMBER, "account_sid": "AC123"}, "account_sid"),
            ({**TOKEN, **NUMBER, "status_callback": "http://acme.example"}, "status_callback"),
        ],
    )
    def test_settings_that_are_ambiguous_or_incomplete_are_refused(self, table, problem):
        with pytest.raises(ValueError, match=problem) as caught:
            Twilio.Settings.model_validate({**ACCOUNT, **table})
        assert "of-the-test" not in str(caught.value)

    def test_a_messaging_service_takes_the_place_of_the_sender(self, sent):
        form = sent({**ACCOUNT, **TOKEN, **SERVICE})
        assert form["MessagingServiceSid"] == f"MG{HEX}"
        assert "From" not in form

    @pytest.mark.parametrize(("sender", "field"), [("ACME", "From"), (f"MG{HEX}", "MessagingServiceSid")])
    def test_a_brand_overrides_the_sender_with_an_id_or_a_service(self, sent, sender, field):
        form = sent({**ACCOUNT, **TOKEN, **SERVICE}, sender=sender)
        assert {name: form[name] for name in ("From", "MessagingServiceSid") if name in form} == {field: sender}

    def test_everything_that_can_be_set_conforms_to_the_description(self, sent, vendor):
        options = {
            "content_retention": "discard",
            "address_retention": "obfuscate",
            "risk_check": "disable",
            "smart_encoded": False,
            "status_callback": "https://acme.example/twilio",
        }
        form = sent({**self.settings, **options}, self.context(dead_after=datetime.now(UTC) + timedelta(minutes=3)))
        assert (form["ContentRetention"], form["AddressRetention"]) == ("discard", "obfuscate")
        assert (form["RiskCheck"], form["SmartEncoded"]) == ("disable", "false")
        assert form["StatusCallback"] == "https://acme.example/twilio"
        assert_conforms(vendor.requests[0], *self.openapi)

    @pytest.mark.parametrize(("left_s", "least", "most"), [(180.9, 170, 180), (-5, 1, 1), (10**6, 36_000, 36_000)])
    def test_the_vendor_drops_the_message_when_its_time_has_passed(self, sent, left_s, least, most):
        """Whole seconds, never later than `dead_after`, and within the bounds of the description."""
        form = sent(self.settings, self.context(dead_after=datetime.now(UTC) + timedelta(seconds=left_s)))
        assert least <= int(form["ValidityPeriod"]) <= most
