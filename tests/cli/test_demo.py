import email
import email.policy
import json
import os
import stat
from pathlib import Path

import pytest

from notifyhub.events.triggers import source_names

PRIVATE = {"shown": 0o700, "kept": 0o700, "shown/index.html": 0o600, "kept/local.key": 0o600}


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


@pytest.fixture
def open_umask():
    """Nothing is taken from the modes that are asked for."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_what_shows_codes_is_for_its_owner_only(notifyhub, monkeypatch):
    monkeypatch.setattr(Path, "chmod", None)  # right from the start: nothing has to be closed afterwards
    assert notifyhub("demo", "--out", "shown", "--events", "kept").exit_code == 0
    modes = {name: stat.S_IMODE((notifyhub.folder / name).stat().st_mode) for name in PRIVATE}
    assert modes == PRIVATE


def test_a_folder_whose_name_looks_like_markup_is_printed_as_it_is(notifyhub):
    done = notifyhub("demo", "--out", "a[b]:smile:", "--events", "k[red]")
    assert done.exit_code == 0
    assert "See them in a browser: a[b]:smile:/index.html" in done.stdout
    assert "--config k[red]/notifyhub.toml" in done.stdout


@pytest.mark.parametrize("source", source_names())
def test_the_kept_events_hold_no_plaintext(kept_events, source):
    event = json.loads((kept_events / f"{source}.json").read_text())
    assert event["triggerSource"] == source
    assert "839201" not in json.dumps(event)


def test_kept_events_are_never_removed(notifyhub, kept_events):
    (kept_events / "notifyhub.toml").write_text("edited by the user")
    for arguments in (("demo", "--out", "other", "--events", kept_events), ("demo", "--out", kept_events)):
        done = notifyhub(*arguments)
        assert done.exit_code == 2
        assert "is not empty" in done.stderr
    assert (kept_events / "notifyhub.toml").read_text() == "edited by the user"


def test_a_folder_that_cannot_be_made_is_one_line(notifyhub):
    notifyhub.write("file", "")
    done = notifyhub("demo", "--out", "file/below")
    assert done.exit_code == 2
    assert "cannot be made" in done.stderr
