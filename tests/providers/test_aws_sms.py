from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifyhub.errors import RefusedHere
from notifyhub.testing import AwsProviderContract
from notifyhub_providers.aws_sms import AwsSms


class TestAwsSms(AwsProviderContract):
    """moto 5.2 has no `pinpoint-sms-voice-v2`: the peer is the loopback vendor, behind botocore's own checks."""

    provider = AwsSms
    service = "PINPOINT_SMS_VOICE_V2"
    settings = {"sender": "+15005550006"}
    answers = Path(__file__).parent / "aws_sms" / "answers.json"

    def sent(self, ready, vendor, *, context=None, **changes):
        vendor.answer = self.accepting()
        ready.send(self.message(**changes), context or self.context())
        return vendor.requests[0].json()

    def test_a_message_is_transactional_and_holds_nothing_that_was_not_set(self, ready, vendor):
        assert self.sent(ready, vendor) == {
            "DestinationPhoneNumber": "+15005550009",
            "MessageBody": self.message().text,
            "MessageType": "TRANSACTIONAL",
            "OriginationIdentity": "+15005550006",
        }
        assert vendor.requests[0].headers["x-amz-target"] == "PinpointSMSVoiceV2.SendTextMessage"

    def test_every_setting_is_sent(self, provider_with, vendor):
        ready = provider_with({"configuration_set": "codes", "protect_configuration": "protect-1", "max_price": "1"})
        sent = self.sent(ready, vendor, sender="ACME", tags=("SignUp", " ", "acme"))
        assert (sent["ConfigurationSetName"], sent["ProtectConfigurationId"]) == ("codes", "protect-1")
        assert sent["MaxPrice"] == "1.00000"
        assert sent["OriginationIdentity"] == "ACME"
        assert sent["Context"] == {"tag": "SignUp", "tag2": "acme"}

    def test_without_a_sender_aws_picks_one(self, provider_with, vendor):
        assert "OriginationIdentity" not in self.sent(provider_with({}), vendor)

    @pytest.mark.parametrize(
        ("left_s", "least", "most"), [(300.9, 290, 300), (1, 5, 5), (-60, 5, 5), (10**7, 259_200, 259_200)]
    )
    def test_the_vendor_drops_the_message_when_its_time_has_passed(self, ready, vendor, left_s, least, most):
        """Whole seconds, never later than `dead_after`, and within the bounds of the model."""
        context = self.context(dead_after=datetime.now(UTC) + timedelta(seconds=left_s))
        assert least <= self.sent(ready, vendor, context=context)["TimeToLive"] <= most

    def test_what_botocore_itself_refuses_is_not_sent(self, ready, vendor):
        with pytest.raises(RefusedHere, match="ParamValidationError"):
            ready.send(self.message(text=""), self.context())
        assert vendor.requests == []
