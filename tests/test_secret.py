"""A Secret does not show its text by accident."""

import copy
import dataclasses
import json
import logging
import pickle
import traceback

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from notifyhub.secret import Secret
from notifyhub.testing import assert_absent, traces_of

TEXT = "839201-c4n4ry"
SECRET = Secret(TEXT)


@dataclasses.dataclass(frozen=True)
class Holder:
    secret: Secret


class Model(BaseModel):
    secret: Secret | None = None


def test_only_reveal_gives_the_text():
    assert SECRET.reveal() == TEXT


@pytest.mark.parametrize(
    "shown",
    [
        str(SECRET),
        repr(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>30}",
        f"{SECRET:>30}",
        "{:.20}".format(SECRET),  # noqa: UP032 - one of the ways
        "%s %r" % (SECRET, SECRET),  # noqa: UP031 - one of the ways
        str([SECRET]),
        str({SECRET: SECRET}),
        repr(Holder(SECRET)),
        repr(Model(secret=SECRET)),
        str(Model(secret=SECRET).model_dump()),
    ],
)
def test_every_way_of_writing_it_shows_asterisks(shown):
    assert "*****" in shown
    assert_absent([TEXT, "8392", "c4n4ry"], [shown])


def test_log_lines_show_asterisks(caplog):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("app").warning("code %s %r", SECRET, SECRET, extra={"secret": SECRET})
    assert "*****" in caplog.text
    assert_absent([TEXT], [caplog.text, str(vars(caplog.records[0]))])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        pickle.dumps(SECRET, protocol)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, dataclasses.asdict], ids=["copy", "deepcopy", "dataclasses.asdict"]
)
def test_it_cannot_be_copied(copied):
    with pytest.raises(TypeError, match="cannot be pickled or copied") as caught:
        copied(Holder(SECRET) if copied is dataclasses.asdict else SECRET)
    assert_absent([TEXT], traces_of(caught.value))


@pytest.mark.parametrize("value", [SECRET, [SECRET], {"secret": SECRET}], ids=repr)
def test_json_refuses_it(value):
    with pytest.raises(TypeError, match="not JSON serializable") as caught:
        json.dumps(value)
    assert_absent([TEXT], traces_of(caught.value))
    assert TEXT not in json.dumps(value, default=str)


def test_pydantic_does_not_write_it_as_json():
    model = Model(secret=SECRET)
    for write in (model.model_dump_json, lambda: model.model_dump(mode="json")):
        with pytest.raises((TypeError, PydanticSerializationError), match="cannot be written as JSON") as caught:
            write()
        assert_absent([TEXT], traces_of(caught.value))


def test_pydantic_reads_it_from_text_and_keeps_a_secret_as_it_is():
    assert Model.model_validate({"secret": TEXT}).secret == SECRET
    assert Model(secret=SECRET).secret is SECRET
    assert Model().model_dump_json() == '{"secret":null}'


@pytest.mark.parametrize("value", [7, [TEXT], {"text": TEXT}], ids=["number", "list", "dict"])
def test_pydantic_reads_it_from_nothing_but_text(value):
    with pytest.raises(ValidationError, match="a text is needed"):
        Model.model_validate({"secret": value})


def test_it_has_no_dict_to_look_into():
    with pytest.raises(TypeError):
        vars(SECRET)
    assert not hasattr(SECRET, "__dict__")
    assert not hasattr(SECRET, "text")
    assert not any(TEXT in name for name in dir(SECRET))


def test_a_traceback_shows_asterisks():
    def send(secret: Secret) -> None:
        raise RuntimeError(f"could not send {secret}", secret)

    with pytest.raises(RuntimeError) as caught:
        send(SECRET)
    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert_absent([TEXT], [*traces_of(caught.value), *lines.format()])


def test_secrets_are_equal_by_text_and_never_equal_to_a_text():
    assert Secret(TEXT) == SECRET
    assert hash(Secret(TEXT)) == hash(SECRET)
    assert Secret("other") != SECRET
    assert SECRET != TEXT


def test_it_has_no_state_to_be_written():
    """Python 3.11 gives every object a `__getstate__`, and libraries such as jsonpickle ask it."""
    with pytest.raises(TypeError, match="no state"):
        SECRET.__getstate__()
