import email
import email.policy
import json

import pytest

from notifyhub.events.triggers import source_names


def test_one_message_per_trigger_is_written_and_listed(notifyhub):
    done = notifyhub("demo")
    assert done.exit_code == 0
    assert "15 of 15 events delivered" in done.stdout
    assert all(source in done.stdout for source in source_names())
    shown = notifyhub.folder / "demo"
    assert len(list(shown.glob("*.eml"))) == 8
    assert len(list(shown.glob("*.txt"))) == 7


def test_a_temporary_password_arrives_as_it_was_made(notifyhub):
    """Cognito escapes it, the mail must not."""
    notifyhub("demo")
    (letter,) = (notifyhub.folder / "demo").glob("AdminCreateUser*.eml")
    parsed = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert plain
    assert html
    assert "Xy7<Qm&2pL" in plain.get_content().splitlines()
    assert "Xy7&lt;Qm&amp;2pL" in html.get_content()


def test_the_page_shows_every_message_and_runs_no_script_of_theirs(notifyhub):
    notifyhub("demo")
    page = (notifyhub.folder / "demo" / "index.html").read_text()
    assert page.count("<iframe sandbox ") == 8
    assert page.count('class="bubble"') == 7
    assert all(source.partition("_")[2] in page for source in source_names())


def test_a_second_demo_replaces_the_first(notifyhub):
    notifyhub("demo")
    assert notifyhub("demo").exit_code == 0
    assert len(list((notifyhub.folder / "demo").glob("*.eml"))) == 8


def test_a_folder_with_other_things_in_it_is_left_alone(notifyhub):
    (notifyhub.folder / "mine").mkdir()
    precious = notifyhub.write("mine/notes.txt", "keep me")
    done = notifyhub("demo", "--out", "mine")
    assert done.exit_code == 2
    assert "not empty" in done.stderr
    assert precious.read_text() == "keep me"


def test_the_kept_events_can_be_sent_again(notifyhub, kept_events):
    for source in source_names():
        done = notifyhub("send", kept_events / f"{source}.json", "--config", kept_events / "notifyhub.toml")
        assert done.exit_code == 0, done.output
        assert "accepted" in done.stdout


def test_the_kept_key_is_for_its_owner_only(kept_events):
    assert (kept_events / "local.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("source", source_names())
def test_the_kept_events_hold_no_plaintext(kept_events, source):
    event = json.loads((kept_events / f"{source}.json").read_text())
    assert event["triggerSource"] == source
    assert "839201" not in json.dumps(event)
