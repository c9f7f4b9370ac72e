"""Log lines come out whatever the application did to logging."""

import logging
import logging.config

import pytest

from notifyhub.errors import DeliveryFailed, RefusedHere
from tests.support.hub import CODE, Hub, settings_of, signing_up

FIELDS = ("request_id", "status", "error", "path", "channel", "provider", "recipient", "outcome", "correlation")


@pytest.fixture
def logger():
    """Ours, as it was before once the test is over."""
    logger, factory = logging.getLogger("notifyhub"), logging.getLogRecordFactory()
    handlers, filters = list(logger.handlers), list(logger.filters)
    yield logger
    logging.setLogRecordFactory(factory)
    logger.handlers[:], logger.filters[:], logger.disabled = handlers, filters, False


class Broken(logging.Handler):
    def handle(self, record):
        raise ValueError(CODE)


def fail():
    hub = Hub()
    hub.providers["mail"].fail_with(RefusedHere, times=9)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(signing_up())


def errors_in(caplog):
    return [record for record in caplog.records if record.levelno == logging.ERROR]


def raising(*_):
    raise ValueError(CODE)


def test_records_that_have_our_fields_already_keep_theirs(logger, caplog):
    """As with a factory that adds the request's id to every record: logging refuses to overwrite a field."""
    real = logging.getLogRecordFactory()

    def factory(*values, **named):
        record = real(*values, **named)
        vars(record).update(dict.fromkeys(FIELDS, "the application's"))
        return record

    logging.setLogRecordFactory(factory)
    fail()
    (record,) = errors_in(caplog)
    assert {getattr(record, name) for name in FIELDS} == {"the application's"}
    assert record.trigger == "SignUp"


@pytest.mark.parametrize("part", ["filter", "handler", "factory"])
def test_an_error_that_cannot_be_logged_goes_to_standard_error(logger, part, capsys):
    if part == "filter":
        logger.addFilter(raising)
    elif part == "handler":
        logger.addHandler(Broken())
    else:
        logging.setLogRecordFactory(raising)
    fail()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ERROR notifyhub: SignUp email failed")
    assert CODE not in line


def test_lines_below_an_error_are_not_worth_it(logger, capsys):
    logger.addFilter(raising)
    assert Hub(settings_of()).dispatcher.dispatch(signing_up()).status == "accepted"
    assert capsys.readouterr().err == ""


def test_a_configuration_that_disables_existing_loggers_does_not_silence_errors(logger, caplog):
    """That is the default of `logging.config`, and meant for nobody in particular."""
    logging.config.dictConfig({"version": 1})
    assert logger.disabled
    fail()
    assert len(errors_in(caplog)) == 1


def test_a_level_silences_them(logger, caplog):
    logger.setLevel(logging.CRITICAL)
    fail()
    logger.setLevel(logging.NOTSET)
    assert caplog.records == []
