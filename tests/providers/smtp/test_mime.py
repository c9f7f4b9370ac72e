"""The letters that SMTP sends and that files hold."""

import email.policy
from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifyhub.errors import UnsupportedContent
from notifyhub.messages import Message
from notifyhub.provider.toolkit import Clients
from notifyhub_providers._mime import LetterWriter, ascii_domain
from notifyhub_providers.smtp import Smtp

KEY = "5f" * 32
SENDER = "Acme <no-reply@acme.example>"
HEADERS = ["Date", "Message-ID", "From", "To", "Subject", "MIME-Version", "Content-Type"]
NEWLINES = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00"]
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


def write(sender=SENDER, **changes):
    settings = Smtp.Settings(host="127.0.0.1", security="none", sender="unused@acme.example")
    writer = LetterWriter(Smtp(settings, Clients().toolkit("smtp")), sender)
    values = {
        "channel": "email",
        "to": "jane.roe@example.com",
        "trigger": "SignUp",
        "subject": "Code",
        "text": "83920174",
    }
    return writer.write(Message(**{**values, **changes}), KEY)


def parsed(letter):
    return message_from_bytes(letter.content, policy=email.policy.default)


def fields(letter):
    """The names and values as they stand in the letter, unfolded."""
    head = letter.content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t")
    return [tuple(line.decode().split(": ", 1)) for line in head.split(b"\r\n")]


def test_text_and_html_are_alternatives_with_the_html_last():
    mail = parsed(write(text="Grüße\n\n83920174\n", html="<p>Grüße</p>"))
    plain, html = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    assert (plain.get_content(), plain.get_content_type()) == ("Grüße\r\n\r\n83920174\r\n", "text/plain")
    assert (html.get_content(), html.get_content_type()) == ("<p>Grüße</p>\r\n", "text/html")
    assert not mail.defects


@pytest.mark.parametrize(
    ("parts", "kind"), [({"text": "a"}, "plain"), ({"text": "", "html": "b"}, "html"), ({"text": ""}, "plain")]
)
def test_one_part_is_no_alternative(parts, kind):
    assert parsed(write(**parts)).get_content_type() == f"text/{kind}"


def test_a_repeated_attempt_is_the_same_letter_but_for_its_date():
    first, second = write(html="<b>x</b>"), write(html="<b>x</b>")
    assert first.message_id == second.message_id == f"<{KEY[:32]}@acme.example>"
    assert first.content.partition(b"\r\n")[2] == second.content.partition(b"\r\n")[2]


def test_the_senders_domain_is_that_of_the_message_id_and_of_the_envelope():
    letter = write(sender="Bücher <info@bücher.example>", reply_to='"Hilfe, die" <hilfe@bücher.example>')
    assert letter.message_id.endswith("@xn--bcher-kva.example>")
    assert letter.sender == "info@xn--bcher-kva.example"
    mail = parsed(letter)
    assert mail["From"].addresses[0].display_name == "Bücher"
    assert [address.display_name for address in mail["Reply-To"].addresses] == ["Hilfe, die"]


def test_the_repr_shows_neither_address_nor_code():
    assert repr(write()) == f"Letter(message_id='<{KEY[:32]}@acme.example>')"


@pytest.mark.parametrize("newline", NEWLINES)
@pytest.mark.parametrize("where", ["subject", "sender", "header"])
def test_no_control_character_begins_a_header(where, newline):
    evil = f"x{newline}Bcc: eve@example.com{newline}{newline}body"
    changes = {"subject": evil} if where == "subject" else {"headers": {"X-Note": evil}} if where == "header" else {}
    try:
        letter = write(sender=f'"{evil}" <a@acme.example>' if where == "sender" else SENDER, **changes)
    except UnsupportedContent:
        return
    names = [name for name, _ in fields(letter)]
    assert "Bcc" not in names
    assert set(names) <= {*HEADERS, "X-Note", "Content-Transfer-Encoding"}
    assert parsed(letter).get_content().strip() == "83920174"


