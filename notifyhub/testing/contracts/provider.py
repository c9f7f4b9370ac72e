"""What every provider must do, as tests to inherit.

A provider's test names the class, working settings and a file with the vendor's documented answers:

```python
class TestSendGrid(ProviderContract):
    provider = SendGrid
    settings = {"api_key": "SG.key", "sender": "Acme <no-reply@acme.example>"}
    answers = Path(__file__).parent / "sendgrid" / "answers.json"
```

The file holds `{"source": …, "answers": [{"name", "status", "headers", "body", "expect"}]}`, where `expect` is
`{"message_id": …}` for an acceptance, else `{"error": "NotSent", "code": …, "retry_after": …}` or
`{"error": "ProviderUnusable", "authentication": true}`; what it does not name is not compared. Everything runs over a
real connection to a loopback server. A provider not reached by HTTP overrides the fixtures `vendor` and `ready`; one
without any vendor inherits `LocalProviderContract`.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from notifyhub.channels import CHANNELS
from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError
from notifyhub.messages import Message
from notifyhub.provider.contract import Provider, ProviderReceipt, ProviderSettings, SendContext
from notifyhub.provider.toolkit import Clients
from notifyhub.secret import Secret
from notifyhub.testing.leaks import assert_absent, traces_of
from notifyhub.testing.openapi import assert_conforms
from notifyhub.testing.vendor_server import VendorAnswer, VendorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = "83920174"
TO = {"email": "jane.roe@example.com", "sms": "+15005550009"}
KEY = "5f" * 32


class Tripwire(Secret):
    """A secret that notices when it is read."""

    __slots__ = ("read",)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.read = False

    def reveal(self) -> str:
        """The text, leaving a trace."""
        self.read = True
        return super().reveal()


class LocalProviderContract:
    """What holds for providers without a vendor too, such as one that writes files; used as `ProviderContract` is."""

    provider: ClassVar[type[Provider]]
    settings: ClassVar[dict[str, Any]]
    credentials: ClassVar[tuple[str, ...]] = ()
    """Texts among the settings that must show nowhere."""

    @pytest.fixture
    def ready(self) -> Provider:
        """The provider with the settings of the test."""
        return self.build(Clients(), self.settings)

    @pytest.fixture
    def willing(self, ready: Provider) -> Provider:
        """The provider, about to accept what it is given."""
        return ready

    def build(self, clients: Clients, table: dict[str, Any]) -> Provider:
        """The provider over real clients."""
        return self.provider(self.provider.Settings.model_validate(table), clients.toolkit(self.provider.name))

    def message(self, **changes: Any) -> Message:
        """A message for the provider's first channel, unless `channel` says otherwise."""
        channel = changes.get("channel", self.provider.channels[0])
        mail = {"subject": "Your code", "html": f"<p>Your code is <b>{CODE}</b></p>"} if channel == "email" else {}
        values = {"channel": channel, "to": TO[channel], "trigger": "SignUp", "text": f"Your code is {CODE}", **mail}
        return Message(**{**values, "secret": Tripwire(CODE), **changes})

    def context(self, seconds: float = 10.0, **changes: Any) -> SendContext:
        """What the dispatcher would hand over."""
        return SendContext(**{"deadline": Deadline.after(seconds), "idempotency_key": KEY, **changes})

    def test_the_class_says_what_the_registry_needs_to_know(self) -> None:
        assert self.provider.name.isidentifier()
        assert self.provider.name.islower()
        assert self.provider.channels
        assert set(self.provider.channels) <= set(CHANNELS)
        assert issubclass(self.provider.Settings, ProviderSettings)

    def test_settings_refuse_a_misspelt_key_and_show_no_credential(self) -> None:
        with pytest.raises(ValueError, match="no_such_key"):
            self.provider.Settings.model_validate({**self.settings, "no_such_key": "x"})
        shown = repr(self.provider.Settings.model_validate(self.settings))
        for credential in self.credentials:
            assert credential in json.dumps(self.settings), "credentials must be among the settings"
            assert credential not in shown

    def test_the_bare_secret_is_read_only_if_declared(self, willing: Provider) -> None:
        secret = Tripwire(CODE)
        willing.send(self.message(secret=secret), self.context())
        assert secret.read is self.provider.capabilities.needs_secret

    def test_every_channel_is_sent_and_the_receipt_tells_nothing(
        self, willing: Provider, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        for channel in self.provider.channels:
            receipt = willing.send(self.message(channel=channel), self.context())
            assert isinstance(receipt, ProviderReceipt)
            assert_absent([CODE, TO[channel], *self.credentials], [*traces_of(receipt), caplog.text, repr(willing)])


class ProviderContract(LocalProviderContract):
    """Inherit it, set the attributes, add what is particular to the vendor; override none of its tests."""

    answers: ClassVar[Path]
    openapi: ClassVar[tuple[str, str] | None] = None
    """A vendor's description and the path in it, such as `("sendgrid.json", "/v3/mail/send")`."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test per documented answer."""
        if "documented" in metafunc.fixturenames:
            cases = json.loads(self.answers.read_text(encoding="utf-8"))["answers"]
            metafunc.parametrize("documented", cases, ids=[case["name"] for case in cases])

    @pytest.fixture
    def vendor(self) -> Iterator[VendorServer]:
        """The vendor on loopback."""
        with VendorServer().running() as server:
            yield server

    @pytest.fixture
    def ready(self, vendor: VendorServer) -> Iterator[Provider]:
        """The provider, pointed at the loopback vendor."""
        clients = Clients()
        yield self.build(clients, {**self.settings, "base_url": vendor.url})
        clients.http.close()

    @pytest.fixture
    def willing(self, ready: Provider, vendor: VendorServer) -> Provider:
        """The provider, with a vendor that accepts."""
        vendor.answer = self.accepting()
        return ready

    def accepting(self) -> VendorAnswer:
        """The first documented acceptance."""
        cases = json.loads(self.answers.read_text(encoding="utf-8"))["answers"]
        return _answer(next(case for case in cases if "error" not in case["expect"]))

    def test_documented_answers_become_their_receipt_or_error(
        self, ready: Provider, vendor: VendorServer, documented: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        vendor.answer = _answer(documented)
        outcome = _send(ready, self.message(), self.context())
        _compare(outcome, documented["expect"])
        traces = [*traces_of(outcome), caplog.text, repr(ready)]
        assert_absent([CODE, TO[self.provider.channels[0]], *self.credentials], traces)

    def test_one_send_is_one_request_that_carries_the_code(self, ready: Provider, vendor: VendorServer) -> None:
        vendor.answer = self.accepting()
        ready.send(self.message(), self.context())
        assert len(vendor.requests) == 1
        assert CODE in vendor.requests[0].body.decode()

    def test_a_server_error_is_not_repeated_by_the_provider(self, ready: Provider, vendor: VendorServer) -> None:
        vendor.answer = VendorAnswer(status=500, body="oops")
        assert isinstance(_send(ready, self.message(), self.context()), ProviderError)
        assert len(vendor.requests) == 1

    def test_the_idempotency_key_is_sent_if_declared(self, ready: Provider, vendor: VendorServer) -> None:
        vendor.answer = self.accepting()
        ready.send(self.message(), self.context())
        request = vendor.requests[0]
        sent = KEY in request.body.decode() or KEY in request.headers.values()
        assert sent is (self.provider.capabilities.idempotency is not None)

    def test_an_answer_that_is_no_json_is_an_outcome_like_any_other(
        self, ready: Provider, vendor: VendorServer
    ) -> None:
        for status in (200, 400, 502):
            vendor.answer = VendorAnswer(status=status, body="<html>gateway", headers={"content-type": "text/html"})
            outcome = _send(ready, self.message(), self.context())
            assert isinstance(outcome, ProviderReceipt | ProviderError)
            if status != 200:
                assert isinstance(outcome, ProviderError)

    def test_a_vendor_that_hangs_up_leaves_the_outcome_unknown(self, ready: Provider, vendor: VendorServer) -> None:
        vendor.answer = VendorAnswer(hang_up=True)
        assert isinstance(_send(ready, self.message(), self.context()), OutcomeUnknown)

    def test_a_vendor_that_is_silent_leaves_the_outcome_unknown_in_time(
        self, ready: Provider, vendor: VendorServer
    ) -> None:
        vendor.answer = VendorAnswer(delay_s=30)
        began = time.monotonic()
        assert isinstance(_send(ready, self.message(), self.context(seconds=1.0)), OutcomeUnknown)
        assert time.monotonic() - began < 10

    def test_a_vendor_that_drips_is_left_at_the_deadline_if_that_is_declared(
        self, ready: Provider, vendor: VendorServer
    ) -> None:
        """A byte now and then is within every time-out of a library, and would hold the function for ever."""
        if not self.provider.capabilities.keeps_deadline:
            pytest.skip(f"{self.provider.name} does not declare keeps_deadline: its calls have threads of their own")
        vendor.answer = replace(self.accepting(), drip_s=0.1, headers={"x-padding": "x" * 300})
        began = time.monotonic()
        assert isinstance(_send(ready, self.message(), self.context(seconds=0.5)), OutcomeUnknown)
        assert time.monotonic() - began < 10

    def test_a_vendor_that_is_down_was_surely_not_reached(self, ready: Provider, vendor: VendorServer) -> None:
        vendor.close()
        assert isinstance(_send(ready, self.message(), self.context()), NotSent)

    def test_the_request_conforms_to_the_vendors_own_description(self, ready: Provider, vendor: VendorServer) -> None:
        if self.openapi is None:
            pytest.skip(f"{self.provider.name}: no description of the vendor's API is named")
        vendor.answer = self.accepting()
        ready.send(self.message(), self.context())
        assert_conforms(vendor.requests[0], *self.openapi)


def _answer(case: dict[str, Any]) -> VendorAnswer:
    return VendorAnswer(status=case["status"], headers=case.get("headers", {}), body=case.get("body", ""))


def _send(provider: Provider, message: Message, context: SendContext) -> ProviderReceipt | ProviderError:
    try:
        return provider.send(message, context)
    except ProviderError as error:
        return error


def _compare(outcome: ProviderReceipt | ProviderError, expected: dict[str, Any]) -> None:
    if isinstance(outcome, ProviderReceipt):
        assert {"message_id": outcome.message_id} == expected
        return
    facts = {
        "error": type(outcome).__name__,
        "code": outcome.code,
        "retry_after": getattr(outcome, "retry_after", None),
        "authentication": getattr(outcome, "authentication", None),
    }
    assert {name: facts[name] for name in expected} == expected
