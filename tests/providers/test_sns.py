from pathlib import Path

import pytest

from notifyhub.errors import RefusedHere
from notifyhub.testing.contracts.aws_provider import REGION, AwsProviderContract
from notifyhub_providers.sns import Sns


class TestSns(AwsProviderContract):
    provider = Sns
    service = "SNS"
    settings = {"sender": "ACME", "max_price": 0.05}
    answers = Path(__file__).parent / "sns" / "answers.json"

    def attributes(self, ready, vendor, **changes):
        """The message attributes as name, type and value: the query protocol numbers them."""
        vendor.answer = self.accepting()
        ready.send(self.message(**changes), self.context())
        form = vendor.requests[0].form()
        prefixes = [name.removesuffix(".Name") for name in form if name.endswith(".Name")]
        return {form[f"{at}.Name"]: (form[f"{at}.Value.DataType"], form[f"{at}.Value.StringValue"]) for at in prefixes}

    def test_a_message_is_transactional_and_names_its_sender_and_price(self, ready, vendor):
        assert self.attributes(ready, vendor) == {
            "AWS.SNS.SMS.SMSType": ("String", "Transactional"),
            "AWS.SNS.SMS.SenderID": ("String", "ACME"),
            "AWS.SNS.SMS.MaxPrice": ("Number", "0.05"),
        }
        form = vendor.requests[0].form()
        assert (form["Action"], form["PhoneNumber"]) == ("Publish", "+15005550009")
        assert "TopicArn" not in form

    @pytest.mark.parametrize("number", ["+15005550006", "55443"])
    def test_a_sender_of_digits_is_an_origination_number(self, ready, vendor, number):
        attributes = self.attributes(ready, vendor, sender=number)
        assert attributes["AWS.MM.SMS.OriginationNumber"] == ("String", number)
        assert "AWS.SNS.SMS.SenderID" not in attributes

    def test_without_settings_the_account_s_own_apply(self, provider_with, vendor):
        """Sender id and price then come from SetSMSAttributes."""
        ready = provider_with({})
        assert self.attributes(ready, vendor).keys() == {"AWS.SNS.SMS.SMSType"}

    @pytest.mark.parametrize("table", [{"sender": "much too long a name"}, {"max_price": 0}, {"max_price": "cheap"}])
    def test_settings_that_sns_would_refuse_are_refused_at_once(self, table):
        with pytest.raises(ValueError, match=next(iter(table))):
            Sns.Settings.model_validate(table)

    def test_a_text_message_arrives_at_moto(self, moto):
        """moto answers the SNS API by its own reading of it, and keeps what was sent."""
        from moto.sns.models import sns_backends

        receipt = self.build(moto, self.settings).send(self.message(), self.context())
        kept = sns_backends["123456789012"][REGION].sms_messages
        assert kept == {receipt.message_id: ("+15005550009", self.message().text)}

    def test_a_number_that_is_none_is_refused(self, moto):
        with pytest.raises(RefusedHere) as caught:
            self.build(moto, self.settings).send(self.message(to="not a number"), self.context())
        assert caught.value.code == "InvalidParameter"
