"""Tables of the configuration, and the kinds of values in them."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr, ValidationError

from notifyhub.redaction.validation_errors import find_problems
from notifyhub.settings.fields import BaseUrl, CallbackUrl, FilePath, MailSender, is_loopback
from notifyhub.settings.section import Section
from notifyhub.testing import assert_absent

CANARY = "c4n4ry"


class Inner(Section):
    name: str = ""


class Table(Section):
    url: BaseUrl = "https://api.acme.example"
    callback: CallbackUrl = "https://acme.example"
    sender: MailSender = "no-reply@acme.example"
    path: FilePath = Path("templates")
    key: SecretStr | None = None
    text: str = ""
    names: tuple[str, ...] = ()
    pools: list[str] | None = None
    brands: Annotated[list[str], Field(max_length=9)] | None = None
    numbers: set[int] = set()
    inner: Inner = Inner()
    inners: tuple[Inner, ...] = ()
    matches: dict[str, str] = {}


def refusal(**fields):
    """What is wrong, in words that do not quote the value."""
    with pytest.raises(ValidationError) as caught:
        Table.model_validate(fields)
    found = find_problems(caught.value, prefix="table")
    assert_absent([CANARY], [*map(str, found), str(caught.value)])
    return str(found[0])


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.acme.example", "https://api.acme.example"),
        ("https://api.acme.example/v3/", "https://api.acme.example/v3"),
        (" https://api.acme.example// ", "https://api.acme.example"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url_is_https_or_loopback_and_ends_in_no_slash(url, kept):
    assert Table(url=url).url == kept


@pytest.mark.parametrize(
    "url",
    [
        f"http://{CANARY}.example",
        f"ftp://{CANARY}.example",
        f"{CANARY}.example",
        f"//{CANARY}.example",
        "https:///path",
        "http://127.0.0.1.acme.example",
        "http://localhost.acme.example",
        "http://10.0.0.1",
        f"https://[{CANARY}",
        f"https://user:{CANARY}@acme℀.example",
    ],
)
def test_another_base_url_is_refused_without_quoting_it(url):
    assert refusal(url=url) == "table.url: write an https:// address; plain http:// is for loopback only"


@pytest.mark.parametrize(
    "url", [f"https://u:{CANARY}@a.example", f"https://u:{CANARY}@a℀.example", f"https:/\t/{CANARY}@a"]
)
def test_a_callback_s_address_holds_no_credentials(url):
    assert refusal(callback=url).startswith("table.callback: ")
    assert Table(callback="https://a.example/?to=a@b").callback == "https://a.example/?to=a@b"


def test_a_base_url_holds_no_credentials_however_it_is_written():
    for url in (f"https://{CANARY}@a.example", f"https://u:{CANARY}@a.example/", f"https:/\n/{CANARY}@a.example"):
        assert refusal(url=url) == "table.url: leave out what stands before the @: it must hold no credentials"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("acme.example", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(host, loopback):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    "sender", ["a@b.example", "Acme <a@b.example>", "Café <a@b.example>", '"Acme, Inc." <a@b.example>']
)
def test_a_mail_sender_is_kept_as_written(sender):
    """Encoded for a mail header it would be encoded twice by who writes one, and shown so by who writes JSON."""
    assert Table(sender=sender).sender == sender


@pytest.mark.parametrize(
    ("sender", "words"),
    [
        (f"{CANARY}", "write a mail address"),
        (f"{CANARY} <>", "write a mail address"),
        (f"{CANARY} <a@b.example>\nBcc: {CANARY}@c.example", "write a mail address"),
        (f"{CANARY}é@b.example", "write the address in ASCII"),
        (f"a@{CANARY}é.example", "write the address in ASCII"),
    ],
)
def test_another_sender_is_refused_without_quoting_it(sender, words):
    assert refusal(sender=sender).startswith(f"table.sender: {words}")


def test_a_relative_path_starts_at_the_configuration_file(tmp_path):
    context = {"folder": tmp_path}
    assert Table.model_validate({"path": "mail/x"}, context=context).path == tmp_path / "mail/x"
    assert Table.model_validate({"path": "/srv/x"}, context=context).path == Path("/srv/x")
    assert Table.model_validate({"path": "mail/x"}).path == Path("mail/x")
    assert Table.model_validate({"path": "~/x"}, context=context).path == Path("~/x").expanduser()


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"names": "a, b ,,c"}, ("a", "b", "c")),
        ({"names": ' ["a", "b,c"] '}, ("a", "b,c")),
        ({"names": "a"}, ("a",)),
        ({"names": ""}, ()),
        ({"names": ["a,b"]}, ("a,b",)),
        ({"pools": "a,b"}, ["a", "b"]),
        ({"pools": None}, None),
        ({"brands": "a,b"}, ["a", "b"]),
        ({"numbers": "1,2"}, {1, 2}),
        ({"numbers": "[1, 2]"}, {1, 2}),
        ({"inner": '{"name": "x"}'}, Inner(name="x")),
        ({"inners": '[{"name": "x"}, {"name": "y"}]'}, (Inner(name="x"), Inner(name="y"))),
        ({"matches": '{"a": "b"}'}, {"a": "b"}),
        ({"text": "a,b"}, "a,b"),
        ({"text": '["a"]'}, '["a"]'),
        ({"text": "  a  "}, "a"),
        ({"key": SecretStr("[a,b]")}, SecretStr("[a,b]")),
    ],
    ids=str,
)
def test_text_of_the_environment_becomes_what_the_field_holds(fields, read):
    assert getattr(Table.model_validate(fields), next(iter(fields))) == read


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"names": f"[{CANARY}"}, "table.names: this is not valid JSON"),
        ({"matches": CANARY}, "table.matches: this is not valid JSON"),
        ({"matches": f'["{CANARY}"]'}, "table.matches: must be a table"),
        ({"inner": CANARY}, "table.inner: this is not valid JSON"),
        ({"inner": {"nam": CANARY}}, "table.inner.nam: is not a known key"),
        ({"inners": f'[{{"name": ["{CANARY}"]}}]'}, "table.inners.0.name: must be a text"),
        ({"names": {CANARY: CANARY}}, "table.names: must be a list"),
        ({"text": {CANARY: CANARY}}, "table.text: must be a text"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named_by_its_path_and_not_quoted(fields, words):
    assert refusal(**fields) == words


def test_a_table_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Table().text = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    "url", [f"https://user:{CANARY}@a.example", f"https://{CANARY}@a.example/", "http://u:p@[::1]:80"]
)
def test_a_base_url_holds_no_credentials_since_settings_show_it(url):
    assert refusal(url=url) == "table.url: leave out what stands before the @: it must hold no credentials"


def test_a_base_url_may_hold_the_sign_elsewhere():
    assert Table(url="https://a.example/@acme").url == "https://a.example/@acme"
