from pathlib import Path

from notifyhub.testing import ProviderContract
from notifyhub_providers.sendgrid import SendGrid


class TestSendGrid(ProviderContract):
    provider = SendGrid
    settings = {"api_key": "SG.key-of-the-test", "sender": "Acme <no-reply@acme.example>"}
    credentials = ("SG.key-of-the-test",)
    answers = Path(__file__).parent / "sendgrid" / "answers.json"
    openapi = ("sendgrid.json", "/v3/mail/send")

    def test_plain_text_comes_before_html_and_tracking_is_off(self, ready, vendor):
        """SendGrid refuses another order, and a tracked link would be rewritten."""
        vendor.answer = self.accepting()
        ready.send(self.message(), self.context())
        sent = vendor.requests[0].json()
        assert [part["type"] for part in sent["content"]] == ["text/plain", "text/html"]
        assert sent["from"] == {"email": "no-reply@acme.example", "name": "Acme"}
        assert sent["tracking_settings"]["click_tracking"] == {"enable": False}
        assert vendor.requests[0].headers["authorization"] == "Bearer SG.key-of-the-test"

    def test_everything_that_a_message_can_hold_conforms_too(self, ready, vendor):
        from notifyhub.testing.openapi import assert_conforms

        vendor.answer = self.accepting()
        full = self.message(
            reply_to="help@acme.example", headers={"X-Auto": "yes"}, tags=("SignUp",), sender="b@acme.example"
        )
        ready.send(full, self.context())
        sent = vendor.requests[0].json()
        assert sent["reply_to"] == {"email": "help@acme.example"}
        assert (sent["headers"], sent["categories"], sent["from"]) == (
            {"X-Auto": "yes"},
            ["SignUp"],
            {"email": "b@acme.example"},
        )
        assert_conforms(vendor.requests[0], *self.openapi)
