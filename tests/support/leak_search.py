"""Collects all that an operation leaves behind where somebody could read it: objects, exceptions, log records."""

from __future__ import annotations

import dataclasses
import logging
import traceback
from typing import Any, Self

from notifyhub.testing import assert_absent, traces_of


class LeakSearch(logging.Handler):
    """A handler for every logger at DEBUG, and a collection of the texts that things show of themselves."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.lines = 0
        self._changed: list[tuple[logging.Logger, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Whatever a formatter might show: the message, what it is made of, every extra attribute, the exception."""
        self.lines += 1
        self.texts += [self.format(record), record.getMessage(), str(record.msg), repr(record.args)]
        self.texts += [text for value in vars(record).values() for text in (str(value), repr(value))]
        if record.exc_info and record.exc_info[1]:
            self.note(record.exc_info[1])

    def note(self, *things: Any) -> None:
        """Adds what these show of themselves."""
        self.texts += [text for thing in things for text in traces_of(thing)]

    def note_fields(self, *things: Any) -> None:
        """Adds these dataclasses field by field, whatever their repr leaves out."""
        self.texts += [repr(dataclasses.asdict(thing)) for thing in things]

    def note_frames(self, error: BaseException) -> None:
        """Adds the local variables of the frames that the error passed, as error trackers collect them."""
        self.texts += traceback.TracebackException.from_exception(error, capture_locals=True).format()

    def assert_absent(self, *needles: str) -> None:
        """Fails where one of the needles shows; with nothing collected the search would prove nothing."""
        assert self.texts
        assert_absent(needles, self.texts)

    def __enter__(self) -> Self:
        existing = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
        self._changed = [(logger, logger.level) for logger in (logging.root, *existing)]
        for logger, _ in self._changed:
            logger.setLevel(logging.DEBUG)
        logging.root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.root.removeHandler(self)
        for logger, level in self._changed:
            logger.setLevel(level)
