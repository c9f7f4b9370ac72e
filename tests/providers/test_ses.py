from pathlib import Path

import pytest

from notifyhub.errors import RefusedHere
from notifyhub.testing.contracts.aws_provider import REGION, AwsProviderContract
from notifyhub_providers.ses import Ses


class TestSes(AwsProviderContract):
    provider = Ses
    service = "SESV2"
    settings = {"sender": "Acme <no-reply@acme.example>"}
    answers = Path(__file__).parent / "ses" / "answers.json"

    def sent(self, ready, vendor, **changes):
        vendor.answer = self.accepting()
        ready.send(self.message(**changes), self.context())
        return vendor.requests[0].json()

    def test_the_least_message_holds_what_ses_needs_and_nothing_else(self, ready, vendor):
        sent = self.sent(ready, vendor)
        assert vendor.requests[0].path == "/v2/email/outbound-emails"
        assert sent.keys() == {"FromEmailAddress", "Destination", "Content"}
        assert sent["FromEmailAddress"] == "Acme <no-reply@acme.example>"
        assert sent["Destination"] == {"ToAddresses": ["jane.roe@example.com"]}
        assert sent["Content"]["Simple"]["Subject"] == {"Data": "Your code", "Charset": "UTF-8"}
        assert sent["Content"]["Simple"]["Body"].keys() == {"Text", "Html"}

    def test_everything_that_a_message_can_hold_is_sent(self, ready, vendor):
        """botocore checks the names and types of these against the model of the service."""
        sent = self.sent(
            ready,
            vendor,
            sender="Größe <b@acme.example>",
            reply_to="help@acme.example",
            headers={"X-Auto": "yes"},
            tags=("SignUp", "été/x"),
        )
        assert sent["FromEmailAddress"] == "=?utf-8?b?R3LDtsOfZQ==?= <b@acme.example>"
        assert sent["ReplyToAddresses"] == ["help@acme.example"]
        assert sent["Content"]["Simple"]["Headers"] == [{"Name": "X-Auto", "Value": "yes"}]
        assert sent["EmailTags"] == [{"Name": "tag", "Value": "SignUp"}, {"Name": "tag2", "Value": "_t__x"}]

    def test_a_message_without_html_has_no_html_part(self, ready, vendor):
        assert self.sent(ready, vendor, html=None)["Content"]["Simple"]["Body"].keys() == {"Text"}

    @pytest.mark.parametrize(
        ("setting", "field"),
        [("configuration_set", "ConfigurationSetName"), ("from_arn", "FromEmailAddressIdentityArn")],
    )
    def test_optional_settings_are_sent(self, provider_with, vendor, setting, field):
        ready = provider_with({**self.settings, setting: "value"})
        assert self.sent(ready, vendor)[field] == "value"

    def test_mail_arrives_at_moto_once_its_sender_is_verified(self, moto):
        """moto answers the SES API by its own reading of it, and keeps what was sent."""
        from moto.ses.models import ses_backends

        provider = self.build(moto, self.settings)
        moto.aws.get("sesv2").create_email_identity(EmailIdentity="no-reply@acme.example")
        receipt = provider.send(self.message(), self.context())
        [kept] = ses_backends["123456789012"][REGION].sent_messages
        assert kept.id == receipt.message_id
        assert kept.destinations == {"ToAddresses": ["jane.roe@example.com"]}
        assert (kept.subject, kept.body) == ("Your code", self.message().html)

    def test_a_sender_that_is_not_verified_is_refused(self, moto):
        with pytest.raises(RefusedHere) as caught:
            self.build(moto, self.settings).send(self.message(), self.context())
        assert caught.value.code == "MessageRejected"
