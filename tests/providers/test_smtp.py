from pathlib import Path

import pytest

from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.provider.toolkit import Clients
from notifyhub.testing.contracts.provider import CODE, ProviderContract
from notifyhub.testing.vendor_server import VendorAnswer
from notifyhub_providers._smtp_session import Session
from notifyhub_providers.smtp import Smtp
from tests.providers.smtp.scripted_server import ScriptedServer

PASSWORD = "smtp-password-of-the-test"
STAGES = ("connect", "ehlo", "auth", "mail", "rcpt", "data")


class TestSmtp(ProviderContract):
    provider = Smtp
    settings = {
        "host": "127.0.0.1",
        "security": "none",
        "username": "acme",
        "password": PASSWORD,
        "sender": "Acme <no-reply@acme.example>",
    }
    credentials = (PASSWORD,)
    answers = Path(__file__).parent / "smtp" / "answers.json"

    @pytest.fixture
    def vendor(self):
        with ScriptedServer().running() as server:
            yield server

    @pytest.fixture
    def ready(self, vendor):
        return self.build(Clients(), {**self.settings, "port": vendor.port})

    def failure(self, provider, *, seconds=10.0, **message):
        with pytest.raises(ProviderError) as caught:
            provider.send(self.message(**message), self.context(seconds))
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        return caught.value

    @pytest.mark.parametrize("stage", STAGES)
    def test_a_drop_before_the_mail_was_not_an_acceptance(self, ready, vendor, stage):
        vendor.answer = VendorAnswer(headers={"stage": stage}, hang_up=True)
        error = self.failure(ready)
        assert type(error) is NotSent
        assert f"at {stage}" in str(error)

    @pytest.mark.parametrize("stage", STAGES)
    def test_silence_before_the_mail_was_not_an_acceptance(self, ready, vendor, stage):
        vendor.answer = VendorAnswer(headers={"stage": stage}, delay_s=30)
        assert type(self.failure(ready, seconds=0.3)) is NotSent

    def test_a_drop_in_the_middle_of_the_mail_was_not_an_acceptance(self, ready, vendor):
        """The mail is larger than what the kernel would buffer, so that the break shows while it is being sent."""
        vendor.answer = VendorAnswer(headers={"stage": "body"})
        assert type(self.failure(ready, text="all work and no play\n" * 300_000)) is NotSent
        assert vendor.requests == []

    def test_time_that_runs_out_with_the_mail_still_open_was_not_an_acceptance(self, ready, vendor, monkeypatch):
        def slow(session, data):
            original(session, data)
            if CODE in str(data):
                session._deadline = Deadline.after(0)

        original = Session.send
        monkeypatch.setattr(Session, "send", slow)
        assert type(self.failure(ready)) is NotSent
        assert vendor.requests == []

    def test_a_drop_after_the_final_dot_may_have_been_one(self, ready, vendor):
        vendor.answer = VendorAnswer(hang_up=True)
        error = self.failure(ready)
        assert type(error) is OutcomeUnknown
        assert "at dot" in str(error)
        assert len(vendor.requests) == 1

    @pytest.mark.parametrize(("stage", "kind"), [("ehlo", NotSent), ("dot", OutcomeUnknown)])
    def test_a_server_that_drips_does_not_prolong_the_deadline(self, ready, vendor, stage, kind, monkeypatch):
        """Two seconds long, as that is the deadline."""
        vendor.answer = VendorAnswer(status=250, body="x" * 800, headers={"stage": stage})
        original = vendor.reply

        def dripping(at):
            vendor.drip_s = 0.05 if at == stage else 0.0
            return original(at)

        monkeypatch.setattr(vendor, "reply", dripping)
        context = self.context(2.0)
        with pytest.raises(kind):
            ready.send(self.message(), context)
        assert context.deadline.passed
        assert len(vendor.commands) <= 5

    def test_no_time_left_is_no_connection(self, ready, vendor):
        assert type(self.failure(ready, seconds=0.0)) is NotSent
        assert vendor.commands == []

    def test_a_host_name_that_does_not_resolve_was_not_reached(self):
        provider = self.build(Clients(), {"host": "mail.invalid", "sender": "a@acme.example"})
        assert type(self.failure(provider)) is NotSent

    def test_the_steps_are_those_of_the_standard_and_end_with_quit(self, ready, vendor):
        ready.send(self.message(), self.context())
        assert [command.split(" ")[0] for command in vendor.commands[:5]] == ["ehlo", "AUTH", "MAIL", "RCPT", "DATA"]
        assert vendor.commands[0] == "ehlo acme.example"
        assert vendor.commands[2:4] == ["MAIL FROM:<no-reply@acme.example>", "RCPT TO:<jane.roe@example.com>"]

    def test_lines_that_begin_with_a_dot_arrive_with_one_more(self, ready, vendor):
        """Else a line with nothing but a dot would end the mail, and what follows be taken for commands."""
        ready.send(self.message(text="a\n.\nRCPT TO:<eve@example.com>\n..b", html=None), self.context())
        assert b"a\r\n..\r\nRCPT TO:<eve@example.com>\r\n...b\r\n" in vendor.requests[0].body

    def test_a_probe_logs_in_and_sends_nothing(self, ready, vendor):
        ready.probe()
        assert {command.split(" ")[0] for command in vendor.commands} <= {"ehlo", "AUTH", "QUIT"}
        vendor.answer = VendorAnswer(status=535, body="5.7.8 no", headers={"stage": "auth"})
        with pytest.raises(ProviderUnusable):
            ready.probe()
