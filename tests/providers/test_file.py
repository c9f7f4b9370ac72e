import errno
import stat
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from notifyhub.errors import ProviderUnusable, UnsupportedContent
from notifyhub.provider.toolkit import Clients
from notifyhub.testing.contracts.provider import CODE, KEY, TO, LocalProviderContract
from notifyhub_providers.file import File

EML = "SignUp.email.5f5f5f5f5f5f5f5f.eml"
TXT = "SignUp.sms.5f5f5f5f5f5f5f5f.txt"


class TestFile(LocalProviderContract):
    provider = File
    settings = {"path": "outbox"}

    @pytest.fixture
    def folder(self, tmp_path):
        return tmp_path / "new" / "outbox"

    @pytest.fixture
    def ready(self, folder):
        return self.build(Clients(), {"path": str(folder)})

    def test_a_mail_is_a_file_that_mail_programs_open(self, ready, folder):
        receipt = ready.send(self.message(sender="Bücher <info@acme.example>"), self.context())
        mail = message_from_bytes((folder / EML).read_bytes(), policy=policy.default)
        assert receipt.message_id == EML
        assert (mail["From"], mail["To"], mail["Subject"]) == ("Bücher <info@acme.example>", TO["email"], "Your code")
        assert [CODE in part.get_content() for part in mail.iter_parts()] == [True, True]
        assert not mail.defects

    def test_a_mail_without_a_sender_names_one_that_cannot_exist(self, ready, folder):
        ready.send(self.message(), self.context())
        assert b"no-reply@notifyhub.invalid" in (folder / EML).read_bytes()

    def test_an_sms_is_a_text_file(self, ready, folder):
        receipt = ready.send(self.message(channel="sms", sender="Acme"), self.context())
        assert receipt.message_id == TXT
        assert (folder / TXT).read_text() == f"From: Acme\nTo: {TO['sms']}\nTrigger: SignUp\n\nYour code is {CODE}\n"

    def test_it_is_for_development_only(self):
        assert self.provider.capabilities.development_only

    def test_only_the_owner_may_read_folder_and_files(self, ready, folder):
        ready.send(self.message(), self.context())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / EML).stat().st_mode) == 0o600

    def test_another_attempt_replaces_the_file_and_another_message_does_not(self, ready, folder):
        for code in ("111111", "222222"):
            ready.send(self.message(channel="sms", text=code), self.context())
        ready.send(self.message(channel="sms"), self.context(idempotency_key="a1" * 32))
        ready.send(self.message(channel="sms", trigger="ForgotPassword"), self.context())
        assert sorted(path.name for path in folder.iterdir()) == [
            "ForgotPassword.sms.5f5f5f5f5f5f5f5f.txt",
            TXT,
            "SignUp.sms.a1a1a1a1a1a1a1a1.txt",
        ]
        assert "222222" in (folder / TXT).read_text()

    def test_no_name_leads_out_of_the_folder(self, ready, folder):
        receipt = ready.send(self.message(channel="sms", trigger="../../etc/\x00x"), self.context())
        assert [path.name for path in folder.iterdir()] == [receipt.message_id]
        assert receipt.message_id == f"______etc__x.sms.{KEY[:16]}.txt"

    def test_half_a_character_does_not_keep_an_sms_from_being_written(self, ready, folder):
        ready.send(self.message(channel="sms", text="\ud83d"), self.context())
        assert "\\ud83d" in (folder / TXT).read_text()

    def test_what_mail_cannot_express_is_unsupported(self, ready, folder):
        with pytest.raises(UnsupportedContent):
            ready.send(self.message(to="nobody"), self.context())
        assert not folder.exists()

    def test_a_path_that_is_a_file_is_unusable(self, ready, folder):
        folder.parent.mkdir()
        folder.write_text("")
        self.assert_unusable(ready, "EEXIST")

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
    def test_a_disk_that_refuses_is_unusable_and_leaves_nothing_behind(self, ready, folder, monkeypatch, code):
        def refuse(path, target):
            raise OSError(code, "the disk's own words", str(target))

        monkeypatch.setattr(Path, "replace", refuse)
        self.assert_unusable(ready, errno.errorcode[code])
        assert list(folder.iterdir()) == []

    def test_a_path_that_can_be_none_is_unusable(self, tmp_path):
        self.assert_unusable(self.build(Clients(), {"path": str(tmp_path / "out\0box")}), "EINVAL")

    def assert_unusable(self, provider, code):
        with pytest.raises(ProviderUnusable, match="the folder of `path`") as caught:
            provider.send(self.message(), self.context())
        assert caught.value.code == code
        assert caught.value.__context__ is None

    def test_a_relative_path_starts_at_the_configuration_file(self, tmp_path):
        settings = File.Settings.model_validate(self.settings, context={"folder": tmp_path})
        assert settings.path == tmp_path / "outbox"
