"""What an application names in `[hooks]`."""

from notifyhub.events.notification import NotificationEvent
from notifyhub.observability.observer import Observer
from notifyhub.recipients import EventRecipients, RecipientResolver


class OrderShipped(NotificationEvent):
    order_number: str


class OrderSent(NotificationEvent):
    name = "OrderShipped"


class Directory(RecipientResolver):
    def resolve(self, event, channel, deadline):
        return "jane.roe@example.com"


class Careful(EventRecipients):
    """Changes one thing of the default resolver."""


class Demanding(RecipientResolver):
    def __init__(self, table):
        self.table = table

    def resolve(self, event, channel, deadline):
        return None


class Watcher(Observer):
    """Sees everything."""


watcher = Watcher()
directory = Directory()
NUMBER = 7


def on_undeliverable(event, error):
    return event, error
