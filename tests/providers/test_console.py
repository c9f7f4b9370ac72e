import io
import sys
import threading

import pytest

from notifyhub.errors import ProviderUnusable
from notifyhub.testing.contracts.provider import CODE, LocalProviderContract
from notifyhub_providers.console import Console


class TestConsole(LocalProviderContract):
    provider = Console
    settings = {}

    def test_a_mail_is_one_readable_block(self, ready, capsys):
        ready.send(self.message(sender="Acme <a@acme.example>", reply_to="help@acme.example"), self.context())
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("── email · SignUp ──")
        assert lines[1:] == [
            "From: Acme <a@acme.example>",
            "To: jane.roe@example.com",
            "Reply-To: help@acme.example",
            "Subject: Your code",
            "",
            f"Your code is {CODE}",
            "",
        ]

    def test_an_sms_is_one_too(self, ready, capsys):
        ready.send(self.message(channel="sms"), self.context())
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("── sms · SignUp ──")
        assert lines[1:] == ["To: +15005550009", "", f"Your code is {CODE}", ""]

    def test_a_mail_without_a_text_shows_its_html(self, ready, capsys):
        ready.send(self.message(text=""), self.context())
        assert CODE in capsys.readouterr().out

    def test_it_is_for_development_only(self):
        assert self.provider.capabilities.development_only

    def test_a_message_cannot_steer_the_terminal_or_fake_a_line_of_the_head(self, ready, capsys):
        ready.send(self.message(subject="a\x1b[2J\nTo: eve", text="one\ttwo\nthree\x9b31m\r"), self.context())
        shown = capsys.readouterr().out
        assert "Subject: a�[2J�To: eve\n" in shown
        assert "one\ttwo\nthree�31m�\n" in shown

    def test_a_terminal_of_another_encoding_shows_what_it_can(self, ready, monkeypatch):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
        ready.send(self.message(text="Grüße"), self.context())
        assert b"Gr\\xfc\\xdfe" in raw.getvalue()

    def test_output_that_nobody_reads_is_an_unusable_provider(self, ready, monkeypatch):
        closed = io.StringIO()
        closed.close()
        monkeypatch.setattr(sys, "stdout", closed)
        with pytest.raises(ProviderUnusable, match="standard output") as caught:
            ready.send(self.message(), self.context())
        assert caught.value.__context__ is None

    def test_blocks_of_many_threads_stay_whole(self, ready, capsys):
        text = "\n".join(["x" * 50] * 20)
        threads = [
            threading.Thread(target=ready.send, args=(self.message(text=text), self.context())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert capsys.readouterr().out.count(f"\n\n{text}\n\n") == 8
