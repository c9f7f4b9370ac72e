"""Two dispatchers stand for two containers: what one delivered, the other recognises."""

import pytest

from notifyhub import Dispatcher, NotificationEvent, Recipient, load_settings
from notifyhub.ledger import dynamodb
from notifyhub.testing.contracts.aws_provider import set_aws_environment


class ParcelLost(NotificationEvent):
    channels = ("email",)


CONFIG = """
[app]
name = "Acme"
[templates]
path = "templates"
[providers.all]
use = "file"
path = "out"
[[routes]]
channel = "email"
providers = ["all"]
[ledger]
"""


@pytest.fixture(params=["sqlite", "dynamodb"])
def dispatchers(request, tmp_path, monkeypatch):
    keys = 'use = "sqlite"\npath = "ledger.db"'
    if request.param == "dynamodb":
        set_aws_environment(monkeypatch, endpoint=request.getfixturevalue("moto_store"))
        monkeypatch.setattr(dynamodb, "TIMEOUT_S", 30.0)  # moto may take its time
        table, _ = request.getfixturevalue("table_at")(request.getfixturevalue("moto_store"))
        keys = f'use = "dynamodb"\ntable = "{table}"'
    folder = tmp_path / "templates" / "ParcelLost"
    folder.mkdir(parents=True)
    (folder / "email.body.txt.j2").write_text("It is lost.")
    (tmp_path / "notifyhub.toml").write_text(CONFIG + keys)
    both = [Dispatcher(load_settings(tmp_path / "notifyhub.toml"), events=[ParcelLost]) for _ in range(2)]
    yield both
    for dispatcher in both:
        dispatcher.close()


def test_what_one_delivered_the_other_recognises(dispatchers, tmp_path):
    event = ParcelLost(id="4711", recipient=Recipient(email="ann@example.com"))
    first, second = (dispatcher.dispatch(event) for dispatcher in dispatchers)
    assert (first.status, second.status) == ("accepted", "duplicate")
    assert second.deliveries[0].message_id == first.deliveries[0].message_id
    assert len(list((tmp_path / "out").iterdir())) == 1