@settings(deadline=None, database=None)
@given(subject=TEXT, name=TEXT, note=TEXT)
def test_whatever_the_texts_are_the_headers_are_ours_and_read_as_written(subject, name, note):
    shown = " ".join(name.split())
    letter = write(
        sender=f'"{shown.replace(chr(92), "").replace(chr(34), "")}" <a@acme.example>',
        subject=subject,
        headers={"X-Note": note},
    )
    names = [name for name, _ in fields(letter)]
    assert names == [*HEADERS[:5], "X-Note", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    assert "\x00" not in str(parsed(letter)["Subject"])
    assert letter.content.count(b"\n") == letter.content.count(b"\r\n")
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998


@settings(deadline=None, database=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=200))
def test_a_subject_arrives_as_written(subject):
    assert str(parsed(write(subject=subject))["Subject"]) == subject


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?a=0aBcc:_eve@example.com?=",
        "=?utf-8?q?plain?= words",
        "a, b; c: d",
        "x" * 200,
        "Ü" * 300,
        "word " * 60 + "end",
    ],
)
def test_a_subject_that_libraries_like_to_change_arrives_as_written(subject):
    letter = write(subject=subject)
    assert str(parsed(letter)["Subject"]).strip() == subject
    assert "Bcc" not in dict(fields(letter))


def test_line_separators_of_unicode_become_spaces_too():
    assert str(parsed(write(subject="a\u2028b\u2029c"))["Subject"]) == "a b c"


def test_a_long_link_in_a_header_stays_a_link():
    link = f"<https://acme.example/{'x' * 300}?a=b>"
    assert dict(fields(write(headers={"List-Unsubscribe": link})))["List-Unsubscribe"].strip() == link


@pytest.mark.parametrize(
    "name", ["To", "bcc", "FROM", "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Message-ID", "Date"]
)
def test_headers_that_the_letter_sets_itself_cannot_be_given(name):
    with pytest.raises(UnsupportedContent, match=f"the header {name} follows from the message"):
        write(headers={name: "x"})


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\r\nBcc", "Xü", "X" * 71])
def test_a_header_name_that_is_none_is_unsupported(name):
    with pytest.raises(UnsupportedContent, match="name of a header"):
        write(headers={name: "x"})


def test_a_header_like_one_of_ours_is_another():
    assert dict(fields(write(headers={"Date-Of-Order": "today"})))["Date-Of-Order"] == "today"


@pytest.mark.parametrize(
    "address",
    ["", "jane", "@example.com", "jane@", "a@b@c", "a@example.com, eve@example.com", "a@example.com>\r\nRCPT TO:<eve@example.com",
     "a b@example.com", "(a)b@example.com", "<a@example.com>", "Jane <a@example.com>", "a..b@example.com", "a@exam\u2028ple.com",
     "a@stra\u00dfe.example", "\u0130@example.com\x85", "a@ex ample.com", "a\x00@example.com", "a\u2028b@example.com", "a\x85b@example.com"],
)  # fmt: skip
def test_a_recipient_that_is_not_exactly_one_address_is_unsupported_and_not_shown(address):
    with pytest.raises(UnsupportedContent, match="the recipient is not a mail address") as caught:
        write(to=address)
    assert not address or address not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "text", ["Acme", "Acme <acme>", "Acme <@acme.example>", "a@acme.example\r\nBcc: eve@example.com"]
)
def test_a_sender_or_reply_to_without_an_address_is_unsupported(text):
    for field in ("sender", "reply_to"):
        with pytest.raises(UnsupportedContent, match=f"the {field} is not a mail address"):
            write(**{field: text})


@pytest.mark.parametrize(
    "address", ["a+b@example.com", '"john doe"@example.com', "a@[192.0.2.1]", "o'neil@example.com", "a@localhost"]
)
def test_unusual_addresses_pass(address):
    letter = write(to=address)
    assert letter.recipient == address
    assert dict(fields(letter))["To"] == address


def test_half_a_character_in_a_body_is_unsupported_and_not_shown():
    for changes in ({"text": "code \ud83d 83920174"}, {"html": "\ud83d 83920174"}):
        with pytest.raises(UnsupportedContent, match="not valid Unicode") as caught:
            write(**changes)
        assert caught.value.__context__ is None
    assert str(parsed(write(subject="half \ud83d"))["Subject"]) == "half ?"


def test_a_word_longer_than_a_line_may_be_is_unsupported():
    with pytest.raises(UnsupportedContent, match="more than 998 bytes"):
        write(headers={"X-Long": "x" * 1000})


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("Acme.example", "Acme.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("straße.example", ""),
        ("\uff41\u00fc.example", ""),
        ("a..ü", ""),
    ],
)
def test_a_domain_becomes_ascii_or_nothing_but_never_another_domain(domain, expected):
    assert ascii_domain(domain) == expected
