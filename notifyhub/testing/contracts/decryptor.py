"""What every decryptor must do, as tests to inherit: the right secret, or an error that shows nothing of it.

A decryptor's test gives two keys, and a decryptor over the first of them with and without `allow_missing_pool_id`:

```python
class TestLocalKey(DecryptorContract):
    @pytest.fixture
    def key(self):
        return make_local_key()

    @pytest.fixture
    def other_key(self):
        return make_local_key()

    @pytest.fixture
    def decryptor(self, key):
        return LocalKeyDecryptor(key)

    @pytest.fixture
    def lenient(self, key):
        return LocalKeyDecryptor(key, allow_missing_pool_id=True)
```
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from notifyhub.deadline import Deadline
from notifyhub.errors import DecryptionError
from notifyhub.events import parse_event
from notifyhub.events.triggers import TAKE_OVER, source_names
from notifyhub.secret import Secret
from notifyhub.testing.ciphertexts import CODE, Layout, encode, encrypt, event_with, flip_bit
from notifyhub.testing.forge import forge_event
from notifyhub.testing.leaks import assert_absent, traces_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.decryption.decryptor import Decryptor

    Refusal = Callable[..., tuple[str, str]]

WITH_CODE = [source for source in source_names() if not source.endswith(TAKE_OVER)]
"""The sources whose events carry a code."""


class DecryptorContract:
    """Inherit it and provide the four fixtures; override none of its tests."""

    @pytest.fixture
    def key(self) -> Any:
        """The key of the pool: raw bytes, or a master key of the AWS Encryption SDK."""
        raise NotImplementedError

    @pytest.fixture
    def other_key(self) -> Any:
        """A key that the decryptor is not configured with."""
        raise NotImplementedError

    @pytest.fixture
    def decryptor(self) -> Decryptor:
        """The decryptor under test, over `key`."""
        raise NotImplementedError

    @pytest.fixture
    def lenient(self) -> Decryptor:
        """The same with `allow_missing_pool_id`."""
        raise NotImplementedError

    @pytest.fixture
    def refusal(self, decryptor: Decryptor, caplog: pytest.LogCaptureFixture) -> Refusal:
        """Decrypts what cannot be decrypted; gives the check and the message, neither of which shows a secret."""

        def refuse(event: Any, *, by: Decryptor = decryptor, deadline: Deadline | None = None) -> tuple[str, str]:
            caplog.set_level(logging.DEBUG)
            with pytest.raises(DecryptionError) as caught:
                by.decrypt(event, deadline or Deadline.never())
            error = caught.value
            assert (error.__context__, error.__cause__) == (None, None)
            assert_absent([CODE, *_pieces(event.ciphertext or "")], [*traces_of(error), caplog.text])
            return error.check, str(error)

        return refuse

    @pytest.mark.parametrize("source", WITH_CODE)
    def test_every_source_that_carries_a_code_gives_its_secret(
        self, decryptor: Decryptor, key: Any, source: str
    ) -> None:
        event = parse_event(forge_event(source, key, code=CODE))
        secret = decryptor.decrypt(event, Deadline.after(60))
        assert isinstance(secret, Secret)
        assert secret.reveal() == CODE

    @pytest.mark.parametrize(
        ("sent", "read"),
        [
            ("&lt;&gt;&quot;&#39;&amp;", "<>\"'&"),
            ("&amp;lt;", "&lt;"),
            ("&amp;amp;amp;", "&amp;amp;"),
            ("x&notb1", "x&notb1"),
            ("&lt &LT; &#x27; &apos; &#60; &", "&lt &LT; &#x27; &apos; &#60; &"),
        ],
    )
    def test_a_temporary_password_is_unescaped_in_one_pass_and_no_further(
        self, decryptor: Decryptor, key: Any, sent: str, read: str
    ) -> None:
        event = event_with(encode(encrypt(sent.encode(), key)), source="CustomEmailSender_AdminCreateUser")
        assert decryptor.decrypt(event, Deadline.never()).reveal() == read

    def test_a_forged_temporary_password_arrives_as_it_was_chosen(self, decryptor: Decryptor, key: Any) -> None:
        event = parse_event(forge_event("CustomSMSSender_AdminCreateUser", key, code="&lt;<\"'>&amp;&"))
        assert decryptor.decrypt(event, Deadline.never()).reveal() == "&lt;<\"'>&amp;&"

    def test_other_secrets_are_not_unescaped(self, decryptor: Decryptor, key: Any) -> None:
        event = event_with(encode(encrypt(b"&lt;&amp;lt;", key)))
        assert decryptor.decrypt(event, Deadline.never()).reveal() == "&lt;&amp;lt;"

    def test_a_secret_may_be_any_text(self, decryptor: Decryptor, key: Any) -> None:
        text = "pässwörd 🔑 " + "x" * 10_000
        event = event_with(encode(encrypt(text.encode(), key)))
        assert decryptor.decrypt(event, Deadline.never()).reveal() == text

    def test_a_secret_for_another_pool_is_refused(
        self, refusal: Refusal, key: Any, decryptor: Decryptor, lenient: Decryptor
    ) -> None:
        event = event_with(encode(encrypt(CODE.encode(), key)), pool_id="eu-west-1_Another00")
        for by in (decryptor, lenient):
            check, message = refusal(event, by=by)
            assert check == "pool_id"
            assert "another user pool" in message

    @pytest.mark.parametrize("context", [{}, {"userpool": "eu-west-1_AbCdEfGhI"}], ids=["none", "another name"])
    def test_a_secret_for_no_pool_is_refused_unless_that_is_allowed(
        self, refusal: Refusal, key: Any, lenient: Decryptor, context: dict[str, str]
    ) -> None:
        event = event_with(encode(encrypt(CODE.encode(), key, context=context)))
        check, message = refusal(event)
        assert check == "pool_id"
        assert "decryption.allow_missing_pool_id = true" in message
        assert lenient.decrypt(event, Deadline.never()).reveal() == CODE

    def test_a_secret_under_another_key_is_refused(self, refusal: Refusal, other_key: Any) -> None:
        check, message = refusal(event_with(encode(encrypt(CODE.encode(), other_key))))
        assert check == "key"
        assert "LambdaConfig.KMSKeyID" in message

    def test_a_secret_under_two_data_keys_is_refused(self, refusal: Refusal, key: Any, other_key: Any) -> None:
        for keys in ([key, other_key], [other_key, key]):
            check, message = refusal(event_with(encode(encrypt(CODE.encode(), *keys))))
            assert check == "data_keys"
            assert "more than the one data key" in message

    def test_a_committing_message_is_as_good_but_needs_its_pool_too(
        self, decryptor: Decryptor, refusal: Refusal, key: Any
    ) -> None:
        """Emulators write them."""
        event = event_with(encode(encrypt(CODE.encode(), key, committing=True)))
        assert decryptor.decrypt(event, Deadline.never()).reveal() == CODE
        assert refusal(event_with(encode(encrypt(CODE.encode(), key, committing=True, context={}))))[0] == "pool_id"

    @pytest.mark.parametrize(
        "ciphertext", ["%%%", "AYAD", "AYADe", "AYA\nD", "AYADé===", "839201", "\ud800"], ids=ascii
    )
    def test_what_is_no_message_at_all_is_refused(self, refusal: Refusal, ciphertext: str) -> None:
        check, message = refusal(event_with(ciphertext))
        assert check in {"encoding", "format"}
        assert "Cognito sent it" in message or "AWS Encryption SDK message" in message

    def test_what_is_not_base64_is_told_so(self, refusal: Refusal, key: Any) -> None:
        check, message = refusal(event_with(encode(encrypt(CODE.encode(), key)) + "\n"))
        assert check == "encoding"
        assert "not base64" in message

    @pytest.mark.parametrize("ciphertext", ["", "===="])
    def test_nothing_is_refused(self, refusal: Refusal, ciphertext: str) -> None:
        assert refusal(event_with(ciphertext))[0] in {"encoding", "format"}

    def test_a_secret_that_is_no_text_is_refused(self, refusal: Refusal, key: Any) -> None:
        check, message = refusal(event_with(encode(encrypt(CODE.encode() + b"\xff", key))))
        assert check == "text"
        assert "not UTF-8" in message

    def test_without_time_nothing_is_tried(self, refusal: Refusal, key: Any) -> None:
        check, message = refusal(event_with(encode(encrypt(CODE.encode(), key))), deadline=Deadline.after(0))
        assert check == "deadline"
        assert "raise the function's time-out" in message

    def test_a_message_that_ends_early_is_refused_wherever_it_ends(self, refusal: Refusal, key: Any) -> None:
        message = encrypt(CODE.encode(), key)
        for region in Layout(message).regions:
            for end in {region.start, (region.start + region.end) // 2, region.end - 1}:
                assert refusal(event_with(encode(message[:end])))[0] in {"format", "integrity", "key"}, region

    def test_a_bit_that_is_flipped_is_noticed_in_every_region(self, refusal: Refusal, key: Any) -> None:
        message = encrypt(CODE.encode(), key)
        for region in Layout(message).regions:
            event = event_with(encode(flip_bit(message, (region.start + region.end) // 2)))
            assert refusal(event)[0] in {"format", "integrity", "key", "data_keys"}, region


def _pieces(ciphertext: str) -> list[str]:
    """Parts of the ciphertext that could not show by chance."""
    return [ciphertext[at : at + 24] for at in range(0, len(ciphertext) - 24, 48)]
