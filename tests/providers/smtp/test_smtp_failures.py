"""What each error of smtplib, ssl and socket says of the mail, before its final dot has left and after."""

import builtins
import smtplib
import socket
import ssl
from types import ModuleType
from typing import Any

import pytest

from notifyhub.deadline import Deadline
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, RefusedHere
from notifyhub.messages import Message
from notifyhub.provider import SendContext
from notifyhub.provider.toolkit import Clients
from notifyhub.testing import assert_absent, traces_of
from notifyhub_providers._smtp_session import Session
from notifyhub_providers.smtp import Smtp

CANARY = "c4n4ry"
BROKEN, UNWRITABLE = (NotSent, OutcomeUnknown), (RefusedHere, OutcomeUnknown)
"""The verdicts before the dot and after: a connection that broke, and what could not be put into bytes."""

JUDGED: dict[ModuleType, dict[Any, str]] = {
    smtplib: {
        BROKEN: """
            SMTPException SMTPServerDisconnected SMTPResponseException
            SMTPConnectError SMTPHeloError SMTPAuthenticationError SMTPSenderRefused SMTPRecipientsRefused SMTPDataError
            SMTPNotSupportedError
            """,
    },
    ssl: {
        BROKEN: """
            SSLError SSLZeroReturnError SSLWantReadError SSLWantWriteError SSLSyscallError SSLEOFError
            SSLCertVerificationError CertificateError socket_error
            """,
    },
    socket: {BROKEN: "error gaierror herror timeout"},
    builtins: {
        BROKEN: """
            OSError EnvironmentError IOError BlockingIOError ChildProcessError ConnectionError BrokenPipeError
            ConnectionAbortedError ConnectionRefusedError ConnectionResetError FileExistsError FileNotFoundError
            InterruptedError IsADirectoryError NotADirectoryError PermissionError ProcessLookupError TimeoutError
            """,
        UNWRITABLE: "ValueError UnicodeError UnicodeEncodeError UnicodeDecodeError UnicodeTranslateError",
    },
}
"""smtplib's own refusals are never raised by the steps that a session takes; were they, a reply would have been given,
and it would have been judged. After the dot nothing but that reply tells what became of the mail."""
CASES = [
    pytest.param(getattr(module, name), verdicts, id=f"{module.__name__}.{name}")
    for module, table in JUDGED.items()
    for verdicts, names in table.items()
    for name in names.split()
]


def errors_of(module):
    found = {name: each for name, each in vars(module).items() if isinstance(each, type) and name[0] != "_"}
    relevant = (OSError, ValueError) if module is builtins else Exception
    return {name for name, each in found.items() if issubclass(each, relevant)}


@pytest.mark.parametrize("module", JUDGED, ids=lambda module: module.__name__)
def test_every_error_was_judged_on_purpose(module):
    """A new class of a library is a reason to think, and then to list it above."""
    listed = [name for names in JUDGED[module].values() for name in names.split()]
    assert errors_of(module) == set(listed)
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(("error_class", "verdicts"), CASES)
def test_every_error_becomes_its_verdict_before_the_dot_and_after(error_class, verdicts, monkeypatch):
    found = tuple(type(failed(raised(error_class), stage, monkeypatch)) for stage in ("data", "dot"))
    assert found == verdicts


@pytest.mark.parametrize("stage", ["connect", "ehlo", "starttls", "login", "auth", "mail", "rcpt", "data", "dot"])
def test_the_step_decides_whether_the_mail_may_have_been_taken(stage, monkeypatch):
    for error_class, verdicts in ((ConnectionResetError, BROKEN), (UnicodeEncodeError, UNWRITABLE)):
        failure = failed(raised(error_class), stage, monkeypatch)
        assert type(failure) is verdicts[stage == "dot"]
        assert f"at {stage}" in str(failure)


def raised(error_class):
    error = error_class.__new__(error_class)
    error.args = (550, CANARY)
    return error


def failed(error, stage, monkeypatch):
    def fail(session):
        session.stage = stage
        raise error

    monkeypatch.setattr(Session, "open", fail)
    settings = Smtp.Settings(host="127.0.0.1", security="none", sender="a@acme.example")
    message = Message(channel="email", to="jane.roe@example.com", trigger="SignUp", subject="Code", text="83920174")
    with pytest.raises(ProviderError) as caught:
        Smtp(settings, Clients().toolkit("smtp")).send(
            message, SendContext(deadline=Deadline.after(5), idempotency_key="5f" * 32)
        )
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    assert_absent([CANARY], traces_of(caught.value))
    return caught.value
