"""An observer that shows that the process it runs in logs at DEBUG."""

import logging

from notifyhub import Observer

LINE = "a line at the level that is asked for"


class Witness(Observer):
    def on_receipt(self, event, receipt):
        logging.getLogger("a.library").debug(LINE)
